#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Boot a kernel of Debian 12 under QEMU, run a script in it, bring back its files:
#
#   guest.sh -a ARCH -k KERNEL -s SCRIPT -o DIR [-m MEMORY] [-n NODES] [-c 'PARAMETER...']
#            [-p 'PACKAGE...'] [-f 'PROGRAM...']
#
# ARCH is i386 or amd64, KERNEL a kernel package or one that depends on it (with
# "/bookworm-backports" for one of there), SCRIPT a program of the guest/ folder here,
# MEMORY in MiB, NODES 1 or 2 that share it, PARAMETERs the kernel's own.  SCRIPT gets busybox,
# what is in the PACKAGEs, with their libraries, and PROGRAMs of this system, with theirs as ldd
# names them.  What it leaves in the guest's /out is in DIR afterwards; the console is
# DIR/console.
#
# Packages are fetched by apt with lists of their own and unpacked, never installed, in
# $KMEMTOOL_KERNELS, by default kmemtool-kernels in $XDG_CACHE_HOME or /var/tmp; what lies
# there already needs no network.  The machine is emulated in software, on one thread: no
# privilege and no KVM.  GUEST_TIMEOUT seconds are allowed for it.
#
# Exit status: 0 done, 1 the guest failed, 77 it cannot be had here; the last line says why.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
cache=${KMEMTOOL_KERNELS:-${XDG_CACHE_HOME:-/var/tmp}/kmemtool-kernels}

arch='' kernel='' script='' out='' memory=512 nodes=1 parameters='' packages='' programs=''
while getopts a:k:s:o:m:n:c:p:f: option; do
	case $option in
	a) arch=$OPTARG ;;
	k) kernel=$OPTARG ;;
	s) script=$OPTARG ;;
	o) out=$OPTARG ;;
	m) memory=$OPTARG ;;
	n) nodes=$OPTARG ;;
	c) parameters=$OPTARG ;;
	p) packages=$OPTARG ;;
	f) programs=$OPTARG ;;
	*) exit 2 ;;
	esac
done
if [ -z "$arch" ] || [ -z "$kernel" ] || [ -z "$out" ] || [ ! -f "$here/guest/$script" ]; then
	echo "guest.sh: -a, -k, -s and -o are needed"
	exit 2
fi

skip() {
	echo "$*"
	exit 77
}

fail() {
	echo "$*"
	exit 1
}

case $arch in
i386) qemu="qemu-system-i386" ;;
amd64) qemu="qemu-system-x86_64" ;;
*) skip "no guest of architecture $arch is known" ;;
esac
for tool in $qemu apt-get dpkg-deb cpio gzip timeout ldd strip; do
	command -v "$tool" > /dev/null || skip "no $tool"
done

# apt for both architectures that leaves the system's own lists and packages alone.
apt() {
	"$@" -q -o Dir::State::lists="$cache/apt/lists" -o Dir::State::status="$cache/apt/status" \
		-o Dir::Cache="$cache/apt/cache" -o Dir::Etc::sourcelist="$cache/apt/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Architectures::=i386 \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=2
}

