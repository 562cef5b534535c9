# kmemtool pack: a trace anew.  Sizes depend on the zstd at hand; they are not shown.

== the events and the metadata are the same
$ pack() { kmemtool pack "$@" 2>&1 | sed -E 's/, [0-9.]+ [KM]?i?B of .* an event\)/, SIZE/'; }
$ for f in base loss bare empty foreign chains "$top/tests/golden/segments"; do
$ 	pack $f.kmt -o new.kmt
$ 	kmemtool dump $f.kmt > old; kmemtool dump new.kmt | cmp - old
$ 	kmemtool info $f.kmt | grep -v -e ^format -e ^checkpoint | sed 's/, [0-9.]* bytes an event//' > old
$ 	kmemtool info new.kmt | grep -v -e ^format -e ^checkpoint | sed 's/, [0-9.]* bytes an event//' | diff - old
$ done
> new.kmt: 1.78 k events, SIZE, none lost
> new.kmt: 1.78 k events, SIZE, 25 LOST
> new.kmt: 1.78 k events, SIZE, none lost
> new.kmt: 0 events, 4.00 KiB of 4.00 KiB, none lost
> new.kmt: 1.78 k events, SIZE, none lost
> new.kmt: 1.78 k events, SIZE, none lost
> new.kmt: 1.78 k events, SIZE, none lost

== and so is the result
$ kmemtool pack base.kmt -o new.kmt 2>&1 | cut -d, -f1
$ kmemtool replay new.kmt > new.json; kmemtool replay base.kmt | cmp - new.json
> new.kmt: 1.78 k events

== the same bytes again, of what was packed, and at a level as of another
$ kmemtool pack base.kmt -o a.kmt 2> err; kmemtool pack base.kmt -o b.kmt 2> err; cmp a.kmt b.kmt
$ kmemtool pack a.kmt -o b.kmt 2> err; cmp a.kmt b.kmt
$ kmemtool pack base.kmt -o - --level 1 2> err | kmemtool pack - -o - 2> err | cmp - a.kmt
$ kmemtool verify a.kmt
> ok: 7 blocks, 0 damaged

== nobody else may read it
$ stat -c %A a.kmt
> -rw-------

== levels
$ for n in 1 22 -5; do kmemtool pack base.kmt --level $n -o new.kmt 2> err; kmemtool verify new.kmt; done
$ for n in 0 23 x -x -0 -999999999 ""; do kmemtool pack base.kmt "--level=$n" -o no.kmt; done; ls no.kmt
> ok: 7 blocks, 0 damaged
> ok: 7 blocks, 0 damaged
> ok: 7 blocks, 0 damaged
! kmemtool: pack: --level: '0' is not 1 to 22 or -1 to -131072 (see kmemtool pack --help)
! kmemtool: pack: --level: '23' is not 1 to 22 or -1 to -131072 (see kmemtool pack --help)
! kmemtool: pack: --level: 'x' is not 1 to 22 or -1 to -131072 (see kmemtool pack --help)
! kmemtool: pack: --level: '-x' is not 1 to 22 or -1 to -131072 (see kmemtool pack --help)
! kmemtool: pack: --level: '-0' is not 1 to 22 or -1 to -131072 (see kmemtool pack --help)
! kmemtool: pack: --level: '-999999999' is not 1 to 22 or -1 to -131072 (see kmemtool pack --help)
! kmemtool: pack: --level: '' is not 1 to 22 or -1 to -131072 (see kmemtool pack --help)
! ls: cannot access 'no.kmt': No such file or directory
= 2

== cut
$ pack() { kmemtool pack "$@" 2>&1 | sed -E 's/, [0-9.]+ [KM]?i?B of .* an event\)/, SIZE/'; }
$ pack base.kmt --from 500ms --to 501ms -o cut.kmt
$ kmemtool dump base.kmt --from 500ms --to 501ms --format jsonl | sed 's/"ts_ns": [0-9]*,//' > old
$ kmemtool dump cut.kmt --format jsonl | sed 's/"ts_ns": [0-9]*,//' | cmp - old
$ wc -l < old
$ kmemtool info cut.kmt | grep -E '^(span|snapshot|metadata|packed)' | sed 's/, [0-9.]* bytes an event//'
> cut.kmt: 50 events, SIZE, none lost
> 50
> packed     as a part of a longer trace, without what was allocated before
> span       49.0 us, 50 events, 1.02 M a second
> metadata   5 caches, 16 symbols, 0 stacks, 1 snapshots
> snapshot 0 at -500 ms, 10 files

