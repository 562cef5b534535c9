#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""An independent decoder of kmemtool traces, written from kmemtool-trace(5) alone.

It has nothing in common with the reader in tracefmt/, refuses whatever the page does not
allow, and agrees with that reader on every golden trace.  What that proves is the page.

    kmt_decode.py FILE            check everything, and each checkpoint; print a summary
    kmt_decode.py --jsonl FILE    print what "kmemtool dump --format jsonl FILE" prints

FILE.1, FILE.2, ... are read too if FILE is the first segment of a trace.  Status 1, with the
offset and the field, at the first thing that disagrees with the page.
"""
import os
import struct
import sys
from collections import namedtuple

import xxhash
import zstandard

U64 = (1 << 64) - 1
FACTS, CACHES, SYMBOLS, SNAPSHOT, EVENTS, FOOTER, STACKS, CHECKPOINT = range(1, 9)
KINDS = ("kmalloc kfree cache_alloc cache_free page_alloc page_free page_free_batch percpu_alloc"
         " percpu_free percpu_fail vmap_alloc vmap_free gap mark zone_locked pcpu_drain extfrag").split()
ALLOCATIONS, FREES = frozenset((0, 2, 4, 7, 10)), frozenset((1, 3, 5, 8, 11))
PAGE_ALLOC, GAP = KINDS.index("page_alloc"), KINDS.index("gap")
SPACES = dict(zip(range(12), "slab slab slab slab page page - percpu percpu - vmap vmap".split()))
COLUMNS = ("sites site run cpu time_low time_high mask addr time_far far new pid req alloc gfp"
           " cache ctx order misc").split()
BY_SITE = ("time_low", "time_high", "mask", "addr")
BITS = {"cpu": 16, "pid": 32, "alloc": 32, "gfp": 32, "cache": 32}  # of a varint; else 64
ENTRIES = {"ctx": "<BB", "order": "<B", "misc": "<HBBB"}
LISTS, OWN_LISTS = 12288, 8192
CACHE_FIELDS = "id object_size size align flags oo min_partial cpu_partial cpu_partial_slabs".split()

Header = namedtuple("Header", "magic major minor byte_order pointer page_shift reserved machine flags segment identity")
Block = namedtuple("Block", "offset type payload stored before records following least greatest lost cpus kinds")
Record = namedtuple("Record", "ts_ns addr call_site bytes_req bytes_alloc stack gfp pid cache cpu"
                              " node kind order migratetype ctx preempt owner flags")


class Disagreement(Exception):
    """The file is not what the page says."""


def check(condition, offset, field, text):
    if not condition:
        raise Disagreement(f"offset {offset}: {field}: {text}")


def checksum(data):
    return xxhash.xxh64_intdigest(data)


def unzigzag(value):
    return (value >> 1) ^ (U64 if value & 1 else 0)


class Cursor:
    """Takes numbers and strings from the front of what a block holds."""

    def __init__(self, data, offset, what):
        self.data, self.offset, self.what, self.at = data, offset, what, 0

    def more(self):
        return self.at < len(self.data)

    def require(self, condition, field, text):
        check(condition, self.offset, f"{self.what}, byte {self.at}: {field}", text)

    def take(self, size, field):
        self.require(size <= len(self.data) - self.at, field, "reaches beyond the end")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size, field):
        return int.from_bytes(self.take(size, field), "little")

    def varint(self, field, bits=64):
        value = 0
        for nr in range(10):
            byte = self.number(1, field)
            value |= (byte & 0x7F) << (7 * nr)
            if byte < 0x80:
                self.require(value >> bits == 0, field, f"more than {bits} bits")
                return value
        return self.require(False, field, "a varint of more than ten bytes")

    def range(self, field, low, high):
        value = self.varint(field)
        self.require(low <= value <= high, field, f"{value} is not from {low} to {high}")
        return value

    def string(self, field, most):
        data = self.take(self.range(field, 0, most), field)
        self.require(b"\0" not in data, field, "a 0 in a string")
        return data


# File header and blocks

def read_header(data):
    check(len(data) >= 64, 0, "file header", "the file ends in it")
    h = Header(*struct.unpack_from("<8sHHBBBBHHIQ", data))
    check(h.magic == b"\x89KMT\r\n\x1a\n", 0, "magic number", "not a trace")
    check(checksum(data[:56]) == struct.unpack_from("<Q", data, 56)[0], 56, "checksum", "wrong")
    check(h.major == 1, 8, "major version", h.major)
    check(h.byte_order in (1, 2), 12, "byte order", h.byte_order)
    check(h.pointer in (4, 8), 13, "bytes in a pointer", h.pointer)
    check(10 <= h.page_shift <= 20, 14, "page shift", h.page_shift)
    check(h.reserved == 0, 15, "reserved", "not 0")
    check(h.flags & ~1 == 0, 18, "flags", "a reserved bit is set")
    check(h.segment == 0 or h.identity != 0, 24, "identity", "0 in a segment other than the first")
    return h


def read_block(data, at, number):
    """The block at an offset, checked against itself, its payload decompressed."""
    check(at + 192 <= len(data), at, "block header", "the file ends in it")
    magic, kind, flags, stored, size, nr, *rest = struct.unpack_from("<8sHHIIIQIIQQQQ", data, at)
    kinds = struct.unpack_from("<24I", data, at + 72)
    reserved, payload_sum, header_sum = struct.unpack_from("<QQQ", data, at + 168)
    check(magic == b"\xb5KMTBLK\x1c", at, "magic number", "no block begins here")
    check(checksum(data[at:at + 184]) == header_sum, at + 184, "checksum of the header", "wrong")
    check(flags & ~1 == 0, at + 10, "flags", "a reserved bit is set")
    limit = 16777216 if kind == FOOTER else 4194304
    check(stored <= limit, at + 12, "bytes of the payload in the file", f"{stored}, above {limit}")
    check(size <= limit, at + 16, "bytes of the payload", f"{size}, above {limit}")
    check(nr == number < 262144, at + 20, "number of the block", f"{nr}, not {number}")
    check(reserved == 0, at + 168, "reserved", "not 0")
    if kind in (EVENTS, CHECKPOINT):
        check(1 <= rest[1] <= 32768, at + 32, "number of records", rest[1])
        check(sum(kinds) == rest[1], at + 72, "records of each kind", "another sum than the number of records")
        check(kind == CHECKPOINT or rest[2] == 0, at + 36, "blocks that follow", "in no checkpoint")
    else:
        check(not any(data[at + 32:at + 168]), at + 32, "what tells of records", f"not 0 in a block of type {kind}")
    payload = data[at + 192:at + 192 + stored]
    check(len(payload) == stored, at + 12, "bytes of the payload in the file", "beyond the end of the file")
    check(checksum(payload) == payload_sum, at + 176, "checksum of the payload", "wrong")
    if flags & 1:
        check(stored == size, at + 16, "bytes of the payload", "two sizes, but it is not compressed")
    else:
        payload = decompress(payload, size, at + 192)
    return Block(at, kind, payload, stored, *rest, kinds)


def decompress(data, size, offset):
    """One zstd frame, no more, which tells its content size."""
    try:
        told = zstandard.get_frame_parameters(data).content_size
        check(told == size, offset, "zstd frame", f"tells a content size of {told}, not {size}")
        decoder = zstandard.ZstdDecompressor().decompressobj()
        content = decoder.decompress(data)
    except zstandard.ZstdError as error:
        raise Disagreement(f"offset {offset}: zstd frame: {error}") from None
    check(len(content) == size, offset, "zstd frame", f"has {len(content)} bytes, not {size}")
    check(not decoder.unused_data, offset, "zstd frame", "bytes behind it")
    return content


class Metadata:
    """What describes the trace: facts, caches, symbols, snapshots, stacks."""

    def __init__(self):
        self.facts, self.caches, self.symbols, self.stacks, self.snapshots = {}, {}, {}, {}, {}

    def read(self, block):
        entry = {FACTS: self.fact, CACHES: self.cache, SYMBOLS: self.symbol, STACKS: self.stack}.get(block.type)
        cursor = Cursor(block.payload, block.offset, "payload")
        if block.type == SNAPSHOT:
            self.snapshot(cursor)
        while entry and cursor.more():
            entry(cursor)

    def fact(self, cursor):
        key = cursor.string("key of a fact", 4096)
        self.facts[key] = cursor.string("value of a fact", 1048576)

    def cache(self, cursor):
        fields = [cursor.varint(f"cache: {field}", 32) for field in CACHE_FIELDS]
        cursor.require(1 <= fields[0] <= 1048576, "cache: id", fields[0])
        self.caches[fields[0]] = cursor.string("cache: name", 63)

    def symbol(self, cursor):
        address, offset = cursor.number(8, "symbol: address"), cursor.varint("symbol: offset", 32)
        self.symbols.setdefault(address, (cursor.string("symbol: name", 4096), offset))

    def stack(self, cursor):
        number, frames, address = cursor.range("stack: id", 1, 1048576), [], 0
        for _ in range(cursor.range("stack: number of frames", 1, 128)):
            address = (address + unzigzag(cursor.varint("stack: return address"))) & U64
            frames.append(address)
        self.stacks[number] = frames

    def snapshot(self, cursor):
        number = cursor.number(4, "snapshot: number")
        cursor.require(number < 65536, "snapshot: number", number)
        cursor.number(8, "snapshot: time")
        files = self.snapshots.setdefault(number, {})
        while cursor.more():
            content = files.setdefault(cursor.string("snapshot: path", 4096), bytearray())
            position = cursor.varint("snapshot: position")
            cursor.require(position == len(content), "snapshot: position", "the pieces are not in order")
            content += cursor.take(cursor.varint("snapshot: length"), "snapshot: bytes")


# Events

class Column:
    """Entries that are taken one after the other."""

    def __init__(self, name, entries, where):
        self.name, self.entries, self.where, self.at = name, entries, where, 0

    def take(self):
        check(self.at < len(self.entries), self.where, f"column {self.name}", "used up before the records are")
        self.at += 1
        return self.entries[self.at - 1]

    def expect_end(self):
        check(self.at == len(self.entries), self.where, f"column {self.name}", "not used up at the end")


class Site:
    """A kind with a call site and a stack, and what its last record was like."""

    def __init__(self, number, kind, call_site, stack, first, records):
        self.number, self.kind, self.call_site, self.stack = number, kind, call_site, stack
        self.allocates = kind in ALLOCATIONS
        self.bytes_req = self.bytes_alloc = self.gfp = self.cache = 0
        self.order = self.migratetype = self.ctx = self.preempt = self.owner = self.flags = 0
        self.node, self.cls, self.list = 0xFFFF, 0, OWN_LISTS + number % 4096
        self.next, self.end = first, first + records  # in the columns by site


class Cpu:
    def __init__(self):
        self.pid = self.site1 = self.site2 = 0


class Decoder:
    """The model of a block.  Records are known by their number in it."""

    def __init__(self, block):
        self.where, self.count = block.offset, block.records
        self.read_columns(block.payload)
        self.cpus = [Cpu() for _ in range(1024)]
        self.next_sites, self.sizes = [0] * 8192, [(0, 0)] * 1024
        self.class_numbers, self.classes = {}, [(0, 0)]
        self.list_addr, self.list_top = [0] * LISTS, [None] * LISTS
        self.left_older, self.left_newer = [None] * LISTS, [None] * LISTS
        self.in_list, self.older, self.newer, self.addrs, self.node_class = [], [], [], [], []

    def read_columns(self, payload):
        cursor = Cursor(payload, self.where, "payload")
        count = cursor.number(4, "number of columns")
        cursor.require(19 <= count <= 64, "number of columns", count)
        lengths = [cursor.number(4, "length of a column") for _ in range(count)]
        cursor.require(cursor.at + sum(lengths) == len(payload), "lengths of columns", "do not add up to the payload")
        for name, length in zip(COLUMNS, lengths):
            data = Cursor(cursor.take(length, name), self.where, f"column {name}")
            if name == "sites":
                self.read_sites(data)
                continue
            if name in BY_SITE:
                check(length == self.count, self.where, f"column {name}", f"{length} bytes for {self.count} records")
                entries = data.data
            elif name in ENTRIES:
                size = struct.calcsize(ENTRIES[name])
                check(length % size == 0, self.where, f"column {name}", "ends in an entry")
                entries = list(struct.iter_unpack(ENTRIES[name], data.data))
            else:
                entries = []
                while data.more():
                    entries.append(data.varint("entry", BITS.get(name, 64)))
            setattr(self, name, Column(name, entries, self.where))

    def read_sites(self, data):
        self.sites, call_site, first = [], 0, 0
        while data.more():
            kind = data.number(1, "kind")
            data.require(kind < 24, "kind", kind)
            call_site = (call_site + unzigzag(data.varint("call_site"))) & U64
            stack, records = data.varint("stack", 32), data.range("number of records", 1, self.count)
            self.sites.append(Site(len(self.sites), kind, call_site, stack, first, records))
            first += records
        data.require(first == self.count, "number of records", f"{first} in all, not {self.count}")

    def records(self):
        left = ts_ns = cpu_nr = 0
        for number in range(self.count):
            if left == 0:  # a run begins
                left, cpu_nr = self.run.take() + 1, self.cpu.take()
                check(left <= self.count - number, self.where, "column run", "longer than the block")
                cpu = self.cpus[cpu_nr % 1024]
            left -= 1
            site = self.find_site(cpu)
            mask, high = self.mask.entries[site.next], self.time_high.entries[site.next]
            if high == 255:
                high = self.time_far.take()
                check(255 <= high < 1 << 56, self.where, f"record {number}: time_far", high)
            ts_ns = (ts_ns + high * 256 + self.time_low.entries[site.next]) & U64
            if mask & 1:
                cpu.pid = self.pid.take()
            if site.allocates:
                cache, order = self.fields(site, mask, site.cache, site.order)
                addr, _ = self.address(number, site, cpu_nr)
            else:
                addr, earlier = self.address(number, site, cpu_nr)
                cache, order = site.cache, site.order
                if earlier is not None:
                    cache, order = self.classes[self.node_class[earlier]]
                cache, order = self.fields(site, mask, cache, order)
            site.next += 1
            yield Record(ts_ns, addr, site.call_site, site.bytes_req, site.bytes_alloc, site.stack, site.gfp,
                         cpu.pid, cache, cpu_nr, site.node, site.kind, order, site.migratetype, site.ctx,
                         site.preempt, site.owner, site.flags)
        for name in COLUMNS[1:]:
            if name not in BY_SITE:
                getattr(self, name).expect_end()

    def find_site(self, cpu):
        slot, told = (181 * cpu.site1 + cpu.site2) % 8192, self.site.take()
        if told:
            self.next_sites[slot] = told - 1
        number = self.next_sites[slot]
        check(number < len(self.sites), self.where, "column site", f"no site {number}")
        site = self.sites[number]
        check(site.next < site.end, self.where, "column site", f"site {number} has no records left")
        cpu.site2, cpu.site1 = cpu.site1, number
        return site

    def fields(self, site, mask, cache, order):
        """Step Fields.  The guess is the site's but for cache and order; returns these two."""
        if mask & ~1 == 0:
            return cache, order
        site.cache, site.order = cache, order
        if mask & 2:
            site.bytes_req = self.req.take()
        size = (site.bytes_req * 0x9E3779B97F4A7C15 & U64) >> 54
        if mask & 2 and site.allocates:
            site.bytes_alloc, site.cache = self.sizes[size]
        if mask & 4:
            site.bytes_alloc = self.alloc.take()
        if mask & 16:
            site.cache = self.cache.take()
        if mask & 8:
            site.gfp = self.gfp.take()
        if mask & 32:
            site.ctx, site.preempt = self.ctx.take()
        if mask & 64:
            site.order, = self.order.take()
        if mask & 128:
            site.node, site.migratetype, site.owner, site.flags = self.misc.take()
        if site.allocates:
            if mask & (2 | 4 | 16):
                self.sizes[size] = site.bytes_alloc, site.cache
            site.cls = self.class_of(site)
            self.classes[site.cls] = site.cache, site.order
        return site.cache, site.order

    def class_of(self, site):
        if site.kind == PAGE_ALLOC:
            key = "pages", site.order, site.migratetype
        else:
            key = ("cache", site.cache) if site.cache else ("size", site.kind, site.bytes_alloc)
        if key not in self.class_numbers:
            self.class_numbers[key] = min(len(self.class_numbers) + 1, 4095)
            if len(self.classes) < 4096:
                self.classes.append((0, 0))
        return self.class_numbers[key]

    def address(self, number, site, cpu_nr):
        """Step Address: the record's address, and the earlier record that has it."""
        choice = self.addr.entries[site.next]
        if choice in (4, 5):
            addr = U64 if choice == 5 else 0
            self.add_node(None, addr, site.cls)
            return addr, None
        here = (site.cls + 1021 * cpu_nr) % 8192 if site.allocates else site.list
        earlier = None
        if choice == 3:
            addr = self.list_addr[here] = (self.list_addr[here] + unzigzag(self.new.take())) & U64
        else:
            field = f"record {number}: addr"
            if choice < 3:
                earlier = (self.list_top, self.left_older, self.left_newer)[choice][here]
                check(earlier is not None and self.in_list[earlier] == here, self.where, field,
                      f"{choice}, but no such record is in the list")
            else:
                back = choice - 6 if choice > 6 else self.far.take()
                check(1 <= back <= number, self.where, field, f"that of {back} records before")
                earlier = number - back
            addr = self.addrs[earlier]
            if self.in_list[earlier] is not None:
                if not site.allocates:
                    site.cls, site.list = self.node_class[earlier], self.in_list[earlier]
                self.leave(earlier)
        if site.allocates:
            here = OWN_LISTS + site.number % 4096
        else:
            here = (site.cls + 1021 * cpu_nr) % 8192 if site.kind in FREES else site.list
        self.add_node(here, addr, site.cls)
        return addr, earlier

    def leave(self, record):
        here, older, newer = self.in_list[record], self.older[record], self.newer[record]
        self.left_older[here], self.left_newer[here] = older, newer
        if older is not None:
            self.newer[older] = newer
        if newer is not None:
            self.older[newer] = older
        else:
            self.list_top[here] = older
        self.in_list[record] = None

    def add_node(self, here, addr, cls):
        top = None
        if here is not None:
            top, self.list_top[here] = self.list_top[here], len(self.addrs)
            if top is not None:
                self.newer[top] = len(self.addrs)
        for column, value in ((self.in_list, here), (self.older, top), (self.newer, None), (self.addrs, addr),
                              (self.node_class, cls)):
            column.append(value)


