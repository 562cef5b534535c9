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

== too small a file
$ kmemtool record --max-size 0
! kmemtool: record: --max-size: at least 64k (see kmemtool record --help)
= 2

== too small files
$ kmemtool record --rotate 63k
! kmemtool: record: --rotate: at least 64k (see kmemtool record --help)
= 2

== rotation by nothing
$ kmemtool record --rotate 100
! kmemtool: record: --rotate: '100' is neither a size (like 100M) nor a time (like 60s) (see kmemtool record --help)
= 2

== rotation by no time
$ kmemtool record --rotate 0s
! kmemtool: record: --rotate: '0s' is neither a size (like 100M) nor a time (like 60s) (see kmemtool record --help)
= 2

== rotation by a size that does not fit
$ kmemtool record --rotate 99999999999999999999G
! kmemtool: record: --rotate: '99999999999999999999G' is neither a size (like 100M) nor a time (like 60s) (see kmemtool record --help)
= 2

== rotation of standard output
$ kmemtool record --rotate 5m -o -
! kmemtool: record: --rotate needs a file, not standard output (see kmemtool record --help)
= 2

== files to keep of one
$ kmemtool record --keep 3
! kmemtool: record: --keep needs --rotate (see kmemtool record --help)
= 2

== no files to keep
$ kmemtool record --rotate 1M --keep 0
! kmemtool: record: --keep: 1 to 1024 (see kmemtool record --help)
= 2

== wrong checkpoint
$ kmemtool record --checkpoint often
! kmemtool: record: --checkpoint: 'often' is not a number (see kmemtool record --help)
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