== cut to the end: the closing snapshot is the second one
$ kmemtool pack base.kmt --from 1.9s -o cut.kmt 2> err; kmemtool info cut.kmt | grep ^snapshot
$ kmemtool dump cut.kmt --type mark
> snapshot 0 at -1.90 s, 10 files
> snapshot 1 at 100 ms, 10 files
> 0.100000000 [000]      0            mark            snapshot 1

== cut from the beginning
$ kmemtool pack base.kmt --to 1ms -o cut.kmt 2> err; kmemtool info cut.kmt | grep ^snapshot
$ kmemtool dump cut.kmt --type mark
> snapshot 0 at -1.00 us, 10 files
> 0.000000000 [000]      0            mark            snapshot 0

== nothing is left of it
$ kmemtool pack base.kmt --from 1h -o no.kmt
$ kmemtool pack base.kmt --from 60m -o cut.kmt; kmemtool dump cut.kmt; kmemtool verify cut.kmt
$ kmemtool pack base.kmt --from 2s --to 1s -o no.kmt
> ok: 5 blocks, 0 damaged
! kmemtool: pack: --from: '1h' is not a time (like 1.5s, 20ms, 300us, 2m) (see kmemtool pack --help)
! cut.kmt: 0 events, 2.89 KiB of 6.52 KiB, none lost
! kmemtool: pack: --from is not before --to (see kmemtool pack --help)
= 2

== a cut trace can be replayed
$ kmemtool pack base.kmt --from 0.5s -o cut.kmt 2> err; kmemtool replay --check cut.kmt > cut.json; echo $?
$ grep -E '"(warm|events)"' cut.json | head -n 1
> 0
>   "events": 922,

== as JSON: what info says of the new trace
$ kmemtool pack base.kmt -o new.kmt --json 2> err > new.json; kmemtool info --json new.kmt | cmp - new.json

== a block that cannot be read
$ cp base.kmt flip.kmt; chmod u+w flip.kmt
$ printf '\377' | dd of=flip.kmt bs=1 seek=4000 conv=notrunc status=none
$ kmemtool pack flip.kmt -o new.kmt 2> err; echo $?; sed -E 's/, [0-9.]+ [KM]?i?B of .* an event\)/, SIZE/' err
$ kmemtool info new.kmt | grep -e ^lost -e ^packed; kmemtool dump new.kmt --type gap | cut -d' ' -f3-
$ kmemtool verify new.kmt
> 3
> kmemtool: pack: flip.kmt: offset 3811: damaged block header: wrong checksum
> new.kmt: 1.27 k events, SIZE, 512 LOST
> DAMAGED in 1 place: 512 records that were there are counted as lost
> packed     of a trace that was DAMAGED in 1 place
> lost       512 EVENTS (28.7 % of all)
>      0            gap             512 events lost
> ok: 8 blocks, 0 damaged

== an end that is missing
$ head -c -40 base.kmt > short.kmt
$ kmemtool pack short.kmt -o new.kmt 2> err; echo $?; sed -E 's/, [0-9.]+ [KM]?i?B of .* an event\)/, SIZE/' err
$ kmemtool dump new.kmt > new; kmemtool dump base.kmt | cmp - new
$ kmemtool verify new.kmt; kmemtool info new.kmt | grep ^packed
> 3
> kmemtool: pack: short.kmt: incomplete: what there is of it was packed
> new.kmt: 1.78 k events, SIZE, none lost
> ok: 8 blocks, 0 damaged
> packed     of a trace that was INCOMPLETE

== as JSON, incomplete
$ kmemtool pack short.kmt -o new.kmt --json > new.json 2> err; echo $?; grep -A 2 -e complete -e '"pack"' new.json
> 3
>  "complete": true,
>  "anonymized": false,
>  "segments": 1,
> --
>  "pack": {
>   "incomplete": "1"
>  }
> }

== the last file of a trace, alone
$ cp "$top/tests/golden/segments.kmt.1" alone.kmt.1; kmemtool pack alone.kmt.1 -o new.kmt 2> err; echo $?
$ kmemtool info new.kmt | grep -E '^(begins|packed|lost)'
> 0
> begins     with record 1536: cut out of a longer trace
> lost       none