def decode_records(block):
    """The records of an EVENTS or CHECKPOINT block, which are what its header says."""
    records = list(Decoder(block).records())
    kinds, cpus, lost = [0] * 24, 0, 0
    for record in records:
        kinds[record.kind] += 1
        cpus |= 1 << record.cpu % 64
        lost += record.bytes_req if record.kind == GAP else 0
    at, times = block.offset, [record.ts_ns for record in records]
    check(min(times) == block.least, at + 40, "least time", f"{min(times)} in the payload")
    check(max(times) == block.greatest, at + 48, "greatest time", f"{max(times)} in the payload")
    check(lost & U64 == block.lost, at + 56, "events lost", f"{lost} in the payload")
    check(cpus == block.cpus, at + 64, "CPUs", f"{cpus:#x} in the payload")
    check(tuple(kinds) == block.kinds, at + 72, "records of each kind", f"{kinds} in the payload")
    return records


class Living:
    """What lives, by the rules of CHECKPOINTS, in the order in which it came."""

    def __init__(self, from_start):
        self.records, self.known, self.checkpoint, self.following = {}, from_start, [], 0

    def see(self, record):
        key = SPACES.get(record.kind), record.addr
        if record.kind in FREES:
            self.records.pop(key, None)
        elif record.kind in ALLOCATIONS and record.addr not in (0, U64) and not record.flags & 1:
            self.records.pop(key, None)
            self.records[key] = record

    def pass_block(self, block):
        """No block stands between those of a checkpoint, and the last completes it."""
        check(not self.following or block.type == CHECKPOINT and block.following == self.following - 1,
              block.offset, "blocks that follow", f"{self.following} blocks of a checkpoint are missing")
        if block.type != CHECKPOINT:
            return
        self.checkpoint += decode_records(block)
        self.following = block.following
        if self.following:
            return
        if not self.known:  # the first segments are missing
            self.records, self.known = {}, True
            for record in self.checkpoint:
                self.see(record)
        living = list(self.records.values())
        for nr, (told, lives) in enumerate(zip(self.checkpoint, living)):
            check(told == lives, block.offset, f"checkpoint: record {nr}", f"{told}, but it is {lives} that lives")
        check(len(living) == len(self.checkpoint), block.offset, "checkpoint",
              f"{len(self.checkpoint)} records, but {len(living)} live")
        self.checkpoint = []


