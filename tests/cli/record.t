# kmemtool record: command lines that are refused before anything is asked of the host.

== no such class
$ kmemtool record -e disk
! kmemtool: record: no event class 'disk': slab, page, vmalloc, percpu, transitions (see kmemtool record --help)
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

== no such wish for a page map
$ kmemtool record --page-map maybe
! kmemtool: record: --page-map: 'maybe' is none of auto, yes, no (see kmemtool record --help)
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

== check runs no command
$ kmemtool record --check -- true
! kmemtool: record: --check runs no command (see kmemtool record --help)
= 2

== check of no such class
$ kmemtool record --check -e disk
! kmemtool: record: no event class 'disk': slab, page, vmalloc, percpu, transitions (see kmemtool record --help)
= 2

== chains of no frame
$ kmemtool record -g0
! kmemtool: record: -g: 1 to 127 (see kmemtool record --help)
= 2

== chains that are too deep
$ kmemtool record --call-graph=128
! kmemtool: record: -g: 1 to 127 (see kmemtool record --help)
= 2

== a depth that is none
$ kmemtool record -gdeep
! kmemtool: record: -g: 'deep' is not a number (see kmemtool record --help)
= 2

== one chain in none
$ kmemtool record -g --stack-every 0
! kmemtool: record: --stack-every: 1 to 4294967295 (see kmemtool record --help)
= 2

== one chain in too many
$ kmemtool record -g --stack-every 4294967296
! kmemtool: record: --stack-every: 1 to 4294967295 (see kmemtool record --help)
= 2

== one in many of no chains
$ kmemtool record --stack-every 10
! kmemtool: record: --stack-every needs -g (see kmemtool record --help)
= 2

== no process
$ kmemtool record --pid 0
! kmemtool: record: --pid: 1 to 2147483647 (see kmemtool record --help)
= 2

== a process that cannot be
$ kmemtool record --pid 2147483648
! kmemtool: record: --pid: 1 to 2147483647 (see kmemtool record --help)
= 2

== a process by name
$ kmemtool record --pid 1,init
! kmemtool: record: --pid: 'init' is not a number (see kmemtool record --help)
= 2

== processes with a comma too many
$ kmemtool record --pid 1,,2
! kmemtool: record: --pid: '' is not a number (see kmemtool record --help)
= 2

== more processes than there is room for
$ kmemtool record --pid 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17
! kmemtool: record: --pid: at most 16 (see kmemtool record --help)
= 2

== a CPU that cannot be
$ kmemtool record --cpu 1024
! kmemtool: record: --cpu: 0 to 1023 (see kmemtool record --help)
= 2

== a CPU by name
$ kmemtool record --cpu all
! kmemtool: record: --cpu: 'all' is not a number (see kmemtool record --help)
= 2

== CPUs backwards
$ kmemtool record --cpu 5-2
! kmemtool: record: --cpu: 5 to 1023 (see kmemtool record --help)
= 2

== CPUs without end
$ kmemtool record --cpu 0,2-
! kmemtool: record: --cpu: '' is not a number (see kmemtool record --help)
= 2

== a least size that is none
$ kmemtool record --min-size big
! kmemtool: record: --min-size: 'big' is not a size (like 4096, 64k, 16M, 2G) (see kmemtool record --help)
= 2

== one call site in none
$ kmemtool record --sample-sites 0
! kmemtool: record: --sample-sites: 1 to 1048576 (see kmemtool record --help)
= 2

== one call site in too many
$ kmemtool record --sample-sites 1048577
! kmemtool: record: --sample-sites: 1 to 1048576 (see kmemtool record --help)
= 2

== a share of call sites that is none
$ kmemtool record --sample-sites 10%
! kmemtool: record: --sample-sites: '10%' is not a number (see kmemtool record --help)
= 2

== a class with a comma too many
$ kmemtool record -e slab,
! kmemtool: record: no event class '': slab, page, vmalloc, percpu, transitions (see kmemtool record --help)
= 2

== no such real-time priority
$ kmemtool record --realtime=100
! kmemtool: record: --realtime: 1 to 99 (see kmemtool record --help)
= 2

== real time without priority
$ kmemtool record --realtime=0
! kmemtool: record: --realtime: 1 to 99 (see kmemtool record --help)
= 2

== real-time priority that is none
$ kmemtool record --realtime=high
! kmemtool: record: --realtime: 'high' is not a number (see kmemtool record --help)
= 2

== no such option
$ kmemtool record --frobnicate
! kmemtool: record: unrecognized option '--frobnicate'
= 2

== the last of nothing
$ kmemtool record --last 100
! kmemtool: record: --last: '100' is neither a size (like 100M) nor a time (like 60s) (see kmemtool record --help)
= 2

== the last of too little
$ kmemtool record --last 63k
! kmemtool: record: --last: at least 64k (see kmemtool record --help)
= 2

== no such trigger
$ kmemtool record --last 60s --trigger failure,oom
! kmemtool: record: --trigger: 'oom' is none of failure, order>=N, signal (see kmemtool record --help)
= 2

== a trigger without order
$ kmemtool record --last 60s --trigger 'order>='
! kmemtool: record: --trigger order: '' is not a number (see kmemtool record --help)
= 2

== a trigger of no order
$ kmemtool record --last 60s --trigger 'order>=32'
! kmemtool: record: --trigger order: 0 to 31 (see kmemtool record --help)
= 2

== a trigger for what is written anyway
$ kmemtool record --trigger signal
! kmemtool: record: --trigger needs --last (see kmemtool record --help)
= 2

== the last in several files
$ kmemtool record --last 60s --rotate 10s
! kmemtool: record: --last goes with neither --rotate nor --max-size (see kmemtool record --help)
= 2

== the last within a limit
$ kmemtool record --last 60s --max-size 1M
! kmemtool: record: --last goes with neither --rotate nor --max-size (see kmemtool record --help)
= 2

== nothing was written
$ ls | grep -v '\.kmt$'; test ! -e kmemtool.kmt
