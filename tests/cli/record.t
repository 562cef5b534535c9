# kmemtool record: command lines that are refused before anything is asked of the host.

== no such class
$ kmemtool record -e disk
! kmemtool: record: no event class 'disk': slab, page, vmalloc, percpu (see kmemtool record --help)
= 2

== wrong time
$ kmemtool record -d soon
! kmemtool: record: --duration: 'soon' is not a time (like 1.5s, 20ms, 300us, 2m) (see kmemtool record --help)
= 2

== no time
$ kmemtool record -d 0
! kmemtool: record: --duration: must be more than 0 (see kmemtool record --help)
= 2

== wrong level
$ kmemtool record --level 20
! kmemtool: record: --level: 1 to 19 (see kmemtool record --help)
= 2

== a ring that is too large
$ kmemtool record --ring 2G
! kmemtool: record: --ring: at most 1G (see kmemtool record --help)
= 2

== wrong size
$ kmemtool record --max-size 1X
! kmemtool: record: --max-size: '1X' is not a size (like 4096, 64k, 16M, 2G) (see kmemtool record --help)
= 2

== wrong number
$ kmemtool record --max-loss some
! kmemtool: record: --max-loss: 'some' is not a number (see kmemtool record --help)
= 2

== no such option
$ kmemtool record --frobnicate
! kmemtool: record: unrecognized option '--frobnicate'
= 2

== nothing was written
$ ls | grep -v '\.kmt$'; test ! -e kmemtool.kmt
