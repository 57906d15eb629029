# celsync: make · demo · check · asan · strict · fuzz · coverage · lint · install · deb · check-package · check-pbx
#
# Every .c file of poller/, store/ and sync/ goes into one archive; the program is sync/main.c and that.
# tests/unit/NAME.c becomes build/tests/NAME. B= names another build folder: asan, strict and fuzz have their own.
# Packages that are missing are installed first (debian/deps.sh); DEPS=no forbids that.

B       ?= build
CFLAGS  ?= -O2 -g
VERSION := 0.1.0

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wswitch-enum -Wstrict-prototypes -Wvla
PKGS := glib-2.0 libmariadb sqlite3 jansson
# Loaded when first needed (sync/library.h): their headers are all that is wanted of them here.
LATE := libcurl sndfile
CPP  := -std=c17 -D_GNU_SOURCE -DG_LOG_USE_STRUCTURED '-DG_LOG_DOMAIN="celsync"' '-DCELSYNC_VERSION="$(VERSION)"' -I. -I$(B)
LIBS := -lm -ldl

SRC     := $(sort $(wildcard poller/*.c store/*.c sync/*.c))
OBJ     := $(patsubst %.c,$(B)/%.o,$(filter-out sync/main.c,$(SRC))) $(B)/sql.o
UNIT    := $(sort $(wildcard tests/unit/*.c))
SCENE   := $(patsubst %.c,$(B)/%.o,$(wildcard tests/scene/*.c))
PLANFIX := $(patsubst tests/planfix/%.c,$(B)/planfix/%.o,$(sort $(wildcard tests/planfix/*.c)))
TESTS   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT))
TOOLS   := $(B)/tests/planfix $(B)/tests/compare $(B)/tests/inside $(B)/tests/celsync-crash $(B)/bench/generate $(B)/bench/pair
LINKED  := $(patsubst %.c,$(B)/linked/%.o,$(sort $(shell grep -l '"sync/library.h"' sync/*.c)))
CRASHED := $(patsubst %.c,$(B)/crash/%.o,$(sort $(shell grep -l '"store/crash.h"' poller/*.c store/*.c sync/*.c)))
SQL     := $(sort $(wildcard sql/*/*.sql sql/*/*/*.sql))
LOCALES := $(patsubst po/%.po,$(B)/locale/%/LC_MESSAGES/celsync.mo,$(wildcard po/*.po))

.PHONY: all programs tests demo check prove crash kill million soak asan valgrind strict fuzz coverage lint check-history check-metrics format format-check deps-build deps-check deps-lint deps-bench clean

all: deps-build
	@$(MAKE) --no-print-directory programs
programs: $(B)/celsync $(B)/celsync-hook $(LOCALES)
tests: programs $(B)/linked/celsync $(TESTS) $(TOOLS)

deps-build deps-check deps-lint deps-bench:
	@debian/deps.sh $(patsubst deps-%,%,$@) $(if $(filter deps-build,$@),,build)

# What pkg-config says, asked once and only when something is compiled.
$(B)/flags.mk: debian/control Makefile
	@mkdir -p $(B)
	@pkg-config --exists $(PKGS) $(LATE) || { echo "libraries are missing: run debian/deps.sh build" >&2; exit 1; }
	@printf 'PKG_CFLAGS := %s\nPKG_LIBS := %s\nLATE_LIBS := %s\n' "$$(pkg-config --cflags $(PKGS) $(LATE))" \
	    "$$(pkg-config --libs $(PKGS))" "$$(pkg-config --libs $(LATE)) -lmp3lame" > $@
ifneq ($(filter programs tests bench-tools $(B)/%,$(MAKECMDGOALS)),)
-include $(B)/flags.mk
endif

# One short line a file; V=1 shows the commands.
SAY = $(if $(V),,@echo '  $(1) $@';)
MHD_LIBS = $(shell pkg-config --libs libmicrohttpd)
COMPILE = $(CC) $(CPP) $(WARN) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP
LINK    = $(CC) $(CFLAGS) $(LDFLAGS)

# The folders too: a file that was taken away is a change.
$(B)/sql.c: sql/embed.sh $(SQL) $(sort $(dir $(SQL)))
	@mkdir -p $(B)
	@sh sql/embed.sh $(SQL) > $@.tmp && mv $@.tmp $@
$(B)/sql.o: $(B)/sql.c
	$(call SAY,CC)$(COMPILE) -c -o $@ $<
$(B)/planfix/%.o: tests/planfix/%.c | $(B)/flags.mk
	@mkdir -p $(@D)
	$(call SAY,CC)$(COMPILE) -c -o $@ $<
$(B)/%.o: %.c | $(B)/flags.mk
	@mkdir -p $(@D)
	$(call SAY,CC)$(COMPILE) -c -o $@ $<
$(B)/libcelsync.a: $(OBJ)
	@rm -f $@ && ar rcs $@ $^
$(B)/celsync: $(B)/sync/main.o $(B)/libcelsync.a
	$(call SAY,LD)$(LINK) -o $@ $^ $(PKG_LIBS) $(LIBS)
# The hook links libc only; where it finds celsync is fixed when it is built.
PREFIX ?= /usr/local
$(B)/celsync-hook: cron/hook.c cron/agi.c cron/agi.h
	@mkdir -p $(@D)
	$(call SAY,CC)$(CC) -std=c17 -D_GNU_SOURCE $(WARN) -O2 -g -static -I. '-DHOOK_PROGRAM="$(PREFIX)/bin/celsync"' -o $@ cron/hook.c cron/agi.c
$(B)/tests/planfix: $(PLANFIX)
	@mkdir -p $(@D)
	$(call SAY,LD)$(LINK) -o $@ $^ $(PKG_LIBS) $(MHD_LIBS)
# The program with durable steps counted and an exit at one of them (store/crash.h).
$(B)/crash/%.o: %.c | $(B)/flags.mk
	@mkdir -p $(@D)
	$(call SAY,CC)$(COMPILE) -DCELSYNC_CRASH -c -o $@ $<
$(B)/tests/celsync-crash: $(B)/sync/main.o $(CRASHED) $(B)/libcelsync.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(LINK) -o $@ $^ $(PKG_LIBS) $(LIBS)
# The program with every library bound when it is linked: it shows that each has what is called, and a package what it depends on.
$(B)/linked/%.o: %.c | $(B)/flags.mk
	@mkdir -p $(@D)
	$(call SAY,CC)$(COMPILE) -DCELSYNC_LINKED -c -o $@ $<
$(B)/linked/celsync: $(B)/sync/main.o $(LINKED) $(B)/libcelsync.a
	$(call SAY,LD)$(LINK) -o $@ $^ $(PKG_LIBS) $(LATE_LIBS) $(LIBS)
$(B)/tests/compare: $(B)/compare/compare.o
	@mkdir -p $(@D)
	$(call SAY,LD)$(LINK) -o $@ $^ $(PKG_LIBS)
# Messages that no run brings about (tests/messages/inside.c).
$(B)/tests/inside: $(B)/messages/inside.o $(SCENE) $(B)/libcelsync.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(LINK) -o $@ $^ $(PKG_LIBS) $(LIBS)
$(B)/messages/%.o: tests/messages/%.c | $(B)/flags.mk
	@mkdir -p $(@D)
	$(call SAY,CC)$(COMPILE) -c -o $@ $<
$(B)/compare/%.o: tests/compare/%.c | $(B)/flags.mk
	@mkdir -p $(@D)
	$(call SAY,CC)$(COMPILE) -c -o $@ $<
$(B)/tests/%: $(B)/unit/%.o $(SCENE) $(B)/libcelsync.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(LINK) -o $@ $^ $(PKG_LIBS) $(MHD_LIBS) $(LIBS)
$(B)/unit/%.o: tests/unit/%.c | $(B)/flags.mk
	@mkdir -p $(@D)
	$(call SAY,CC)$(COMPILE) -c -o $@ $<

.SECONDARY:
-include $(OBJ:.o=.d) $(B)/sync/main.d $(B)/messages/inside.d $(SCENE:.o=.d) $(PLANFIX:.o=.d) $(CRASHED:.o=.d) $(LINKED:.o=.d) $(patsubst tests/unit/%.c,$(B)/unit/%.d,$(UNIT))

# A real capture through the real program to a strict stand-in server on loopback.
# It needs little of what the tests need.
demo: all
	@debian/deps.sh check:libmicrohttpd-dev,sqlite3
	@$(MAKE) --no-print-directory $(B)/tests/planfix $(B)/tests/compare
	@CELSYNC_BUILD=$(B) tests/demo.sh

check: deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	@$(MAKE) --no-print-directory prove

RUN := $(sort $(wildcard tests/run/*.sh)) tests/layers.sh
prove:
	@CELSYNC_TOP=$(CURDIR) CELSYNC_BUILD=$(abspath $(B)) tests/prove.sh $(TESTS) $(RUN)

# Everything at once, for half an hour: SOAK_MINUTES=2 for a trial, SOAK_SEED=N for the same faults again, SOAK_WATCH=poll|hook for windows (tests/soak/soak.sh).
soak: deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	@CELSYNC_TOP=$(CURDIR) CELSYNC_BUILD=$(abspath $(B)) tests/soak/soak.sh

# Every durable step under both policies; and SIGKILL at 200 random moments.
crash: deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	@CRASH_EVERY=1 CELSYNC_BUILD=$(abspath $(B)) tests/run/crash.sh
	@CRASH_EVERY=1 CELSYNC_BUILD=$(abspath $(B)) tests/run/crash_wav.sh
kill: deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	@KILLS=200 CELSYNC_BUILD=$(abspath $(B)) tests/run/kill.sh

# A million calls open at once, in 64 MiB (tests/run/limits.sh); a quarter of an hour.
million: deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	@OPEN_CALLS=1000000 CELSYNC_TOP=$(CURDIR) CELSYNC_BUILD=$(abspath $(B)) tests/prove.sh tests/run/limits.sh

# G_SLICE: else GLib keeps small blocks (lists, arrays) for itself, and one that was lost is not seen.
asan: deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) B=build/asan CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined' tests
	@G_SLICE=always-malloc ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 CRASH_EVERY=20 KILLS=3 $(MAKE) --no-print-directory B=build/asan prove

# Unit tests and two whole passes under valgrind; half an hour on two cores that are shared, so no part of check.
valgrind: deps-check deps-lint
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	@CELSYNC_TOP=$(CURDIR) CELSYNC_BUILD=$(abspath $(B)) tests/valgrind.sh $(abspath $(TESTS))

strict: deps-check deps-lint
	@$(MAKE) --no-print-directory -j$(shell nproc) B=build/gcc CC=gcc CFLAGS='-O2 -Werror' tests
	@$(MAKE) --no-print-directory -j$(shell nproc) B=build/clang CC=clang CFLAGS='-O2 -Werror' tests

# Arbitrary bytes as `extra` and as rows; the corpus is kept in build/fuzz. make fuzz FUZZ_SECONDS=600 for longer.
FUZZ_SECONDS ?= 30
PURE := $(wildcard poller/call*.c) $(patsubst %,poller/%.c,arena group idmap incarnation uniqueid channame extra zone assembly assembly_out assembly_spill assembly_step timeline timeline_segment timeline_stay party number row) \
        $(patsubst %,sync/%.c,text event form)
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))
PURE    += sync/freepbx_text.c
build/fuzz/%: tests/fuzz/%.c $(PURE)
	@mkdir -p build/fuzz/corpus-$* build/fuzz/out
	@echo '  CC $@'; clang $(CPP) $(WARN) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	    $$(pkg-config --cflags glib-2.0) -o $@ $< $(filter %.c,$(filter-out $<,$^)) $$(pkg-config --libs glib-2.0)
fuzz: deps-check deps-lint
	@$(MAKE) --no-print-directory $(FUZZERS)
	@$(MAKE) --no-print-directory $(B)/tests/property $(B)/flags.mk
	@for i in 1 2 3 4 5; do $(B)/tests/property >$(B)/property.log 2>&1 || { tail -n 5 $(B)/property.log; exit 1; }; done
	@for f in $(FUZZERS); do (cd build/fuzz/out && ../$${f##*/} -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=6000 \
	    -verbosity=0 -print_final_stats=1 ../corpus-$${f##*/} 2>&1 | grep -E 'ERROR|number_of_executed|Test unit') || exit 1; done

FORMATTED = $(shell git ls-files '*.c' '*.h' 2>/dev/null || find poller store sync cron sql tests -name '*.[ch]')
format: deps-lint
	clang-format -i $(FORMATTED)
format-check: deps-lint
	@clang-format --dry-run -Werror $(FORMATTED)

# Lines of the pure modules that the unit tests reach: 95 % at least, or the status is 1.
coverage: deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) B=build/coverage CFLAGS='-O0 -g --coverage' tests
	@tests/coverage.sh build/coverage

# Findings that are none are named where they stand, with the reason (cppcheck-suppress, NOLINT), or in .clang-tidy. For all files:
#   varFuncNullUB    NULL is a pointer here (glibc), not the number 0 that C would allow
#   readdirCalled    a stream has one reader each; readdir_r is what glibc advises against
LINTED = $(SRC) $(wildcard cron/*.c)
LINT_CPP = $(CPP) '-DHOOK_PROGRAM="/usr/bin/celsync"' $$(pkg-config --cflags $(PKGS) $(LATE))
lint: strict format-check check-metrics
	@shellcheck -x -S warning $(shell git ls-files '*.sh') .ci/run $(wildcard debian/celsync.p[or]*)
	@shellcheck -s bash cron/celsync.bash-completion
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -I. \
	    --suppress=varFuncNullUB --suppress=readdirCalled '-DHOOK_PROGRAM="/usr/bin/celsync"' \
	    --library=gnu,posix,gtk '-DG_DEFINE_QUARK(a,b)=' '-DG_GNUC_PRINTF(a,b)=' '-DG_DEFINE_AUTOPTR_CLEANUP_FUNC(a,b)=' \
	    '-DG_GNUC_NULL_TERMINATED=' $(LINTED)
	@printf '%s\n' $(LINTED) | xargs -P $(shell nproc) -I FILE sh -c 'echo "  ANALYZE FILE"; \
	    gcc -fanalyzer -Werror -O1 "$$@" -c -o /dev/null FILE' - $(LINT_CPP)
	@printf '%s\n' $(LINTED) | xargs -P $(shell nproc) -I FILE sh -c 'echo "  TIDY FILE"; \
	    clang-tidy --quiet FILE -- "$$@" 2>/dev/null' - $(LINT_CPP)

# A year of calls: memory, interruptions, sums, live traffic. HISTORY_ROWS=130000 for a smaller year; HISTORY_SEED repeats a run.
check-history: deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	@HISTORY_ROWS=$${HISTORY_ROWS:-1300000} HISTORY_KILLS=$${HISTORY_KILLS:-20} CELSYNC_BUILD=$(abspath $(B)) tests/run/history.sh

# promtool's judgement of `celsync status --prometheus`.
check-metrics: deps-check deps-lint
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	@CELSYNC_TOP=$(CURDIR) CELSYNC_BUILD=$(abspath $(B)) tests/prove.sh tests/metrics.sh

include po/po.mk
include debian/install.mk
include tests/bench/bench.mk
include tests/pbx/pbx.mk

clean:
	rm -rf build
