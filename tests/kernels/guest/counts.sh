# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# One process recorded and counted at the same time; in the guests and on the host itself.  Wants
# kmemtool, count_events and alloc_load in $PATH, and release beside it in $RELEASE.

# counts NAME keep|hold 'LOAD-ARGUMENT...' RECORD-OPTION...: leaves NAME.kmt, what was counted in
# NAME.counts, what the recorder and the load said in NAME.err and NAME.load.  With hold the
# recorder is stopped while the load runs, so that small rings must lose events.
counts() {
	name=$1 hold=$2 arguments=$3
	shift 3
	mkfifo go.$name stop.$name || return
	# shellcheck disable=SC2086 # they are several words
	alloc_load $arguments < go.$name > $name.load &
	load=$!
	exec 3> go.$name
	count_events $load < stop.$name > $name.counts &
	counter=$!
	exec 4> stop.$name
	# Or it says why it cannot, and has ended.
	until grep -qE '^(counting|count_events: .*)$' $name.counts; do
		sleep 0.1
	done
	kmemtool record --pid $load -o $name.kmt "$@" -- sh "$RELEASE" $load go.$name $hold \
		2> $name.err
	status=$?
	exec 3>&- 4>&-
	wait $counter || status=$?
	# Where nothing has released it, because nothing could be recorded, it reads the end of go.
	wait $load || status=$?
	rm go.$name stop.$name
	return $status
}