# Footer, trailer, and the trace as a whole

def check_footer(footer, blocks, before_file):
    events = [block for block in blocks if block.type == EVENTS]
    cursor = Cursor(footer.payload, footer.offset, "footer")

    def expect(value, field, size=None):
        told = cursor.number(size, field) if size else cursor.varint(field)
        cursor.require(told == value, field, f"{told}, but the blocks say {value}")

    expect(len(blocks), "number of blocks", 4)
    expect(before_file, "records before this file", 8)
    expect(min((block.least for block in events), default=0), "least time", 8)
    expect(max((block.greatest for block in events), default=0), "greatest time", 8)
    expect(sum(block.lost for block in events) & U64, "events lost", 8)
    for kind in range(24):
        expect(sum(block.kinds[kind] for block in events), f"records of kind {kind}", 8)
    greatest = 0
    for nr, block in enumerate(blocks):
        expect(block.type, f"index: block {nr}: type")
        expect(block.stored, f"index: block {nr}: bytes of the payload")
        if block.type == CHECKPOINT:
            expect(block.records, f"index: block {nr}: number of records")
            expect(block.following, f"index: block {nr}: blocks that follow")
        elif block.type == EVENTS:
            least = (greatest + unzigzag(cursor.varint("index: least time"))) & U64
            cursor.require(least == block.least, f"index: block {nr}: least time", least)
            expect(block.greatest - block.least, f"index: block {nr}: greatest time less least")
            expect(block.lost, f"index: block {nr}: events lost")
            expect(block.cpus, f"index: block {nr}: CPUs")
            for kind in range(24):
                expect(block.kinds[kind], f"index: block {nr}: records of kind {kind}")
            greatest = block.greatest
    cursor.require(not cursor.more(), "index", "bytes behind it")


