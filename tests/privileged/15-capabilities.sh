#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A recorder gives up, in all its threads, what it does not need any more, and its trace is whole
# all the same.
. "$(dirname "$0")/scenario.sh"
need_collector
[ "$(id -u)" = 0 ] || skip "only root has capabilities to give up"
command -v setpriv > /dev/null || skip "no setpriv to become somebody else with"

none=0000000000000000

# take_capabilities PID: of its threads, a line each, that of the first first.  It gives them up
# soon after it has created its file.
take_capabilities() {
	tries=0
	until grep -q '^NoNewPrivs:.1' /proc/"$1"/status; do
		tries=$((tries + 1))
		[ "$tries" -gt 600 ] && fail "nothing is given up"
		sleep 0.05
	done
	sleep 0.1
	for thread in $(ls /proc/"$1"/task | sort -n); do
		awk '/^Cap(Prm|Eff):|^NoNewPrivs:/ { printf "%s ", $2 } END { print "" }' \
			/proc/"$1"/task/"$thread"/status
	done > left
}

# expect_left MASK: permitted and effective in the first thread; others have that or nothing.
expect_left() {
	[ "$(head -n 1 left)" = "$1 $1 1 " ] || fail "left: $(head -n 1 left), expected $1"
	grep -vxE "($1 $1|$none $none) 1 " left && fail "a thread has more than $1"
}

# Opening and closing snapshot have the same files, and what only the privileged are told.
expect_same_files() {
	"$KMEMTOOL" info "$1" | sed -n 's/^snapshot [01] .*, \([0-9]* files\)$/\1/p' > files
	[ "$(wc -l < files)" = 2 ] || fail "$1 has not two snapshots"
	[ "$(uniq files | wc -l)" = 1 ] || fail "the snapshots of $1 differ: $(tr '\n' ' ' < files)"
	for number in 0 1; do
		"$KMEMTOOL" info --snapshot=$number:/proc/iomem "$1" > iomem.$number || fail "no /proc/iomem"
	done
	cmp -s iomem.0 iomem.1 || fail "/proc/iomem tells less at the end"
}

# background NAME COMMAND...: a recorder of NAME.kmt, its pid in $recorder.
background() {
	name=$1
	shift
	"$@" > "$name.out" 2> "$name.err" < /dev/null &
	recorder=$!
	wait_for_file "$name.kmt" $recorder
}