== not a trace
$ echo hello > hello; kmemtool pack hello -o no.kmt; ls no.kmt
! kmemtool: pack: hello: offset 0: not a kmemtool trace
! ls: cannot access 'no.kmt': No such file or directory
= 2

== no such trace
$ kmemtool pack no.kmt -o new.kmt
! kmemtool: pack: no.kmt: cannot open: No such file or directory
= 3

== the output is the input
$ cp base.kmt x.kmt; kmemtool pack x.kmt -o x.kmt; cmp x.kmt base.kmt
$ ln -s x.kmt y.kmt; kmemtool pack x.kmt -o y.kmt; cmp x.kmt base.kmt
$ ln x.kmt z.kmt; kmemtool pack - -o z.kmt < x.kmt; cmp x.kmt base.kmt
$ for n in "" .1; do cp "$top/tests/golden/segments.kmt$n" s.kmt$n; done
$ kmemtool pack s.kmt -o s.kmt.1; cmp s.kmt.1 "$top/tests/golden/segments.kmt.1"
! kmemtool: pack: x.kmt: the output is the input
! kmemtool: pack: y.kmt: the output is the input
! kmemtool: pack: z.kmt: the output is the input
! kmemtool: pack: s.kmt.1: the output is the input

== a full disk
? test -w /dev/full # no /dev/full
$ kmemtool pack base.kmt -o /dev/full
$ kmemtool pack base.kmt -o - > /dev/full
! kmemtool: pack: /dev/full: cannot write: No space left on device
! kmemtool: pack: standard output: cannot write: No space left on device
= 4

== a file that was there stays if it cannot be replaced, and nothing is left beside it
$ cp head.kmt was.kmt; chmod 600 was.kmt
$ (trap '' XFSZ; ulimit -f 1; kmemtool pack base.kmt -o was.kmt); echo $?
$ kmemtool pack hello -o was.kmt; echo $?
$ kmemtool pack base.kmt --from 2s --to 1s -o was.kmt; echo $?
$ cmp was.kmt head.kmt; ls | grep partial
> 4
> 3
> 2
! kmemtool: pack: was.kmt: cannot write: File too large
! kmemtool: pack: hello: offset 0: not a kmemtool trace
! kmemtool: pack: --from is not before --to (see kmemtool pack --help)
= 1

== else it is replaced, through a link, too
$ ln -s was.kmt link.kmt; kmemtool pack base.kmt -o link.kmt 2> err; echo $?
$ readlink link.kmt; cmp was.kmt a.kmt; stat -c %A was.kmt; ls | grep partial
> 0
> was.kmt
> -rw-------
= 1

== a link to nothing
$ ln -s later.kmt dangling.kmt; kmemtool pack base.kmt -o dangling.kmt 2> err; readlink dangling.kmt; cmp later.kmt a.kmt
> later.kmt

== a pipe and /dev/stdout are written to as they are
$ mkfifo pipe; kmemtool pack base.kmt -o pipe 2> err & cat pipe > piped.kmt; wait; cmp piped.kmt a.kmt; test -p pipe
$ (kmemtool pack base.kmt -o /dev/stdout 2> err; echo behind) >> out; tail -c 7 out; head -c -7 out | cmp - a.kmt
> behind

== a name as long as can be
$ long=$(printf '%0251d' 7).kmt; kmemtool pack base.kmt -o $long 2> err; cmp $long a.kmt; rm $long

== a directory that is not there
$ kmemtool pack base.kmt -o no/new.kmt
! kmemtool: pack: no/new.kmt: cannot create: No such file or directory
= 4

== usage
$ kmemtool pack base.kmt
$ kmemtool pack -o new.kmt
$ kmemtool pack base.kmt head.kmt -o new.kmt
$ kmemtool pack base.kmt -o - --json
$ kmemtool pack base.kmt -o new.kmt --from soon
! kmemtool: pack: no output given: -o OUT (see kmemtool pack --help)
! kmemtool: pack: no trace given (see kmemtool pack --help)
! kmemtool: pack: 'head.kmt' is one file too many (see kmemtool pack --help)
! kmemtool: pack: --json and -o - both want standard output (see kmemtool pack --help)
! kmemtool: pack: --from: 'soon' is not a time (like 1.5s, 20ms, 300us, 2m) (see kmemtool pack --help)
= 2

