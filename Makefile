# SPDX-License-Identifier: GPL-2.0-only
#
# make            build/kmemtool
# make help       everything else
#
# O=DIR  build elsewhere    V=1  show commands    SAN=1  ASan and UBSan    WERROR=1  warnings are errors
# COVERAGE=1  gcov          DESTDIR=, prefix=     for install

V ?= 0
Q := $(if $(filter 1,$(V)),,@)
O ?= build
prefix ?= /usr/local
CC ?= gcc
BPF_CLANG ?= clang
PKG_CONFIG ?= pkg-config
VERSION := 0.1.0

# One object tree per flag set, so that SAN=1 never mixes with a plain build.
VARIANT := $(if $(SAN),san)$(if $(COVERAGE),cov)
OBJ := $(O)/obj$(if $(VARIANT),-$(VARIANT))

LIBS := libbpf libelf libzstd libxxhash jansson libtracecmd libtraceevent inih
CHECK_LIBS := check

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla $(if $(WERROR),-Werror)
comma := ,
OPT := $(if $(SAN),-O1 -fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer,-O2)
CFLAGS_ALL = -std=gnu11 -g $(OPT) $(if $(COVERAGE),--coverage) $(WARN) -I. -D_GNU_SOURCE \
	-DKMEMTOOL_VERSION='"$(VERSION)"' $(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null) $(CFLAGS)
LDLIBS_ALL = $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) -lm -pthread

# The rooms, and what each may use: the table of CONTRIBUTING.md, checked by tests/tools/lint-includes.
ROOMS := tracefmt tracefmt/import bpf core/machine core/page core/slab core/vm core/percpu core \
	core/replay core/analysis core/result cmd/ui cmd
USES_tracefmt :=
USES_tracefmt/import := tracefmt
USES_bpf := tracefmt
USES_core/machine :=
USES_core/page := core/machine
USES_core/slab := core/page $(USES_core/page)
USES_core/vm := core/page $(USES_core/page)
USES_core/percpu := core/vm $(USES_core/vm)
USES_core := core/percpu core/slab $(USES_core/percpu)
USES_core/replay := core tracefmt $(USES_core)
USES_core/analysis := core/replay $(USES_core/replay)
USES_core/result := core/analysis $(USES_core/analysis)
USES_cmd/ui := core/result bpf tracefmt/import $(USES_core/result)
USES_cmd := cmd/ui $(USES_cmd/ui)