# wait_for_threads NR
wait_for_threads() {
	tries=0
	until [ "$(ls /proc/$recorder/task | wc -l)" -ge "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -gt 600 ] && fail "not $1 threads"
		sleep 0.05
	done
}

sh -c 'while ls -lR /usr/lib; do :; done' > /dev/null 2>&1 &
load=$!
trap 'kill $load' EXIT

# Alone: nothing; a thread that syncs and one that compresses are there, too.
background alone "$KMEMTOOL" record -o alone.kmt
wait_for_threads 3
take_capabilities $recorder
expect_left $none
kill -INT $recorder
wait $recorder || fail "status $?: $(cat alone.err)"
expect_good_trace alone.kmt
expect_same_files alone.kmt
grep -q '^00000000-00000000 : System RAM' iomem.1 && fail "/proc/iomem has no addresses"

# The thread that reads the host on the way has no more.
background light "$KMEMTOOL" record --snapshots 200ms -o light.kmt
wait_for_threads 4
take_capabilities $recorder
sleep 0.5
expect_left $none
kill -INT $recorder
wait $recorder || fail "status $?: $(cat light.err)"
read_info light.kmt
expect_number info.json snapshots -gt 2

# With a command: CAP_KILL, for it may become somebody else's.
"$KMEMTOOL" record -o command.kmt -- \
	setpriv --reuid 65534 --regid 65534 --clear-groups sleep 60 > out 2> err < /dev/null &
recorder=$!
wait_for_file command.kmt $recorder
take_capabilities $recorder
expect_left 0000000000000020
command=$(cat /proc/$recorder/task/$recorder/children)
command=${command% }
tries=0
until grep -q '^Uid:.65534' /proc/"$command"/status; do
	tries=$((tries + 1))
	[ "$tries" -gt 600 ] && fail "the command is not somebody else's"
	sleep 0.05
done
kill -TERM $recorder
wait $recorder || fail "status $? of a recorder whose command is somebody else's"
kill -0 "$command" 2> /dev/null && fail "the command still runs"
expect_good_trace command.kmt

# Its command keeps what it had.
expect 0 "$KMEMTOOL" record -o kept.kmt -- grep -E '^(CapEff|NoNewPrivs)' /proc/self/status
grep -E '^(CapEff|NoNewPrivs)' /proc/self/status | cmp -s - out || fail "the command has lost rights"

# Further files in a folder of another user: CAP_DAC_OVERRIDE; in one's own: nothing.
mkdir -m 755 theirs
chown 65534 theirs
chmod 755 .
for folder in theirs .; do
	background $folder/parts "$KMEMTOOL" record -o $folder/parts.kmt --rotate 300ms
	take_capabilities $recorder
	tries=0
	until [ -e $folder/parts.kmt.2 ]; do
		tries=$((tries + 1))
		[ "$tries" -gt 600 ] && fail "no third file"
		sleep 0.05
	done
	kill -INT $recorder
	wait $recorder || fail "status $?: $(cat $folder/parts.err)"
	[ "$folder" = . ] && mask=$none || mask=0000000000000002
	expect_left $mask
	read_info $folder/parts.kmt
	expect_number info.json segments -gt 1
done
# So can one be that is written when something happens.
"$KMEMTOOL" record --last 1s -o theirs/last.kmt > out 2> err < /dev/null &
recorder=$!
take_capabilities $recorder
sleep 1
kill -INT $recorder
wait $recorder || fail "status $? of a flight recorder"
expect_left 0000000000000002
expect 0 "$KMEMTOOL" verify theirs/last.kmt

# Somebody who has no more than it takes, and may write nowhere else than here.
cp "$KMEMTOOL" ./kmemtool
chmod 755 kmemtool
mkdir -m 777 open
nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
two="$nobody --inh-caps +bpf,+perfmon --ambient-caps +bpf,+perfmon"
read="$nobody --inh-caps +bpf,+perfmon,+dac_read_search --ambient-caps +bpf,+perfmon,+dac_read_search"
if $two ./kmemtool --version > out 2>&1; then
	# shellcheck disable=SC2086
	background open/two $two ./kmemtool record -o open/two.kmt
	take_capabilities $recorder
	sleep 1
	kill -INT $recorder
	wait $recorder || fail "status $?: $(cat open/two.err)"
	expect_left $none
	expect_good_trace open/two.kmt
	expect_number info.json events.total -gt 1000
	expect_same_files open/two.kmt
	grep -q '^not in the snapshots: .*/proc/slabinfo.*(no permission' open/two.err ||
		fail "nothing tells of /proc/slabinfo"
	# With the right to read: those files too, at both ends.
	# shellcheck disable=SC2086
	background open/read $read ./kmemtool record -o open/read.kmt
	take_capabilities $recorder
	kill -INT $recorder
	wait $recorder || fail "status $?: $(cat open/read.err)"
	expect_left 0000000000000004
	expect_good_trace open/read.kmt
	expect_same_files open/read.kmt
	grep -q '^not in the snapshots' open/read.err && fail "a file is not in the snapshots"
	[ "$(cat files)" = "$("$KMEMTOOL" info alone.kmt | sed -n 's/^snapshot [01] .*, \([0-9]* files\)$/\1/p')" ] ||
		fail "not as many files as root has"
else
	echo "note: capabilities cannot be handed on: $(tail -n 1 out)"
fi
exit 0
