# Calls in a real Asterisk 22 and 16: tests/pbx/README.md. Root, Debian's archive, some minutes; not part of `make check`.
# The programs are built anew: they look for their libraries where deploy.sh puts them.
.PHONY: check-pbx deps-pbx
PBX_LIB := /opt/celsync/lib
check-pbx: deps-check deps-pbx
	@$(MAKE) --no-print-directory -j$(shell nproc) programs $(B)/linked/celsync $(B)/tests/planfix
	@$(MAKE) --no-print-directory -j$(shell nproc) B=$(B)/pbx PREFIX=/usr programs LDFLAGS='-Wl,--disable-new-dtags \
	    -Wl,-rpath,$(PBX_LIB) -Wl,--dynamic-linker=$(PBX_LIB)/ld-linux-x86-64.so.2'
	@CELSYNC_TOP=$(CURDIR) CELSYNC_BUILD=$(abspath $(B)) tests/pbx/check.sh $(PBX_VERSIONS)
deps-pbx:
	@debian/deps.sh pbx
