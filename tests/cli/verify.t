# kmemtool verify: is every byte as it was written?

== a good trace
$ kmemtool verify base.kmt
> ok: 10 blocks, 0 damaged

== as JSON
$ kmemtool verify --json base.kmt
> {
>  "ok": true,
>  "blocks": 10,
>  "damaged": 0,
>  "lost_records": 0,
>  "segments": 1,
>  "complete": true,
>  "findings": []
> }

== every golden trace is whole
$ for f in base head loss bare empty foreign chains; do kmemtool verify $f.kmt; done
> ok: 10 blocks, 0 damaged
> ok: 10 blocks, 0 damaged
> ok: 10 blocks, 0 damaged
> ok: 7 blocks, 0 damaged
> ok: 6 blocks, 0 damaged
> ok: 10 blocks, 0 damaged
> ok: 11 blocks, 0 damaged

== one bit of a block of events
$ cp base.kmt flip.kmt; printf '\377' | dd of=flip.kmt bs=1 seek=3400 conv=notrunc status=none
$ kmemtool verify flip.kmt
> NOT OK: 10 blocks, 1 damaged, 512 records lost
! kmemtool: verify: flip.kmt: offset 3156: damaged block: wrong checksum
= 1

== one bit, as JSON
$ kmemtool verify --json flip.kmt
> {
>  "ok": false,
>  "blocks": 10,
>  "damaged": 1,
>  "lost_records": 512,
>  "segments": 1,
>  "complete": true,
>  "findings": [
>   {
>    "offset": 3156,
>    "reason": "damaged block: wrong checksum"
>   }
>  ]
> }
= 1

== what is whole is saved
$ kmemtool verify flip.kmt --salvage saved.kmt
> salvaged 9 blocks, with gaps for 512 records
> NOT OK: 10 blocks, 1 damaged, 512 records lost
! kmemtool: verify: flip.kmt: offset 3156: damaged block: wrong checksum
= 1

== and is a good trace, with a gap where the block was
$ kmemtool verify saved.kmt && kmemtool info saved.kmt | grep -E 'span|lost'
$ kmemtool dump --type gap saved.kmt
> ok: 10 blocks, 0 damaged
> span       2.00 s, 1273 events, 636 a second, 4.92 bytes an event
> lost       512 EVENTS (28.7 % of all)
> 0.200410000 [000]      0            gap             512 events lost

== saved, as JSON
$ kmemtool verify --json flip.kmt --salvage saved2.kmt && cmp saved.kmt saved2.kmt
> {
>  "ok": false,
>  "blocks": 10,
>  "damaged": 1,
>  "lost_records": 512,
>  "segments": 1,
>  "complete": true,
>  "findings": [
>   {
>    "offset": 3156,
>    "reason": "damaged block: wrong checksum"
>   }
>  ]
> }
= 1

== saved to standard output
$ kmemtool verify flip.kmt --salvage - > saved3.kmt; echo $?; cmp saved.kmt saved3.kmt
> 1
! kmemtool: verify: flip.kmt: offset 3156: damaged block: wrong checksum
! salvaged 9 blocks, with gaps for 512 records
! NOT OK: 10 blocks, 1 damaged, 512 records lost

== a good trace is saved whole
$ kmemtool verify base.kmt --salvage copy.kmt && kmemtool dump base.kmt > a && kmemtool dump copy.kmt > b && cmp a b
> salvaged 9 blocks
> ok: 10 blocks, 0 damaged

== several files
$ for n in "" .1; do cp "$top/tests/golden/segments.kmt$n" s.kmt$n; done
$ kmemtool verify s.kmt && kmemtool verify --json s.kmt
> ok: 15 blocks in 2 files, 0 damaged
> {
>  "ok": true,
>  "blocks": 15,
>  "damaged": 0,
>  "lost_records": 0,
>  "segments": 2,
>  "complete": true,
>  "findings": []
> }

== several files, saved to one
$ kmemtool verify s.kmt --salvage one.kmt && kmemtool verify one.kmt && kmemtool dump one.kmt | cmp - <(kmemtool dump s.kmt)
$ kmemtool info one.kmt | head -1
> salvaged 13 blocks
> ok: 15 blocks in 2 files, 0 damaged
> ok: 14 blocks, 0 damaged
> format     1.0, 8.41 KiB in 4 blocks, complete

== several files: damage is told with the name of its file
$ cp s.kmt bad.kmt; cp s.kmt.1 bad.kmt.1; printf '\377' | dd of=bad.kmt.1 bs=1 seek=2300 conv=notrunc status=none
$ kmemtool verify bad.kmt --salvage saved4.kmt; kmemtool dump --type gap saved4.kmt
> salvaged 13 blocks, with gaps for 251 records
> NOT OK: 15 blocks in 2 files, 1 damaged, 251 records lost
> 1.400053000 [000]      0            gap             251 events lost
! kmemtool: verify: bad.kmt: offset 1973: in bad.kmt.1: damaged block: wrong checksum

