# kmemtool record: command lines that are refused before anything is asked of the host.

== no such class
$ kmemtool record -e disk

== no class
$ kmemtool record -e ''

== wrong time
$ kmemtool record -d soon

== no time
$ kmemtool record -d 0

== wrong level
$ kmemtool record --level 20

== a ring that is too large
$ kmemtool record --ring 2G

== wrong size
$ kmemtool record --max-size 1X

== wrong number
$ kmemtool record --max-loss some

== no such option
$ kmemtool record --frobnicate

== nothing was written
$ ls | grep -v '\.kmt$'; test ! -e kmemtool.kmt
