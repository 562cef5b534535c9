#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Zones, watermarks, protection and per-cpu list sizes that the model derives are those that the
# kernel derived: 6.1 with so much memory that huge pages raise min_free_kbytes, 6.12 with one node
# and with two, and 48 MiB of free memory.
here=$(dirname "$0")
. "$here/../privileged/scenario.sh"
. "$here/compare.sh"
. "$here/check.sh"

need_recorder
[ -x "$tools/zone_check" ] || skip "no $tools/zone_check: make check builds it"

# kib PATTERN: what the log says was freed under that name, in all.
kib() {
	sed -n "s/.*Freeing $1 memory: \([0-9]*\)K\$/\1/p" guest/dmesg | awk '{ sum += $1 } END { print sum + 0 }'
}

# Pages that the zones came to have after their watermarks were computed: PFN:PAGES of the kernel's
# own image and of the initramfs.
late() {
	image=$(sed 's/^ *\([0-9a-f]*\)-.*/\1/' guest/image)
	disk=$(sed -n 's/.*RAMDISK: \[mem \(0x[0-9a-f]*\)-.*/\1/p' guest/dmesg)
	echo "$((0x$image / 4096)):$(($(kib 'unused .*') / 4)) $((disk / 4096)):$(($(kib initrd) / 4))"
}

# equal NAME TRACE [PFN:PAGES]...: all that zoneinfo prints.
equal() {
	label=$1
	shift
	expect 0 "$tools/zone_check" "$@"
	grep -q '^zones: [0-9]* fields compared' out || fail "$label: nothing was compared"
	sed "s/^/$label: /" out
}

# guest NAME FIELDS OPTION...
guest() {
	name=$1 fields=$2
	shift 2
	rm -rf guest
	# Else the image may lie across the border of two nodes.
	boot_recorder -s zones -c nokaslr "$@"
	# shellcheck disable=SC2046 # they are several words
	equal "$name, as it came up" guest/boot.kmt $(late)
	awk '/^min_free_kbytes/ { gsub(",", ""); if ($2 != $6 && ($2 != $10 || $10 < $6)) exit 1 }' out ||
		fail "$name: $(grep ^min_free_kbytes out)"
	# Of its pages of now, for it has computed all this again.
	equal "$name" guest/zones.kmt
	nr=$(sed -n 's/^zones: \([0-9]*\) fields.*/\1/p' out)
	[ "$nr" -ge "$fields" ] || fail "$name: only $nr fields were compared"
}

guest 6.1 28 -k linux-image-amd64 -m 1200
guest 6.12 30 -k linux-image-amd64/bookworm-backports
guest '6.12, two nodes' 44 -k linux-image-amd64/bookworm-backports -n 2
guest '6.12, 48 MiB' 30 -k linux-image-cloud-amd64/bookworm-backports -m 112
exit 0
