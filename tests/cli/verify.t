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
>  "complete": true,
>  "findings": []
> }

== every golden trace is whole
$ for f in base head loss bare empty foreign; do kmemtool verify $f.kmt; done
> ok: 10 blocks, 0 damaged
> ok: 10 blocks, 0 damaged
> ok: 10 blocks, 0 damaged
> ok: 7 blocks, 0 damaged
> ok: 6 blocks, 0 damaged
> ok: 10 blocks, 0 damaged

== one bit of a block of events
$ cp base.kmt flip.kmt; printf '\377' | dd of=flip.kmt bs=1 seek=3300 conv=notrunc status=none
$ kmemtool verify flip.kmt
> NOT OK: 10 blocks, 1 damaged
! kmemtool: verify: flip.kmt: offset 2978: damaged block: wrong checksum
= 1

== one bit, as JSON
$ kmemtool verify --json flip.kmt
> {
>  "ok": false,
>  "blocks": 10,
>  "damaged": 1,
>  "complete": true,
>  "findings": [
>   {
>    "offset": 2978,
>    "reason": "damaged block: wrong checksum"
>   }
>  ]
> }
= 1

== what is whole is saved
$ kmemtool verify flip.kmt --salvage saved.kmt
> salvaged 9 blocks
> NOT OK: 10 blocks, 1 damaged
! kmemtool: verify: flip.kmt: offset 2978: damaged block: wrong checksum
= 1

== and is a good trace
$ kmemtool verify saved.kmt && kmemtool info saved.kmt | sed -n '4,5p'
> ok: 9 blocks, 0 damaged
> span       2.00 s, 1273 events, 636 a second, 4.50 bytes an event
> lost       none

== saved, as JSON
$ kmemtool verify --json flip.kmt --salvage saved2.kmt && cmp saved.kmt saved2.kmt
> {
>  "ok": false,
>  "blocks": 10,
>  "damaged": 1,
>  "complete": true,
>  "findings": [
>   {
>    "offset": 2978,
>    "reason": "damaged block: wrong checksum"
>   }
>  ]
> }
= 1

== saved to standard output
$ kmemtool verify flip.kmt --salvage - > saved3.kmt; echo $?; cmp saved.kmt saved3.kmt
> 1
! kmemtool: verify: flip.kmt: offset 2978: damaged block: wrong checksum
! salvaged 9 blocks
! NOT OK: 10 blocks, 1 damaged

== a good trace is saved whole
$ kmemtool verify base.kmt --salvage copy.kmt && kmemtool dump base.kmt > a && kmemtool dump copy.kmt > b && cmp a b
> salvaged 10 blocks
> ok: 10 blocks, 0 damaged

== cut short
$ head -c 3000 base.kmt > short.kmt
$ kmemtool verify short.kmt
> NOT OK: 6 blocks, 1 damaged, no footer
! kmemtool: verify: short.kmt: offset 2978: truncated block header: 22 of 168 bytes
= 1

== cut after a whole block, and saved
$ kmemtool verify short.kmt --salvage short-saved.kmt; kmemtool verify short-saved.kmt
> salvaged 5 blocks
> NOT OK: 6 blocks, 1 damaged, no footer
> ok: 6 blocks, 0 damaged
! kmemtool: verify: short.kmt: offset 2978: truncated block header: 22 of 168 bytes

== the header is damaged
$ cp base.kmt head-flip.kmt; printf '\377' | dd of=head-flip.kmt bs=1 seek=20 conv=notrunc status=none
$ kmemtool verify head-flip.kmt
> NOT OK: 10 blocks, 1 damaged
! kmemtool: verify: head-flip.kmt: offset 56: damaged header: wrong checksum
= 1

== the footer is damaged
$ cp base.kmt foot.kmt; printf 'xxxx' | dd of=foot.kmt bs=1 seek=$(($(stat -Lc %s base.kmt) - 20)) conv=notrunc status=none
$ kmemtool verify foot.kmt
> NOT OK: 11 blocks, 1 damaged, no footer
! kmemtool: verify: foot.kmt: offset 6306: no block begins here
= 1

== something was added
$ cp base.kmt long.kmt; echo more >> long.kmt
$ kmemtool verify long.kmt
> NOT OK: 11 blocks, 1 damaged, no footer
! kmemtool: verify: long.kmt: offset 6306: no block begins here
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
