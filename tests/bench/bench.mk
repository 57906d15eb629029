# make bench: every figure against its yardstick, from one run; docs/BENCHMARKS.md gets the table. BENCH_ROWS="130000 …" chooses sizes.
BENCH_TOOLS := $(patsubst %,$(B)/bench/%,generate fetch memory pair agi mp3)

.PHONY: bench bench-tools
# The scripts' way needs lame, php-cli and php-curl; bench.sh says so where they are missing.
bench: deps-check deps-bench
	@$(MAKE) --no-print-directory -j$(shell nproc) B=build/bench CFLAGS='-O2 -g' bench-tools
	@CELSYNC_TOP=$(CURDIR) CELSYNC_BUILD=$(CURDIR)/build/bench tests/bench/bench.sh
bench-tools: programs $(B)/tests/planfix $(BENCH_TOOLS)

$(B)/bench/%.o: tests/bench/%.c | $(B)/flags.mk
	@mkdir -p $(@D)
	$(call SAY,CC)$(COMPILE) -c -o $@ $<
$(B)/bench/generate: $(B)/bench/scene.o
$(B)/bench/%: $(B)/bench/%.o $(B)/libcelsync.a
	$(call SAY,LD)$(LINK) -o $@ $^ $(PKG_LIBS) $(LIBS)
-include $(patsubst tests/bench/%.c,$(B)/bench/%.d,$(wildcard tests/bench/*.c))
