# What --help says, and how a wrong command line is refused: one line, exit status 2.

== kmemtool
$ kmemtool --help
> Usage: kmemtool [OPTION...] COMMAND [OPTION...]
> Capture what a Linux kernel's allocators are asked to do, replay it on a model
> of them, and report waste, failures and misuse.
> 
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version
> 
> Commands:
>   record     capture this host's kernel while a command runs
>   import     another tool's trace into one of ours
>   info       what a trace holds
>   dump       the events of a trace, one a line
>   pack       write a trace anew: smaller, cut, anonymized
>   verify     check every checksum of a trace
>   replay     run the model on a trace
>   report     what a replay found out
>   compare    two results, with gates for scripts
> 
> 'kmemtool COMMAND --help' tells of each; kmemtool(1) of all.

== kmemtool, in short
$ kmemtool --usage
> Usage: kmemtool [-?V] [--help] [--usage] [--version] COMMAND [OPTION...]

== version
$ kmemtool --version
> kmemtool 0.1.0

== version of a command is that of kmemtool
$ kmemtool info -V
> kmemtool 0.1.0

== no command
$ kmemtool
! kmemtool: no command (see kmemtool --help)
= 2

== no such command
$ kmemtool frobnicate base.kmt
! kmemtool: no command 'frobnicate' (see kmemtool --help)
= 2

== no such option
$ kmemtool --frobnicate
! kmemtool: unrecognized option '--frobnicate'
= 2

== options of a command do not go before it
$ kmemtool --json info base.kmt
! kmemtool: unrecognized option '--json'
= 2

== info
$ kmemtool info --help
> Usage: kmemtool info [OPTION...] F
> Print what the trace F holds: host, span, events, loss, completeness.
> 
>   -j, --json                 Print one JSON object
>       --snapshot=N[:PATH]    List the files of snapshot N, or print that of
>                              PATH
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version

== info, in short
$ kmemtool info --usage
> Usage: kmemtool info [-j?V] [--json] [--snapshot=N[:PATH]] [--help] [--usage]
>             [--version] F

== dump
$ kmemtool dump --help
> Usage: kmemtool dump [OPTION...] F
> Print the events of the trace F, one a line.
> 
>       --cpu=LIST             Only these CPUs: 0,2-3
>       --format=F             text (default), jsonl or csv
>       --from=T               Begin at T after the first event (ns, us, ms, s,
>                              m; default s)
>       --limit=N              Stop after N events
>       --skip=N               Begin behind the first N records, of whatever
>                              type
>       --stacks               Print call chains (text and jsonl)
>       --to=T                 End before T after the first event
>       --type=T,...           Only these: kmalloc, kfree, page_alloc, ...
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version

== pack
$ kmemtool pack --help
> Usage: kmemtool pack [OPTION...] F -o OUT
> Write the trace F to the new trace OUT: compressed well, and if that is asked
> for cut, with symbols, or anonymized.
> 
>       --anonymize            Replace addresses and names
>       --from=T               Begin at T after the first event (ns, us, ms, s,
>                              m; default s)
>   -j, --json                 Print what info --json prints of the new trace
>       --level=N              zstd level, 1 to 22, or below 0 (default 19)
>   -o, --output=OUT           The new trace (- is standard output)
>       --to=T                 End before T after the first event
>       --vmlinux=ELF          Name the functions of call sites that have no
>                              name, with the symbols of ELF
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version
> 
> Mandatory or optional arguments to long options are also mandatory or optional
> for any corresponding short options.

== verify
$ kmemtool verify --help
> Usage: kmemtool verify [OPTION...] F
> Check every checksum of the trace F and decode every block. Exit status 1 if
> anything is damaged or missing.
> 
>   -j, --json                 Print one JSON object
>       --salvage=OUT          Copy every whole block to the new trace OUT
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version