def check_trailer(data, footer):
    size = 192 + footer.stored
    at = footer.offset + size
    check(at + 32 <= len(data), at, "trailer", "the file ends in it")
    told_offset, told_size, told_sum, magic = struct.unpack_from("<QQQ8s", data, at)
    check(magic == b"\xe5KMTEND\n", at + 24, "magic number", "no trailer")
    check(checksum(data[at:at + 16]) == told_sum, at + 16, "checksum", "wrong")
    check(told_offset == footer.offset, at, "offset of the footer", told_offset)
    check(told_size == size, at + 8, "bytes of the footer", told_size)
    check(at + 32 == len(data), at + 32, "end", "bytes behind the trailer")


class Trace:
    """All blocks of a trace, and its metadata; each file has been checked against itself."""

    def __init__(self, *files):
        self.blocks, self.metadata, self.files, self.before = [], Metadata(), 0, None
        for data in files:
            self.read_file(data)

    def read_file(self, data):
        header, at, first, before_file = read_header(data), 64, len(self.blocks), None
        if self.files == 0:
            self.header = header
        check(header.segment == self.header.segment + self.files, 20, "number of this file", header.segment)
        check(header.identity == self.header.identity, 24, "identity", "of another trace")
        self.files += 1
        while True:
            block = read_block(data, at, len(self.blocks) - first)
            if self.before is None:
                self.before = self.before_trace = block.before
            if before_file is None:
                before_file = block.before
            check(block.before == self.before, at + 24, "records before this block", block.before)
            if block.type == FOOTER:
                break
            self.before += block.records if block.type == EVENTS else 0
            self.metadata.read(block)
            self.blocks.append(block)
            at += 192 + block.stored
        check_footer(block, self.blocks[first:], before_file)
        check_trailer(data, block)

    def records(self):
        """Each record of EVENTS, when the checkpoints before it have been checked."""
        living = Living(self.before_trace == 0)
        for block in self.blocks:
            living.pass_block(block)
            for record in decode_records(block) if block.type == EVENTS else ():
                living.see(record)
                yield record
        check(living.following == 0, 64, "last block", "blocks of a checkpoint are missing behind it")


