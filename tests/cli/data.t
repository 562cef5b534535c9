# The real trace that make demo falls back to: recorded on a Debian 6.12 guest.

== it is whole
$ kmemtool verify "$top/tests/data/demo.kmt"
> ok: 8 blocks, 0 damaged

== two replays are the same bytes
$ kmemtool replay "$top/tests/data/demo.kmt" -o one.json
$ kmemtool replay "$top/tests/data/demo.kmt" -o two.json
$ cmp one.json two.json && echo same
> same

== the model holds together all the way
$ kmemtool replay --check "$top/tests/data/demo.kmt" -o check.json

== every size that kmalloc gave and every zone is the kernel's
$ grep -E '"(bytes_alloc_match|zone_match)_pct"' one.json
>   "bytes_alloc_match_pct": 100.0,
>   "zone_match_pct": 100.0,

== nothing was lost
$ grep '"lost.total"' one.json
>   "lost.total": 0

== compared with itself
$ kmemtool compare one.json two.json --gate 'slab.pages_peak<=+0%' --gate 'divergence.total<=+0' | head -n 5
> base  host, warm start
> head  host, warm start
> 
> gate                  base  head  bound  verdict
> slab.pages_peak<=+0%  3702  3702   3702  ok
