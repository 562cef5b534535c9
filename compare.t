# kmemtool compare: two results side by side, and gates.

== with itself
$ kmemtool replay base.kmt -o base.json && kmemtool replay head.kmt -o head.json
$ kmemtool compare base.json base.json

== two traces
$ kmemtool compare base.kmt head.kmt

== results and traces are alike
$ kmemtool compare base.json head.json > a; kmemtool compare base.kmt head.kmt | cmp - a; kmemtool compare - head.json < base.kmt | cmp - a

== two settings on one trace
$ kmemtool replay base.kmt -s slab.max_order=0 -o order0.json && kmemtool compare base.json order0.json | sed -n '1,3p;/^caches/,$p'

== a gate that holds
$ kmemtool compare base.json head.json --gate 'slab.pages_end<=+5%' | sed -n '4,6p'

== a gate that is crossed
$ kmemtool compare base.json head.json --gate 'slab.pages_end<=+5%' --gate 'waste.internal_bytes_peak<=+10%' | sed -n '4,7p'; exit ${PIPESTATUS[0]}

== the other way round both hold
$ kmemtool compare head.json base.json --gate 'slab.pages_end<=+5%' --gate 'waste.internal_bytes_peak<=+10%' > /dev/null

== a gate that wants more
$ kmemtool compare base.json head.json --gate 'page.free_pages_min>=-0' | sed -n '4,5p'

== an absolute gate
$ kmemtool compare base.json head.json --gate 'misuse.total<=0' > /dev/null

== gates from a file
$ printf '# what must hold\n\nslab.pages_end<=+5%%\nfail.total <= 2 # known\n' > gates
$ kmemtool compare base.json head.json --gates gates | sed -n '4,6p'

== gates from a file and from the command line
$ kmemtool compare base.json head.json --gates gates --gate 'leak.suspect_bytes<=+0' --format json | sed -n '/^ "gates"/,/^ \]/p; 3p'; exit ${PIPESTATUS[0]}

== JSON
$ kmemtool compare base.json head.json --format json | sed -n '1,4p;/^ "caches"/,$p'

== events were lost
$ kmemtool compare base.kmt loss.kmt | tail -n 1

== a trace is incomplete
$ head -c 3000 base.kmt > short.kmt
$ kmemtool compare base.kmt short.kmt > /dev/null

== incomplete, and a gate is crossed: the gate is the answer
$ kmemtool compare base.kmt short.kmt --gate 'live.objects_peak>=+0' > /dev/null

== no such metric
$ kmemtool compare base.json head.json --gate 'slab.pages<=+5%'

== no gate
$ kmemtool compare base.json head.json --gate 'slab.pages_end=5'

== a percentage without sign
$ kmemtool compare base.json head.json --gate 'slab.pages_end<=5%'

== a bad line in a file of gates
$ printf 'slab.pages_end<=+5%%\nfail.total<2\n' > bad-gates; kmemtool compare base.json head.json --gates bad-gates

== no such file of gates
$ kmemtool compare base.json head.json --gates absent

== one file
$ kmemtool compare base.json

== three files
$ kmemtool compare base.json head.json base.json

== both from standard input
$ kmemtool compare - - < base.json

== formats that do not exist
$ for f in junit markdown csv; do kmemtool compare --format $f base.json head.json; done

== no such file
$ kmemtool compare base.json absent.json

== the first is damaged
$ echo '{' > broken.json; kmemtool compare broken.json base.json

== another host's architecture
$ kmemtool compare base.kmt foreign.kmt

== full disk
? test -c /dev/full # no /dev/full
$ kmemtool compare base.json head.json > /dev/full