BPF_EMBEDDED := $(patsubst bpf/%.bpf.c,$(OBJ)/bpf/%.embed.o,$(wildcard bpf/*.bpf.c))
room_srcs = $(filter-out %.bpf.c,$(wildcard $(1)/*.c))
room_objs = $(patsubst %.c,$(OBJ)/%.o,$(call room_srcs,$(1))) $(if $(filter bpf,$(1)),$(BPF_EMBEDDED))
room_lib = $(OBJ)/lib/$(subst /,-,$(1)).a
# Archives for a program of that room, users before what they use.
room_closure = $(foreach r,$(1) $(USES_$(1)),$(call room_lib,$(r)))

.DELETE_ON_ERROR:
# Objects that only a pattern rule names are kept.
.PRECIOUS: $(OBJ)/%.o
.PHONY: all help clean install uninstall lint check check-deps check-run check-kernels bench bench-core bench-record bench-tracefmt demo deps

all: $(O)/kmemtool

$(O)/kmemtool: $(OBJ)/kmemtool
	$(Q)ln -sf $(patsubst $(O)/%,%,$<) $@

$(OBJ)/kmemtool: $(foreach r,cmd $(USES_cmd),$(call room_lib,$(r)))
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ -Wl,--whole-archive $(call room_lib,cmd) -Wl,--no-whole-archive \
		-Wl,--start-group $^ -Wl,--end-group $(LDLIBS_ALL)

define room_rule
$(call room_lib,$(1)): $(call room_objs,$(1))
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_rule,$(r))))

$(OBJ)/tracefmt/%.o: WARN += -Wconversion

$(OBJ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# eBPF: compiled without vmlinux.h or BTF, then embedded as bytes.
BPF_ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
$(O)/%.bpf.o: %.bpf.c Makefile
	@mkdir -p $(@D)
	@echo "  BPF     $<"
	$(Q)$(BPF_CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Werror $(if $(V:0=),-v) -D__TARGET_ARCH_$(BPF_ARCH) -I. \
		-I/usr/include/$(shell $(CC) -print-multiarch) -MMD -MP -c -o $@ $<

$(OBJ)/%.embed.o: bpf/embed.S $(O)/%.bpf.o
	@mkdir -p $(@D)
	$(Q)$(CC) -DBPF_NAME=$(notdir $*) -DBPF_OBJECT='"$(O)/$*.bpf.o"' -c -o $@ $<

# A unit suite is one file tests/unit/ROOM/test_X.c, one program, linked with its room and what that may use.
UNIT_SRCS := $(sort $(shell find tests/unit -name 'test_*.c' 2>/dev/null))
UNIT_BINS := $(patsubst %.c,$(OBJ)/%,$(UNIT_SRCS))
suite_room = $(patsubst tests/unit/%/,%,$(dir $(1)))

define unit_rule
$(OBJ)/$(basename $(1)): $(OBJ)/$(basename $(1)).o $(call room_closure,$(call suite_room,$(1)))
	@echo "  LD      $$@"
	$$(Q)$$(CC) $$(CFLAGS_ALL) -o $$@ $$< -Wl,--start-group $(call room_closure,$(call suite_room,$(1))) \
		-Wl,--end-group $$(LDLIBS_ALL) $$(shell $$(PKG_CONFIG) --libs $$(CHECK_LIBS))
endef
$(foreach s,$(UNIT_SRCS),$(eval $(call unit_rule,$(s))))

# A fuzz target is one file tests/fuzz/ROOM/fuzz_X.c with LLVMFuzzerTestOneInput(); `make check` runs its
# corpus tests/corpus/X/ and mutations of it through tests/fuzz/driver.c; `make fuzz-X` needs clang's libFuzzer.
FUZZ_SRCS := $(sort $(shell find tests/fuzz -name 'fuzz_*.c' 2>/dev/null))
FUZZ_BINS := $(patsubst %.c,$(OBJ)/%,$(FUZZ_SRCS))
fuzz_room = $(patsubst tests/fuzz/%/,%,$(dir $(1)))

define fuzz_rule
$(OBJ)/$(basename $(1)): $(OBJ)/$(basename $(1)).o $(OBJ)/tests/fuzz/driver.o $(call room_closure,$(call fuzz_room,$(1)))
	@echo "  LD      $$@"
	$$(Q)$$(CC) $$(CFLAGS_ALL) -o $$@ $$< $(OBJ)/tests/fuzz/driver.o -Wl,--start-group \
		$(call room_closure,$(call fuzz_room,$(1))) -Wl,--end-group $$(LDLIBS_ALL)
endef
$(foreach s,$(FUZZ_SRCS),$(eval $(call fuzz_rule,$(s))))

# Unit suites; ROOM=core/page runs those of one room alone.
.PHONY: unit
unit: $(if $(ROOM),$(filter $(OBJ)/tests/unit/$(ROOM)/test_%,$(UNIT_BINS)),$(UNIT_BINS))
	$(Q)for suite in $^; do $$suite || exit 1; done

# Tools of the tests.
$(OBJ)/tests/tools/rusage: $(OBJ)/tests/tools/rusage.o
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $^
$(OBJ)/tests/tools/make_golden: $(OBJ)/tests/tools/make_golden.o $(OBJ)/tests/tools/golden_host.o \
		$(call room_lib,tracefmt)
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)

$(OBJ)/tests/tools/trace_bench: $(OBJ)/tests/tools/trace_bench.o $(call room_lib,tracefmt)
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)

$(OBJ)/tests/tools/count_events: $(OBJ)/tests/tools/count_events.o $(OBJ)/tests/tools/count_events.embed.o
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)
$(OBJ)/tests/bench/core: $(OBJ)/tests/bench/core.o $(call room_closure,core/page)
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $< -Wl,--start-group $(call room_closure,core/page) -Wl,--end-group $(LDLIBS_ALL)
$(OBJ)/tests/tools/zone_check $(OBJ)/tests/tools/huge_check: %: %.o $(call room_closure,core/replay)
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $< -Wl,--start-group $(call room_closure,core/replay) -Wl,--end-group \
		$(LDLIBS_ALL)
# Static, so that it runs in any guest.
$(OBJ)/tests/tools/alloc_load $(OBJ)/tests/tools/fragment_load: $(OBJ)/tests/tools/%: tests/tools/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -static -o $@ $<
KERNEL_TOOLS := $(addprefix $(OBJ)/tests/tools/,count_events alloc_load fragment_load zone_check huge_check)

# A corpus can grow: make fuzz-columns TIME=600 runs one target under clang's libFuzzer.
TIME ?= 60
fuzz-%:
	@mkdir -p $(OBJ)-fuzz/corpus-$*
	$(Q)clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -w -I. -D_GNU_SOURCE \
		-DKMEMTOOL_VERSION='"$(VERSION)"' $(shell $(PKG_CONFIG) --cflags $(LIBS)) \
		-o $(OBJ)-fuzz/$* $(filter %/fuzz_$*.c,$(FUZZ_SRCS)) \
		$(foreach r,$(call fuzz_room,$(filter %/fuzz_$*.c,$(FUZZ_SRCS))) \
		$(USES_$(call fuzz_room,$(filter %/fuzz_$*.c,$(FUZZ_SRCS)))),$(call room_srcs,$(r))) $(LDLIBS_ALL)
	$(OBJ)-fuzz/$* -max_total_time=$(TIME) -timeout=10 $(OBJ)-fuzz/corpus-$* tests/corpus/$*

lint:
	$(Q)tests/tools/lint

check-deps:
	$(Q)sh .ci/deps check
# Recursive, so that what was just installed is seen by the rules.
check: check-deps
	$(Q)$(MAKE) --no-print-directory check-run
check-run: $(OBJ)/kmemtool $(UNIT_BINS) $(FUZZ_BINS) $(OBJ)/tests/tools/make_golden $(KERNEL_TOOLS)
	$(Q)MAKE_GOLDEN=$(abspath $(OBJ)/tests/tools/make_golden) sh tests/run.sh $(OBJ) $(OBJ)/kmemtool $(UNIT_BINS) $(FUZZ_BINS)

# Other kernels under QEMU, and the running one, alone.
check-kernels:
	$(Q)sh .ci/deps all
	$(Q)$(MAKE) --no-print-directory all $(KERNEL_TOOLS)
	$(Q)KMEMTOOL=$(abspath $(OBJ)/kmemtool) tests/scenarios.sh tests/kernels/[0-9]*.sh

deps:
	$(Q)sh .ci/deps

# A few seconds of this host, from recording to report.
demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)sh tests/tools/demo.sh $(O)/kmemtool $(O)

# Beside perf, where the package linux-perf is installed.
bench: deps
	$(Q)$(MAKE) --no-print-directory all $(OBJ)/tests/tools/rusage
	$(Q)sh tests/bench/bench.sh $(OBJ)/kmemtool $(OBJ)/tests/tools/rusage

# The recorder beside perf, and a mixed load of MIXED=600 seconds.
bench-record: deps
	$(Q)$(MAKE) --no-print-directory all $(OBJ)/tests/tools/rusage $(OBJ)/tests/tools/count_events
	$(Q)sh tests/bench/record.sh $(OBJ)/kmemtool $(OBJ)/tests/tools/rusage $(OBJ)/tests/tools/count_events

# The trace format alone: sizes and speeds beside those of other tools.
bench-tracefmt: deps
	$(Q)$(MAKE) --no-print-directory all $(OBJ)/tests/tools/rusage $(OBJ)/tests/tools/trace_bench
	$(Q)sh tests/bench/tracefmt.sh $(OBJ)/kmemtool $(OBJ)/tests/tools/rusage $(OBJ)/tests/tools/trace_bench

# The core alone: speeds of the allocators, and what a large machine costs.
bench-core: $(OBJ)/tests/bench/core
	$(Q)$<

install: all
	install -D -m 755 $(OBJ)/kmemtool $(DESTDIR)$(prefix)/bin/kmemtool
	$(Q)for page in man/*.[0-9]; do install -D -m 644 $$page \
		$(DESTDIR)$(prefix)/share/man/man$${page##*.}/$$(basename $$page); done

uninstall:
	rm -f $(DESTDIR)$(prefix)/bin/kmemtool
	$(Q)for page in man/*.[0-9]; do rm -f $(DESTDIR)$(prefix)/share/man/man$${page##*.}/$$(basename $$page); done

clean:
	rm -rf $(O)

help:
	@echo "make              build $(O)/kmemtool"
	@echo "make demo         install what is missing, record this host, replay, report"
	@echo "make check        install what is missing, build and run every test (SAN=1: sanitizers)"
	@echo "make unit         unit suites alone (ROOM=core/page: of one room)"
	@echo "make fuzz-NAME    one fuzz target under libFuzzer for TIME=60 seconds"
	@echo "make lint         house rules, formatting, manual pages"
	@echo "make check-kernels  other kernels under QEMU, and the running one"
	@echo "make bench        measured figures beside other tools"
	@echo "make bench-core, bench-record, bench-tracefmt  those of the core, the recorder, the format"
	@echo "make install      to \$$(DESTDIR)\$$(prefix); make uninstall"
	@echo "make clean        remove $(O)/"

-include $(shell find $(O) -name '*.d' 2>/dev/null)
