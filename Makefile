# celsync: make · demo · check · asan · lint · install
#
# Every .c file of poller/, store/ and sync/ goes into one archive; the program is sync/main.c and that.
# tests/unit/NAME.c becomes build/tests/NAME. B= names another build folder (make asan uses build/asan).

B       ?= build
CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
VERSION := 0.1.0

WARN   := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wswitch-enum -Wstrict-prototypes -Wvla
PKGS   := glib-2.0 libmariadb libcurl sqlite3 jansson sndfile
# Which pkg-config answers only once the packages are there: asked when a recipe runs, not before.
CPP    := -std=c17 -D_GNU_SOURCE -DG_LOG_USE_STRUCTURED '-DG_LOG_DOMAIN="celsync"' \
          '-DCELSYNC_VERSION="$(VERSION)"' -I. -I$(B)
LIBS   := -lmp3lame -lm

SRC    := $(sort $(wildcard poller/*.c store/*.c sync/*.c))
OBJ    := $(patsubst %.c,$(B)/%.o,$(filter-out sync/main.c,$(SRC))) $(B)/sql.o
UNIT   := $(sort $(wildcard tests/unit/*.c))
TESTS  := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT))
SQL    := $(sort $(wildcard sql/*/*.sql sql/*/*/*.sql))

.PHONY: all programs check check-fast demo asan strict lint format format-check install clean deps tests

all: deps-build
	@$(MAKE) --no-print-directory programs
programs: $(B)/celsync

$(B)/flags.mk:
	@mkdir -p $(B)
	@printf 'PKG_CFLAGS := %s\nPKG_LIBS := %s\nMHD_LIBS := %s\n' "$$(pkg-config --cflags $(PKGS))" \
	    "$$(pkg-config --libs $(PKGS))" "$$(pkg-config --libs libmicrohttpd 2>/dev/null)" > $@
ifneq ($(filter programs tests $(B)/%,$(MAKECMDGOALS)),)
-include $(B)/flags.mk
endif

COMPILE = $(CC) $(CPP) $(WARN) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP

$(B)/sql.c: sql/embed.sh $(SQL)
	@mkdir -p $(B)
	sh sql/embed.sh $(SQL) > $@.tmp && mv $@.tmp $@
$(B)/sql.o: $(B)/sql.c
	$(COMPILE) -c -o $@ $<
$(B)/%.o: %.c | $(B)/flags.mk
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<
$(B)/libcelsync.a: $(OBJ)
	rm -f $@ && ar rcs $@ $^
$(B)/celsync: $(B)/sync/main.o $(B)/libcelsync.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(LIBS)
$(B)/tests/planfix: $(B)/tests/planfix/planfix.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(MHD_LIBS) $(LIBS)
$(B)/tests/%: $(B)/tests/unit/%.o $(B)/libcelsync.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(MHD_LIBS) $(LIBS)

.PRECIOUS: $(B)/%.o
-include $(OBJ:.o=.d) $(B)/sync/main.d $(patsubst tests/%.c,$(B)/tests/%.d,$(UNIT))

clean:
	rm -rf build
