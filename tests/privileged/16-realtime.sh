#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --realtime: the thread that empties the rings, and no other; nor the command.
. "$(dirname "$0")/scenario.sh"
need_collector
command -v chrt > /dev/null || skip "no chrt to ask for a thread's policy with"

# policy TID: "SCHED_FIFO 7"
policy() {
	chrt -p "$1" | sed 's/.*: //' | tr '\n' ' ' | sed 's/ $//'
}

if ! chrt -f 1 true 2> /dev/null; then
	expect 4 "$KMEMTOOL" record --realtime -o no.kmt -- touch ran
	expect_one_error '--realtime: priority 1 is refused'
	skip "no real-time priorities here; that is told"
fi

# Snapshots on the way are read by a thread, too.
"$KMEMTOOL" record --realtime=7 --snapshots 500ms -o real.kmt -- \
	sh -c 'chrt -p $$ > command; while ls -lR /usr/lib; do :; done > /dev/null' \
	> out 2> err < /dev/null &
recorder=$!
wait_for_file real.kmt $recorder
tries=0
until [ -s command ] && [ "$(ls /proc/$recorder/task | wc -l)" -ge 4 ]; do
	tries=$((tries + 1))
	[ "$tries" -gt 600 ] && fail "the command, or a thread, is not there"
	sleep 0.05
done
sleep 1
[ "$(policy $recorder)" = "SCHED_FIFO 7" ] || fail "the recorder is $(policy $recorder)"
others=0
for thread in /proc/$recorder/task/*; do
	thread=${thread##*/}
	[ "$thread" = $recorder ] && continue
	others=$((others + 1))
	case $(policy "$thread") in
	SCHED_OTHER* | SCHED_BATCH*) ;;
	*) fail "a further thread is $(policy "$thread")" ;;
	esac
done
[ "$others" -ge 3 ] || fail "only $others further threads"
grep -q SCHED_OTHER command || fail "the command is $(cat command)"
kill -INT $recorder
wait $recorder || fail "status $?"
expect 0 "$KMEMTOOL" verify real.kmt
read_info real.kmt
expect_number info.json snapshots -gt 2

# Who may not have it is told so before anything is made or run.
if command -v setpriv > /dev/null && [ "$(id -u)" = 0 ]; then
	chmod 755 .
	cp "$KMEMTOOL" ./kmemtool
	chmod 755 kmemtool
	mkdir -m 777 open
	if setpriv --bounding-set -sys_nice true 2> /dev/null; then
		expect 4 setpriv --bounding-set -sys_nice --inh-caps -sys_nice \
			./kmemtool record --realtime=99 -o open/no.kmt -- touch open/ran
		expect_one_error '--realtime: priority 99 is refused (Operation not permitted)'
		[ "$(wc -l < err)" = 1 ] || fail "more than one line"
		[ -e open/no.kmt ] && fail "a trace of nothing was left"
		[ -e open/ran ] && fail "the command was run"
	else
		echo "note: capabilities cannot be taken away here"
	fi
fi
exit 0