== replay
$ kmemtool replay --help
> Usage: kmemtool replay [OPTION...] F
> Run the model on the trace F. The result is JSON, see kmemtool-result(5).
> 
>       --check                Check the model's own state while it runs
>       --cold                 Begin with empty allocators, not as full as the
>                              host was
>       --from=T               Begin at T after the first event (ns, us, ms, s,
>                              m; default s)
>       --max-loss=N           Exit status 1 if more than N events were lost
>   -m, --machine=MACHINE      host (the trace's own, the default), x86-32-64m,
>                              x86-32-1g, x86-32-4g-pae, x86-64-4g, x86-64-2node,
>                              or a file
>   -o, --output=RESULT        Write the result here (default: standard output)
>       --print-machine        Print the machine that would be used as such a
>                              file, and end
>       --proc=DIR             Write buddyinfo, pagetypeinfo and zoneinfo of the
>                              model's machine at the end to DIR
>   -s, --set=KEY=VALUE        Change a setting, like slab.max_order=1 or
>                              mem.size=2G
>       --to=T                 End before T after the first event
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version
> 
> Mandatory or optional arguments to long options are also mandatory or optional
> for any corresponding short options.

== report
$ kmemtool report --help
> Usage: kmemtool report [OPTION...] RESULT|F
> Show a view of RESULT, or of the trace F after a replay on its own machine.
> 
>       --format=F             text (default), json or csv
>   -o, --output=OUT           Write to OUT (default: standard output)
>       --sort=K               Sort rows by the key K: numbers fall, names rise
>       --top=N                Show N rows at most
>       --view=V               summary (default), waste, caches, call-sites,
>                              zones, failures, misuse, leaks, fidelity or
>                              timeline
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version
> 
> Mandatory or optional arguments to long options are also mandatory or optional
> for any corresponding short options.

== compare
$ kmemtool compare --help
> Usage: kmemtool compare [OPTION...] BASE HEAD
> Compare two results, or traces that are replayed alike.
> 
>       --format=F             text (default) or json
>       --gate=GATE            Exit status 1 unless METRIC<=N, <=+N, <=-N, <=+N%,
>                              <=-N% (or >=) holds
>       --gates=FILE           Gates from FILE, one a line
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version

== record
$ kmemtool record --help
> Usage: kmemtool record [OPTION...] [-- CMD...]
> Record what this host's kernel allocators are asked to do, until CMD ends, TIME
> passes, or ^C.  A CMD that is still running then is sent SIGTERM.
> 
>       --cgroup=DIR           Record the processes of this cgroup (version 2)
>                              alone, and no interrupts
>       --check                Tell what this host offers, and record nothing
>       --checkpoint=N         Write down what lives every N events (default
>                              4194304; 0: never)
>       --cpu=LIST             Record these CPUs alone (like 0,2-5)
>   -d, --duration=TIME        Stop after TIME (ns, us, ms, s, m; default
>                              seconds)
>   -e, --events=CLASS,...     What to record: slab, page, vmalloc, percpu
>                              (default these), transitions
>   -g, --call-graph[=DEPTH]   Record call chains of at most DEPTH frames
>                              (default 16)
>       --include-self         Record what kmemtool itself does, too
>       --json                 Print the summary as JSON on standard output
>       --keep=N               With --rotate: delete the oldest of more than N
>                              files
>       --last=TIME|SIZE       Flight recorder: keep the last TIME (60s) or SIZE
>                              (100M) in memory, write it at the end or when
>                              triggered
>       --level=N              zstd level, 1 to 19 (default 1)
>       --max-loss=N           Exit with status 1 if more than N events were lost
>                             
>       --max-size=SIZE        Stop before the trace gets larger than SIZE
>       --min-size=SIZE        Record requests of at least SIZE, and their frees
>   -o, --output=FILE          Write the trace to FILE (default kmemtool.kmt, -
>                              is standard output)
>       --page-map=WHEN        Note where every page of the host is: auto
>                              (default, if it takes 2 s at most), yes, no
>       --pid=PID,...          Record these processes alone, and no interrupts
>       --realtime[=PRIORITY]  Run the recorder as SCHED_FIFO of PRIORITY
>                              (default 1)
>       --ring=SIZE            Room for events of each CPU (default 16M)
>       --rotate=SIZE|TIME     Begin a new file FILE.1, FILE.2, ... after SIZE
>                              (100M) or TIME (60s)
>       --sample-sites=N       Record the requests of one call site in N, and
>                              their frees
>       --snapshots=TIME       Take a light snapshot of the host every TIME, too
>                              (at least 100ms)
>       --stack-every=N        With -g: of one event in N
>       --trigger=WHAT,...     With --last: write and end at a failure, at
>                              order>=N, at a signal (USR1)
>       --vmlinux=ELF          Symbols from this vmlinux or debug file instead of
>                              /proc/kallsyms
>   -?, --help                 Give this help list
>       --usage                Give a short usage message
>   -V, --version              Print program version
> 
> Mandatory or optional arguments to long options are also mandatory or optional
> for any corresponding short options.

== help goes to a full disk
? test -c /dev/full # no /dev/full
$ kmemtool --help > /dev/full
! kmemtool: standard output: No space left on device
= 4

== help of a command goes to a full disk
? test -c /dev/full # no /dev/full
$ kmemtool info --help > /dev/full
! kmemtool: info: standard output: No space left on device
= 4

== help goes nowhere
$ kmemtool --help >&-
! kmemtool: standard output: Bad file descriptor
= 4

== every command has a manual page, and main lists it
$ for command in $(kmemtool --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
$ 	test -f "$top/man/kmemtool-$command.1" || echo "$command has no page"
$ done

== the manual pages name every option of --help, and no other
$ for command in record info dump pack verify replay report compare; do
$ 	kmemtool $command --help | grep -o -- '--[a-z][a-z-]*' | sort -u > help.opts
$ 	sed 's/\\-/-/g' "$top/man/kmemtool-$command.1" | sed -n 's/^\.It Fl [^ ]* , Fl -\([a-z-]*\).*/--\1/p; s/^\.It Fl -\([a-z-]*\).*/--\1/p' | sort -u > man.opts
$ 	diff help.opts man.opts > opts.diff || { echo "$command:"; grep '^[<>]' opts.diff; }
$ done
