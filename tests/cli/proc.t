# kmemtool replay --proc: files of /proc as the model's machine has them.

== /proc files of the machine at the end
$ kmemtool replay base.kmt --proc proc -o result.json
$ ls proc
$ cat proc/buddyinfo
$ sed -n '/^Number/,$p' proc/pagetypeinfo
$ sed -n '/DMA32/,/cpu: 1/p' proc/zoneinfo
> buddyinfo
> pagetypeinfo
> zoneinfo
> Node 0, zone      DMA      0      0      0      0      0      8      8      0      0      0      0 
> Node 0, zone    DMA32     58     50     41     61     30     20     11      7      5      1      0 
> Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate 
> Node 0, zone      DMA            0            8            0            0            0 
> Node 0, zone    DMA32            1           55            0            0            0 
> Node 0, zone    DMA32
>   pages free     5322
>         boost    0
>         min      200
>         low      250
>         high     300
>         promo    350
>         spanned  28672
>         present  28672
>         managed  28000
>         cma      0
>         protection: (0, 0, 0, 0, 0)
>       nr_free_pages 5322
>       nr_free_cma  0
>   pagesets
>     cpu: 0
>               count:    25
>               high:     125
>               batch:    7
>               high_min: 125
>               high_max: 1750
>     cpu: 1

== into a directory that is there, and twice the same
$ mkdir again && cp proc/zoneinfo before && echo old > again/zoneinfo
$ kmemtool replay base.kmt --proc again -o result.json && cmp again/zoneinfo before

== the /proc files of a machine that no trace was recorded on
$ kmemtool replay base.kmt -m x86-32-1g --proc other -o result.json
$ cut -c 1-24 other/buddyinfo
$ grep protection other/zoneinfo
> Node 0, zone      DMA   
> Node 0, zone   Normal   
> Node 0, zone  HighMem   
>         protection: (0, 880, 1008, 1008)
>         protection: (0, 0, 1024, 1024)
>         protection: (0, 0, 0, 0)
>         protection: (0, 0, 0, 0)

== a directory that cannot be made: the result is there all the same
$ kmemtool replay base.kmt --proc nowhere/proc -o alone.json; echo $?
$ head -n 2 alone.json
> 4
> {
>  "schema": "kmemtool-result/1",
! kmemtool: replay: nowhere/proc: No such file or directory

== a directory that is a file
$ kmemtool replay base.kmt --proc base.kmt -o alone.json
! kmemtool: replay: base.kmt/buddyinfo: Not a directory
= 4

== a /proc file that cannot be written
$ mkdir -p full && ln -s /dev/full full/pagetypeinfo
$ kmemtool replay base.kmt --proc full -o alone.json
! kmemtool: replay: full/pagetypeinfo: No space left on device
= 4

== no trace, no directory
$ kmemtool replay missing.kmt --proc never; echo $?
$ test ! -e never
> 3
! kmemtool: replay: missing.kmt: cannot open: No such file or directory
