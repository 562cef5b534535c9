#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A command that leaves daemons behind: the recording ends with the command, they live on.
. "$(dirname "$0")/scenario.sh"
need_collector

cat > starter <<'END'
setsid sh -c 'echo $$ > daemon; trap "" HUP; while [ ! -e stop ]; do sleep 0.1; done; touch stopped' \
	< /dev/null > /dev/null 2>&1 &
sh -c 'echo $$ > child; exec sleep 60' < /dev/null > /dev/null 2>&1 &
until [ -s daemon ] && [ -s child ]; do
	sleep 0.05
done
END
expect 0 timeout 30 "$KMEMTOOL" record -o daemons.kmt -- sh starter
grep -qE 'left running|stopped by' err && fail "the recorder did not end by itself"
expect_good_trace daemons.kmt
for name in daemon child; do
	kill -0 "$(cat $name)" 2> /dev/null || fail "the $name was ended"
	# What it did while the command ran is in the trace.
	dump_column daemons.kmt cache_alloc,kmalloc pid | grep -qx "$(cat $name)" ||
		fail "nothing in the trace is of the $name"
done
kill "$(cat child)"
touch stop
tries=0
until [ -e stopped ]; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || fail "the daemon does not run any more"
	sleep 0.05
done

# They are no reason to wait for the end of a pipe that they have inherited either.
rm -f stop stopped daemon
expect 0 timeout 30 "$KMEMTOOL" record -o held.kmt -- \
	sh -c 'setsid sleep 3 & echo $! > daemon'
expect_good_trace held.kmt
kill "$(cat daemon)" 2> /dev/null
exit 0