# What kmemtool-dump(1) makes of a trace

GFP_NAMES = ("DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS ZERO ATOMIC DIRECT_RECLAIM RECLAIM KSWAPD_RECLAIM"
             " WRITE NOWARN RETRY_MAYFAIL REPEAT NOFAIL NORETRY MEMALLOC COMP NOMEMALLOC HARDWALL THISNODE ACCOUNT"
             " ZEROTAGS NO_OBJ_EXT COLD NOLOCKDEP OTHER_NODE").split()
GFP_KERNEL = "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS"
GFP_TOGETHER = (
    ("GFP_TRANSHUGE", "DIRECT_RECLAIM IO FS HARDWALL HIGHMEM MOVABLE COMP NOMEMALLOC NOWARN"),
    ("GFP_TRANSHUGE_LIGHT", "IO FS HARDWALL HIGHMEM MOVABLE COMP NOMEMALLOC NOWARN"),
    ("GFP_HIGHUSER_MOVABLE", GFP_KERNEL + " HARDWALL HIGHMEM MOVABLE"),
    ("GFP_HIGHUSER", GFP_KERNEL + " HARDWALL HIGHMEM"),
    ("GFP_USER", GFP_KERNEL + " HARDWALL"),
    ("GFP_KERNEL_ACCOUNT", GFP_KERNEL + " ACCOUNT"),
    ("GFP_KERNEL", GFP_KERNEL),
    ("GFP_NOFS", "DIRECT_RECLAIM KSWAPD_RECLAIM IO"),
    ("GFP_ATOMIC", "HIGH KSWAPD_RECLAIM"),
    ("GFP_NOIO", "DIRECT_RECLAIM KSWAPD_RECLAIM"),
    ("GFP_NOWAIT", "KSWAPD_RECLAIM NOWARN"))
