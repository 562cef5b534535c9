#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Somebody who may not record is told so in one line; nothing is left, nothing is run.
. "$(dirname "$0")/scenario.sh"

chmod 755 .
cp "$KMEMTOOL" ./kmemtool
chmod 755 kmemtool
mkdir -m 777 open
if [ "$(id -u)" = 0 ]; then
	command -v setpriv > /dev/null || skip "no setpriv to become somebody else with"
	nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	$nobody ./kmemtool --version > out 2>&1 ||
		skip "the program cannot be run as somebody else: $(tail -n 1 out)"
else
	nobody=
fi

# shellcheck disable=SC2086
expect 4 $nobody ./kmemtool record -o open/t.kmt -- touch open/ran
expect_one_error '.'
[ "$(wc -l < err)" = 1 ] || fail "more than one line"
if [ -e /sys/kernel/btf/vmlinux ]; then
	grep -qE 'root|CAP_BPF' err || fail "the line does not name the privilege"
else
	grep -q 'BTF' err || fail "the line does not name BTF"
fi
[ -s out ] && fail "something on stdout"
[ -e open/t.kmt ] && fail "an empty trace was left"
[ -e open/ran ] && fail "the command was run"
exit 0