== anonymized
$ kmemtool pack --anonymize base.kmt -o anon.kmt 2> err; kmemtool verify anon.kmt
$ kmemtool info anon.kmt | sed -E 's/, [0-9.]+ KiB in/, SIZE in/; s/, [0-9.]* bytes an event//'
> ok: 7 blocks, 0 damaged
> format     1.0, SIZE in 1 blocks, anonymized, complete
> host       6.12.0 x86_64, 2 CPUs, 1 NUMA node
> machine    x86_64, 64-bit little-endian, pages of 4096 bytes
> span       2.00 s, 1785 events, 892 a second
> lost       none
> CPUs       0-1
> metadata   5 caches, 16 symbols, 0 stacks, 2 snapshots
> checkpoint none
> events by type
>   kmalloc          608
>   kfree            407
>   cache_alloc      300
>   cache_free       290
>   page_alloc       72
>   page_free        54
>   page_free_batch  40
>   percpu_alloc     6
>   percpu_free      4
>   percpu_fail      1
>   vmap_alloc       2
>   vmap_free        1
>   mark             2
> snapshot 0 at -1.00 us, 10 files
> snapshot 1 at 2.00 s, 10 files
> captured by
>   page             tp_btf
>   percpu           tp_btf
>   slab             tp_btf
>   vmalloc          tp_btf

== names and addresses are others, the rest is not
$ kmemtool dump anon.kmt --limit 4
$ for t in cache_alloc page_alloc percpu_alloc vmap_alloc vmap_free; do kmemtool dump anon.kmt --type $t --limit 2; done
$ for t in cache_alloc page_alloc percpu_alloc vmap_alloc vmap_free; do kmemtool dump base.kmt --type $t --limit 2; done
> 0.000000000 [000]      0            mark            snapshot 0
> 0.000001000 [001]      1 task       kmalloc         0xffff888002710000 req=100 alloc=128 GFP_KERNEL kmalloc-128 f0003+0x1
> 0.000002000 [001]      1 task       kmalloc         0xffff888002710100 req=100 alloc=128 GFP_KERNEL kmalloc-128 f0003+0x1
> 0.000003000 [001]      1 task       kmalloc         0xffff888002710200 req=100 alloc=128 GFP_KERNEL kmalloc-128 f0003+0x1
> 0.200051000 [000]      3 task       cache_alloc     0xffff888002000000 req=192 alloc=192 GFP_KERNEL cache00001 f0006+0x1
> 0.200052000 [000]      3 task       cache_alloc     0xffff8880020000c0 req=192 alloc=192 GFP_KERNEL cache00001 f0006+0x1
> 0.200050000 [000]      3 task       page_alloc      pfn=8192 order=0 GFP_KERNEL type=0 owner=slab f0006+0x1
> 0.200072000 [000]      3 task       page_alloc      pfn=8193 order=0 GFP_KERNEL type=0 owner=slab f0006+0x1
> 1.200050000 [001]      7 task       percpu_alloc    0x600000000000 req=24 alloc=64 align=8 GFP_KERNEL f0013+0x1
> 1.200051000 [001]      7 task       percpu_alloc    0x600000000040 req=24 alloc=64 align=8 GFP_KERNEL f0013+0x1
> 1.000050000 [000]      6 task       vmap_alloc      0xffffc90000208000 req=20480 align=16384 owner=vmalloc f0001+0x1
> 1.000055000 [000]      6 task       vmap_alloc      0xffffc90000205000 req=8192 align=4096 owner=other f0002+0x1 [m01]
> 1.000056000 [000]      6 task       vmap_free       0xffffc90000208000 owner=vmalloc f0001+0x1
> 0.200051000 [000]    100 task       cache_alloc     0xffff888002000000 req=192 alloc=192 GFP_KERNEL dentry __d_alloc+0x12
> 0.200052000 [000]    100 task       cache_alloc     0xffff8880020000c0 req=192 alloc=192 GFP_KERNEL dentry __d_alloc+0x12
> 0.200050000 [000]    100 task       page_alloc      pfn=8192 order=0 GFP_KERNEL type=0 owner=slab __d_alloc+0x12
> 0.200072000 [000]    100 task       page_alloc      pfn=8193 order=0 GFP_KERNEL type=0 owner=slab __d_alloc+0x12
> 1.200050000 [001]    600 task       percpu_alloc    0x607f00000000 req=24 alloc=64 align=8 GFP_KERNEL alloc_stats+0x11
> 1.200051000 [001]    600 task       percpu_alloc    0x607f00000040 req=24 alloc=64 align=8 GFP_KERNEL alloc_stats+0x11
> 1.000050000 [000]    500 task       vmap_alloc      0xffffc90000008000 req=20480 align=16384 owner=vmalloc dup_task_struct+0x63
> 1.000055000 [000]    500 task       vmap_alloc      0xffffc90000020000 req=8192 align=4096 owner=other nic_probe+0x17 [nicdrv]
> 1.000056000 [000]    500 task       vmap_free       0xffffc90000008000 owner=vmalloc dup_task_struct+0x63