OWNERS = "unknown slab vmalloc percpu other page_table kernel_stack page_cache anon".split()
SLAB_ALLOCS, PAGES, AREAS, TRANSITIONS = KINDS[0:3:2], KINDS[4:7], KINDS[10:12], KINDS[14:17]
SCOPES = ((8, "memalloc"), (16, "noio"), (32, "nofs"))
SIZED = ("kmalloc", "cache_alloc", "percpu_alloc")


def json_string(data):
    out = ""
    for byte in data:
        if byte in b'"\\':
            out += "\\" + chr(byte)
        elif byte < 0x20 or byte == 0x7F:
            out += f"\\u{byte:04x}"
        else:
            out += chr(byte) if byte < 0x80 else "?"
    return f'"{out}"'


class Dump:
    def __init__(self, trace):
        metadata = trace.metadata
        self.first = min((block.least for block in trace.blocks if block.type == EVENTS), default=0)
        self.caches = {number: json_string(name) for number, name in metadata.caches.items()}
        self.symbols, self.gfp_texts = {}, {}
        for address, (name, offset) in metadata.symbols.items():
            function, space, module = name.partition(b" [")
            self.symbols[address] = json_string(function + b"+0x%x" % offset + space + module)
        bits = {name: 1 << int(metadata.facts[b"gfp." + name.encode()])
                for name in GFP_NAMES if b"gfp." + name.encode() in metadata.facts}
        self.gfp_parts = [(name, sum(bits[part] for part in parts.split())) for name, parts in GFP_TOGETHER
                          if all(part in bits for part in parts.split())] + list(bits.items())
        self.has_irqs = b"record.irqs_off" in metadata.facts
        self.has_rcu = b"record.rcu" in metadata.facts

    def gfp(self, flags):
        if flags not in self.gfp_texts:
            names, rest = [], flags
            for name, bits in self.gfp_parts:
                if rest & bits == bits:
                    names.append(name)
                    rest &= ~bits
            self.gfp_texts[flags] = f'"{"|".join(names + ["OTHER"] * bool(rest)) or 0}"'
        return self.gfp_texts[flags]

    def line(self, r):
        kind = KINDS[r.kind]
        page, area, placed = kind in PAGES, kind in AREAS, kind not in ("gap", "mark")
        moved, taken = kind in TRANSITIONS, kind == "extfrag"
        scopes = "|".join(name for bit, name in SCOPES if placed and r.flags & bit)
        failed = (kind in SLAB_ALLOCS and r.addr == 0 or kind == "page_alloc" and r.addr == U64
                  or kind == "vmap_alloc" and r.flags & 1 or kind == "percpu_fail")
        known = placed and not r.ctx & 0x80
        context = "nmi" if r.ctx & 4 else "hardirq" if r.ctx & 2 else "softirq" if r.ctx & 1 else "task"
        values = {
            "ts_ns": ((r.ts_ns - self.first + (1 << 63)) & U64) - (1 << 63),
            "cpu": r.cpu,
            "type": f'"{kind}"',
            "ptr": f'"{r.addr:#x}"' if placed and not page and not moved and not failed else None,
            "pfn": r.addr if (page or moved) and not failed else None,
            "order": r.order if kind in ("page_alloc", "page_free") or moved else None,
            "bytes_req": r.bytes_req if kind in SIZED or kind in ("percpu_fail", "vmap_alloc") else None,
            "bytes_alloc": r.bytes_alloc if kind in SIZED else None,
            "gfp": self.gfp(r.gfp) if kind in SIZED or kind == "page_alloc" else None,
            "call_site": f'"{r.call_site:#x}"' if r.call_site else None,
            "symbol": self.symbols.get(r.call_site) if r.call_site else None,
            "cache": self.caches.get(r.cache),
            "pid": r.pid if placed else None,
            "context": (f'"{context}"' if known else '"unknown"') if placed else None,
            "preempt": r.preempt if known else None,
            "irqs_off": ("true" if r.ctx & 16 else "false") if known and self.has_irqs else None,
            "owner": f'"{OWNERS[r.owner]}"' if (page or area) and r.owner < len(OWNERS) else None,
            "lost": r.bytes_req if kind == "gap" else None,
            "failed": "true" if failed else "false",
            "stack": r.stack or None,
            "rcu": ("true" if r.ctx & 32 else "false") if known and self.has_rcu else None,
            "scopes": f'"{scopes}"' if scopes else None,
            "hooked": ("true" if r.flags & 64 else "false") if placed else None,
            "migratetype": r.migratetype if kind == "page_alloc" or moved else None,
            "fallback_order": r.bytes_req if taken else None,
            "fallback_migratetype": r.bytes_alloc if taken else None,
            "percpu_refill": ("true" if r.flags & 1 else "false") if kind == "zone_locked" else None,
        }
        parts = [f'"{key}": {"null" if value is None else value}' for key, value in values.items()]
        return "{" + ", ".join(parts) + "}\n"


def read_files(path):
    """The file, and the segments that follow it if it is the first one of a trace."""
    with open(path, "rb") as file:
        data = file.read()
    yield data
    if data[20:24] == bytes(4) and data[24:32] != bytes(8):
        number = 1
        while os.path.exists(f"{path}.{number}"):
            with open(f"{path}.{number}", "rb") as file:
                yield file.read()
            number += 1


def main():
    jsonl, paths = "--jsonl" in sys.argv[1:], [arg for arg in sys.argv[1:] if arg != "--jsonl"]
    if len(paths) != 1:
        sys.exit("usage: kmt_decode.py [--jsonl] FILE")
    try:
        trace = Trace(*read_files(paths[0]))
        dump, count = Dump(trace), 0
        for count, record in enumerate(trace.records(), 1):
            if jsonl and record.kind < len(KINDS):
                sys.stdout.write(dump.line(record))
    except (Disagreement, OSError) as error:
        sys.stdout.flush()
        sys.exit(f"kmt_decode: {paths[0]}: {error}")
    if not jsonl:
        print(f"ok: {trace.files} files, {len(trace.blocks)} blocks, {count} records")


if __name__ == "__main__":
    main()
