#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a busy host does, side by side for a while: walk a file tree, compile, change a
# database, talk over loopback.
#
#   mixed.sh SECONDS SOURCE
#
# SOURCE is a tree of kmemtool, for something to compile.  Works in the current directory,
# and prints how often each of the four did its round.  Ends early when somebody removes its
# file "running".
set -eu
deadline=$(($(date +%s) + $1))
source=$2
cc=${CC:-cc}

is_time() { [ -e running ] && [ "$(date +%s)" -lt "$deadline" ]; }

walk() {
	n=0
	while is_time; do
		# Files may go while it looks at them.
		ls -lR /usr/lib >/dev/null 2>&1 || true
		n=$((n + 1))
	done
	echo "$n walks"
}

compile() {
	n=0
	while is_time; do
		$cc -std=gnu11 -O2 -D_GNU_SOURCE -I"$source" -c "$source/core/page/buddy.c" -o buddy.o
		n=$((n + 1))
	done
	echo "$n compilations"
}

# Rounds of rows in and rows out, of a table that soon grows no more.
statements='
CREATE TABLE IF NOT EXISTS load (id INTEGER PRIMARY KEY, name TEXT UNIQUE, body BLOB);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
	INSERT INTO load(name, body) SELECT hex(randomblob(8)), randomblob(i % 1500) FROM n;
UPDATE load SET body = randomblob(200) WHERE id % 7 = 0;
DELETE FROM load WHERE id % 3 = 0;
DELETE FROM load WHERE id <= (SELECT max(id) FROM load) - 10000;
'

database() {
	n=0
	while is_time; do
		if command -v sqlite3 >/dev/null 2>&1; then
			sqlite3 mixed.db "$statements"
		else
			python3 -c 'import sqlite3, sys; sqlite3.connect("mixed.db").executescript(sys.argv[1])' \
				"$statements"
		fi
		n=$((n + 1))
	done
	echo "$n rounds of sqlite"
}

# Short connections; several addresses, for ports rest a while after each.
network() {
	python3 - "$deadline" <<'PYTHON'
import os, socket, sys, threading, time

deadline = int(sys.argv[1])
server = socket.create_server(("0.0.0.0", 0), backlog=128)
port = server.getsockname()[1]


def echo():
    while True:
        with server.accept()[0] as peer:
            while data := peer.recv(65536):
                peer.sendall(data)


threading.Thread(target=echo, daemon=True).start()
rounds = 0
while time.time() < deadline and os.path.exists("running"):
    data = bytes(1 << rounds % 16)
    with socket.create_connection(("127.0.0.%d" % (1 + rounds % 16), port)) as peer:
        peer.sendall(data)
        left = len(data)
        while left:
            left -= len(peer.recv(65536)) or sys.exit("mixed.sh: the connection ended early")
    rounds += 1
print(rounds, "connections")
PYTHON
}

touch running
jobs=
status=0
for what in walk compile database network; do
	$what &
	jobs="$jobs $!"
done
for job in $jobs; do
	wait "$job" || status=1
done
exit "$status"