== nothing of the old names
$ kmemtool dump base.kmt --format csv | cut -d, -f11,12 | tr ',+' '\n\n' | grep -v -e kmalloc- -e '^0x' -e '^$' -e symbol -e cache$ | sort -u > names
$ kmemtool dump anon.kmt --format csv > new; wc -l < names; grep -c -w -F -f names new
> 14
> 0
= 1

== the model does the same with it
$ kmemtool replay base.kmt -o base.json; kmemtool replay anon.kmt -o anon.json
$ section() { sed -n "/^ \"$1\": /,/^ []}]/p" $2; }
$ for s in metrics events timeline zones; do section $s base.json > old; section $s anon.json | cmp - old; wc -l < old; done
> 23
> 19
> 191
> 110

== and with a recorded one
$ kmemtool pack --anonymize "$top/tests/data/demo.kmt" -o danon.kmt 2> err
$ kmemtool replay "$top/tests/data/demo.kmt" -o demo.json; kmemtool replay danon.kmt -o danon.json
$ section() { sed -n "/^ \"$1\": /,/^ []}]/p" $2; }
$ for s in metrics events timeline zones; do section $s demo.json > old; section $s danon.json | cmp - old; done
$ grep -c -e secret -e ext4 -e deb12 -e getname danon.json
> 0
= 1

== the same again, and once more anonymized it still says so
$ kmemtool pack --anonymize base.kmt -o anon2.kmt 2> err; cmp anon.kmt anon2.kmt
$ kmemtool pack anon.kmt -o anon2.kmt 2> err; kmemtool info --json anon2.kmt | grep anonymized
$ kmemtool dump anon.kmt > old; kmemtool dump anon2.kmt | cmp - old
$ kmemtool pack --anonymize anon.kmt -o anon2.kmt 2> err; kmemtool info --json anon2.kmt | grep anonymized
$ kmemtool info --json base.kmt | grep anonymized
>  "anonymized": true,
>  "anonymized": true,
>  "anonymized": false,

== call chains, another machine, and many files
$ section() { sed -n '/^ "metrics": /,/^ }/p'; }
$ for f in chains bare loss "$top/tests/golden/segments"; do
$ 	kmemtool pack --anonymize $f.kmt -o anon.kmt 2> err; kmemtool verify anon.kmt
$ 	kmemtool replay $f.kmt 2> err | section > old; kmemtool replay anon.kmt 2> err | section | cmp - old; wc -l < old
$ done
$ kmemtool pack --anonymize foreign.kmt -o anon.kmt 2> err; kmemtool info anon.kmt | grep ^machine
$ kmemtool pack --anonymize chains.kmt -o anon.kmt 2> err; kmemtool dump --stacks anon.kmt | sed -n '2,7p'
> ok: 8 blocks, 0 damaged
> 23
> ok: 4 blocks, 0 damaged
> 23
> ok: 7 blocks, 0 damaged
> 23
> ok: 7 blocks, 0 damaged
> 23
> machine    s390x, 64-bit big-endian, pages of 4096 bytes
> 0.000001000 [001]      1 task       kmalloc         0xffff888002710000 req=100 alloc=128 GFP_KERNEL kmalloc-128 stack=1 f0003+0x1
> 	0xffffffff81000001 f0003+0x1
> 	0xffffffff8100e001 f0014+0x1
> 	0xffffffff81010001 f0016+0x1
> 0.000002000 [001]      1 task       kmalloc         0xffff888002710100 req=100 alloc=128 GFP_KERNEL kmalloc-128 stack=1 f0003+0x1
> 	0xffffffff81000001 f0003+0x1
