# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the guest's scripts share.

# host DIR: copies of the files of /proc that snapshots are made of.
host() {
	mkdir -p "$1"
	for file in zoneinfo buddyinfo slabinfo pagetypeinfo vmstat meminfo vmallocinfo version \
		cpuinfo cmdline; do
		cat "/proc/$file" > "$1/$file" || return
	done
}

# A load on both processors that takes objects of many caches, pages, areas and percpu memory.
load() {
	find /proc/1 /proc/sys /sys/kernel/mm > /dev/null 2>&1 &
	for _ in 1 2 3; do
		mkdir -p /tmp/mnt
		mount -t tmpfs none /tmp/mnt || return
		dd if=/dev/zero of=/tmp/mnt/big bs=64k count=20 2> /dev/null
		j=0
		while [ $j -lt 60 ]; do
			echo $j > /tmp/mnt/$j
			j=$((j + 1))
		done
		sh -c 'for k in 1 2 3 4 5; do cat /proc/self/maps | grep stack; done' > /dev/null
		ls -lR /tmp > /dev/null
		umount /tmp/mnt
	done
	wait
}
