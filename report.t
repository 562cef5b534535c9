# kmemtool report: the views of a result.

== summary
$ kmemtool replay base.kmt -o base.json && kmemtool report base.json

== a trace is replayed first
$ kmemtool report base.json > a && kmemtool report base.kmt > b && cmp a b

== what a file is does not depend on its name
$ cp base.json result.kmt; cp base.kmt trace.json
$ kmemtool report result.kmt | cmp - a; kmemtool report trace.json | cmp - a

== either from standard input
$ kmemtool report - < base.json | cmp - a; kmemtool report - < base.kmt | cmp - a; cat base.kmt | kmemtool report - | cmp - a

== to a file
$ kmemtool report base.json -o out && cmp out a

== waste
$ kmemtool report --view waste base.json

== caches
$ kmemtool report --view caches base.json

== call sites
$ kmemtool report --view call-sites base.json

== zones
$ kmemtool report --view zones base.json

== failures
$ kmemtool report --view failures base.json

== misuse
$ kmemtool report --view misuse base.json

== leaks
$ kmemtool report --view leaks base.json

== fidelity
$ kmemtool report --view fidelity base.json

== timeline
$ kmemtool report --view timeline base.json

== sorted by another key
$ kmemtool report --view caches --sort frees --top 3 base.json

== sorted by name
$ kmemtool report --view caches --sort name base.json

== CSV
$ kmemtool report --view caches --format csv base.json

== CSV of call sites
$ kmemtool report --view call-sites --format csv --top 4 base.json

== CSV of the summary
$ kmemtool report --format csv base.json

== CSV of the fidelity
$ kmemtool report --view fidelity --format csv base.json

== CSV of failures
$ kmemtool report --view failures --format csv base.json

== JSON of one view
$ kmemtool report --view misuse --format json base.json | sed -n '/^ "misuse"/,$p'

== JSON, sorted and cut
$ kmemtool report --view caches --format json --sort name --top 2 base.json | grep '"name"'

== keys of every view in JSON
$ for v in summary waste caches call-sites zones failures misuse leaks fidelity timeline; do
$ 	echo $v: $(kmemtool report --view $v --format json base.json | sed -n 's/^ "\([a-z_]*\)".*/\1/p')
$ done

== JSON of a view is what the result has
? command -v jq # no jq
$ for k in caches call_sites zones failures misuse leaks fidelity timeline; do
$ 	jq ".$k" base.json > x; kmemtool report --view ${k/_/-} --format json base.json | jq ".$k" > y; cmp x y
$ done

== events were lost: every view says so
$ kmemtool replay loss.kmt -o loss.json
$ for v in summary waste caches call-sites zones failures misuse leaks fidelity timeline; do
$ 	kmemtool report --view $v loss.json | head -1
$ done

== events were lost: CSV says it on stderr
$ kmemtool report --view misuse --format csv loss.json

== no footer
$ head -c 3000 base.kmt > short.kmt
$ kmemtool report short.kmt | head -2; exit ${PIPESTATUS[0]}

== its result says so too
$ kmemtool replay short.kmt -o short.json; kmemtool report short.json | head -2

== a damaged block
$ cp base.kmt flip.kmt; printf '\377' | dd of=flip.kmt bs=1 seek=3300 conv=notrunc status=none
$ kmemtool report flip.kmt | head -2; exit ${PIPESTATUS[0]}

== a trace without events
$ kmemtool report empty.kmt

== nothing to show
$ kmemtool replay empty.kmt -o empty.json
$ for v in call-sites failures misuse leaks; do kmemtool report --view $v empty.json; done

== a trace without snapshots
$ kmemtool report bare.kmt | sed -n '1,4p'

== without snapshots nothing is claimed
$ kmemtool replay bare.kmt -o bare.json 2> /dev/null; kmemtool report --view fidelity bare.json

== another host's architecture
$ kmemtool report foreign.kmt

== no result: broken JSON
$ head -c 2000 base.json > broken.json; kmemtool report broken.json

== no result: other JSON
$ echo '{"schema": "other/1"}' > other.json; kmemtool report other.json

== no result: a key is missing
$ sed 's/"wmark_low"/"wmark_lo"/' base.json > odd.json; kmemtool report odd.json

== no result: a type is wrong
$ sed 's/"name": "dentry"/"name": [1]/' base.json > odd.json; kmemtool report odd.json

== control characters in a name do not reach the terminal
$ sed 's/"name": "dentry"/"name": "\\u001b[2Jdentry"/' base.json > evil.json; kmemtool report --view caches evil.json | grep dentry

== an empty file
$ : > nothing; kmemtool report nothing

== a text
$ echo hello > text; kmemtool report text

== no such file
$ kmemtool report absent.json

== a directory
$ mkdir directory; kmemtool report directory

== no file named
$ kmemtool report

== no such view
$ kmemtool report --view advice base.json

== formats that do not exist
$ for f in html folded markdown; do kmemtool report --format $f base.json; done

== no such key
$ kmemtool report --view leaks --sort age base.json

== the summary has no order
$ kmemtool report --sort name base.json

== no rows
$ kmemtool report --top 0 base.json

== full disk
? test -c /dev/full # no /dev/full
$ kmemtool report base.json > /dev/full

== full disk, named
? test -c /dev/full # no /dev/full
$ kmemtool report base.json -o /dev/full

== output to where nothing can be
$ kmemtool report base.json -o absent/out
