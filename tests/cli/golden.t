# The golden traces hold what their maker writes: whatever the bytes are (a golden trace
# of every released format stays for ever), the events and the metadata are the same.

== events
? test -x "$MAKE_GOLDEN" # MAKE_GOLDEN does not name the program that makes them
$ for v in base head loss bare empty transitions; do
$ 	"$MAKE_GOLDEN" $v new.kmt && kmemtool dump new.kmt > new && kmemtool dump $v.kmt | cmp - new
$ done

== results
? test -x "$MAKE_GOLDEN" # MAKE_GOLDEN does not name the program that makes them
$ for v in base head loss bare empty transitions; do
$ 	"$MAKE_GOLDEN" $v new.kmt && kmemtool replay new.kmt 2> err > new && kmemtool replay $v.kmt 2> err | cmp - new
$ done

== another host's architecture
? test -x "$MAKE_GOLDEN" # MAKE_GOLDEN does not name the program that makes them
$ "$MAKE_GOLDEN" foreign new.kmt && kmemtool info new.kmt | sed -n 3p
> machine    s390x, 64-bit big-endian, pages of 4096 bytes