# From the mirror that this system uses itself, or from $KMEMTOOL_MIRROR.
update_lists() {
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	# shellcheck disable=SC2016 # apt-get fills it in
	mirror=${KMEMTOOL_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' \
		'Label: Debian' 2> /dev/null | head -n 1)}
	[ -n "$mirror" ] || skip "this system has no mirror of Debian, and KMEMTOOL_MIRROR names none"
	[ -f $keys ] || skip "no $keys, which apt needs to check Debian's packages"
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/cache/archives/partial" || skip "no cache folder"
	for suite in bookworm bookworm-backports; do
		echo "deb [signed-by=$keys] $mirror $suite main"
	done > "$cache/apt/sources.list"
	: > "$cache/apt/status"
	apt apt-get update -o APT::Update::Error-Mode=any > "$cache/apt/log" 2>&1 ||
		skip "the package lists cannot be fetched: $(grep '^[EW]:' "$cache/apt/log" | head -n 1)"
	: > "$cache/apt/fresh"
}

# download NAME SUITE: the package, or what it depends on if it is empty and stands for that.
download() {
	real=$(apt apt-cache depends -o APT::Default-Release="$2" "$1:$arch" 2> /dev/null |
		sed -n 's/^ *Depends: \(linux-image-[^ :]*\).*/\1/p' | head -n 1)
	apt apt-get download -o APT::Default-Release="$2" "${real:-$1}:$arch"
}

# fetch PACKAGE[/SUITE] [PATTERN]: unpack it, or only paths like PATTERN, into $tree, once.
fetch() {
	tree=$cache/$arch/$(echo "$1" | tr / _)
	[ -f "$tree/.whole" ] && return
	rm -rf "$tree"
	mkdir -p "$tree" || skip "no cache folder"
	name=${1%%/*} suite=bookworm
	[ "$name" = "$1" ] || suite=${1#*/}
	[ -f "$cache/apt/fresh" ] || update_lists
	# Lists that are older than the mirror name packages that are gone.
	(cd "$tree" && download "$name" "$suite") > "$cache/$arch.log" 2>&1 || {
		update_lists
		(cd "$tree" && download "$name" "$suite") > "$cache/$arch.log" 2>&1 ||
			skip "$name:$arch cannot be had: $(grep '^E:' "$cache/$arch.log" | tail -n 1)"
	}
	(
		cd "$tree" || exit 1
		dpkg-deb --fsys-tarfile ./*.deb > package.tar || exit 1
		tar -xf package.tar ${2:+--wildcards "$2"} || exit 1
		rm package.tar ./*.deb
	) > "$cache/$arch.log" 2>&1 || skip "$name:$arch cannot be unpacked: $(tail -n 1 "$cache/$arch.log")"
	: > "$tree/.whole"
}

# take_program FILE: to the guest's /bin, without its symbols, and its libraries where they are.
take_program() {
	mkdir -p "$work/root/bin"
	strip -o "$work/root/bin/${1##*/}" "$1" || fail "$1 is no program"
	ldd "$1" 2> /dev/null | sed -n 's,^[^/]*\(/[^ ]*\) (0x.*,\1,p' > "$work/libraries"
	while read -r library; do
		mkdir -p "$work/root${library%/*}"
		cp -L "$library" "$work/root$library" || fail "$library cannot be copied"
	done < "$work/libraries"
}

mkdir -p "$cache/$arch" || skip "no cache folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root" "$out"

# One at a time makes the cache.
command -v flock > /dev/null && exec 9> "$cache/lock" && flock -w 600 9

# The initramfs: busybox, what was asked for, and the scripts.
fetch "$kernel" './boot/vmlinuz-*'
cp "$tree"/boot/vmlinuz-* "$work/vmlinuz" || fail "the kernel package has no kernel"
for package in busybox-static $packages; do
	fetch "$package"
	cp -a "$tree/." "$work/root" || fail "$package cannot be copied"
done
exec 9>&-
rm -rf "$work/root/.whole" "$work/root/usr/share/doc" "$work/root/usr/share/man" \
	"$work"/root/usr/lib/*/gconv
for program in $programs; do
	take_program "$program"
done
cp "$here"/guest/* "$work/root/" && chmod 755 "$work"/root/[a-z]*
(cd "$work/root" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1) > "$work/initramfs"

numa=''
if [ "$nodes" = 2 ]; then
	for node in 0 1; do
		numa="$numa -object memory-backend-ram,id=m$node,size=$((memory / 2))M"
		numa="$numa -numa node,nodeid=$node,cpus=$node,memdev=m$node"
	done
fi

# The first serial port is the console, the second the way out.  Without cmpxchg16b, for QEMU 7.2
# emulates it so that one 64-bit guest in five with two processors crashed; the kernel does not
# need it.
# shellcheck disable=SC2086 # $numa is several words
timeout --foreground -k 5 "${GUEST_TIMEOUT:-600}" $qemu -accel tcg,thread=single \
	-cpu qemu64,+rdrand,-cx16 -smp 2 -m "$memory" $numa -nodefaults -display none -no-reboot \
	-kernel "$work/vmlinuz" -initrd "$work/initramfs" \
	-append "console=ttyS0 quiet panic=-1 no_timer_check rdinit=/init $parameters -- $script" \
	-serial "file:$out/console" -serial "file:$work/out.tgz" > "$work/qemu" 2>&1 < /dev/null
status=$?
[ $status = 0 ] || fail "$qemu ended with status $status: $(tail -n 1 "$work/qemu")"
grep -q '^guest: done' "$out/console" || fail "the guest: $(tail -n 1 "$out/console")"
tar -xzf "$work/out.tgz" -C "$out" || fail "what came out of the guest is not whole"