== several files: a part is missing
$ head -c 3178 s.kmt > cut.kmt; cp s.kmt.1 cut.kmt.1
$ kmemtool verify cut.kmt --salvage saved5.kmt; kmemtool dump --type gap saved5.kmt; kmemtool verify saved5.kmt
> salvaged 11 blocks, with gaps for 1024 records
> NOT OK: 12 blocks in 2 files, 1 damaged, 1024 records lost, incomplete
> 0.200410000 [000]      0            gap             1024 events lost
> ok: 12 blocks, 0 damaged
! kmemtool: verify: cut.kmt: offset 3156: truncated block header: 22 of 192 bytes

== several files: saved to one of them
$ kmemtool verify s.kmt --salvage s.kmt.1; cmp s.kmt.1 "$top/tests/golden/segments.kmt.1"
> ok: 15 blocks in 2 files, 0 damaged
! kmemtool: verify: s.kmt.1: the output is the input

== cut short
$ head -c 3178 base.kmt > short.kmt
$ kmemtool verify short.kmt
> NOT OK: 6 blocks, 1 damaged, incomplete
! kmemtool: verify: short.kmt: offset 3156: truncated block header: 22 of 192 bytes
= 1

== cut after a whole block, and saved
$ kmemtool verify short.kmt --salvage short-saved.kmt; kmemtool verify short-saved.kmt
> salvaged 5 blocks
> NOT OK: 6 blocks, 1 damaged, incomplete
> ok: 6 blocks, 0 damaged
! kmemtool: verify: short.kmt: offset 3156: truncated block header: 22 of 192 bytes

== the header is damaged
$ cp base.kmt head-flip.kmt; printf '\377' | dd of=head-flip.kmt bs=1 seek=20 conv=notrunc status=none
$ kmemtool verify head-flip.kmt
> NOT OK: 10 blocks, 1 damaged
! kmemtool: verify: head-flip.kmt: offset 56: damaged header: wrong checksum
= 1

== the footer is damaged
$ cp base.kmt foot.kmt; printf 'xxxx' | dd of=foot.kmt bs=1 seek=$(($(stat -Lc %s base.kmt) - 20)) conv=notrunc status=none
$ kmemtool verify foot.kmt
> NOT OK: 11 blocks, 1 damaged, incomplete
! kmemtool: verify: foot.kmt: offset 6644: no block begins here
= 1

== something was added
$ cp base.kmt long.kmt; echo more >> long.kmt
$ kmemtool verify long.kmt
> NOT OK: 11 blocks, 1 damaged, incomplete
! kmemtool: verify: long.kmt: offset 6644: no block begins here
= 1

== from standard input
$ kmemtool verify - < base.kmt
> ok: 10 blocks, 0 damaged

== empty file
$ : > nothing; kmemtool verify nothing
! kmemtool: verify: nothing: offset 0: empty file
= 3

== a text
$ echo hello > text; kmemtool verify text
! kmemtool: verify: text: offset 0: not a kmemtool trace
= 3

== no such file
$ kmemtool verify absent.kmt
! kmemtool: verify: absent.kmt: cannot open: No such file or directory
= 3

== saved to where nothing can be
$ kmemtool verify base.kmt --salvage absent/out.kmt
> ok: 10 blocks, 0 damaged
! kmemtool: verify: absent/out.kmt: cannot create: No such file or directory
= 4

== saved to a full disk
? test -c /dev/full # no /dev/full
$ kmemtool verify base.kmt --salvage /dev/full
> ok: 10 blocks, 0 damaged
! kmemtool: verify: /dev/full: offset 0: cannot write: No space left on device
= 4

== a file that was there stays if it cannot be replaced, and nothing is left beside it
$ cp head.kmt was.kmt; chmod 600 was.kmt
$ (trap '' XFSZ; ulimit -f 4; kmemtool verify base.kmt --salvage was.kmt); echo $?
$ cmp was.kmt head.kmt; kmemtool verify text --salvage was.kmt; echo $?
$ cmp was.kmt head.kmt; ls | grep partial
> ok: 10 blocks, 0 damaged
> 4
> 3
! kmemtool: verify: was.kmt: offset 3811: cannot write: File too large
! kmemtool: verify: text: offset 0: not a kmemtool trace
= 1

== else it is replaced
$ kmemtool verify base.kmt --salvage was.kmt; cmp was.kmt copy.kmt; stat -c %A was.kmt; ls | grep partial
> salvaged 9 blocks
> ok: 10 blocks, 0 damaged
> -rw-------
= 1

== saved from standard input
$ kmemtool verify - --salvage x.kmt < base.kmt
! kmemtool: verify: --salvage reads the trace twice, and standard input only once (see kmemtool verify --help)
= 2

== JSON and the trace both to standard output
$ kmemtool verify base.kmt --json --salvage -
! kmemtool: verify: --json and --salvage=- both need standard output (see kmemtool verify --help)
= 2

== no file named
$ kmemtool verify
! kmemtool: verify: no trace given (see kmemtool verify --help)
= 2

== full disk
? test -c /dev/full # no /dev/full
$ kmemtool verify base.kmt > /dev/full
! kmemtool: verify: standard output: No space left on device
= 4
