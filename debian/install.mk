# Installing and packaging; the Makefile reads this. DESTDIR= goes before every path, PREFIX= is where programs and manuals go.

DESTDIR    ?=
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
DOCDIR     ?= $(PREFIX)/share/doc/celsync

.PHONY: install install-files deb deps-package check-package check-systemd

install: all
	@$(MAKE) --no-print-directory install-files

# put: MODE FROM TO. Where a program is named by its path, the path is that of this installation.
put = install -D -m $(1) $(2) '$(DESTDIR)$(3)'
install-files:
	for program in celsync celsync-hook; do [ ! -e $(B)/$$program ] || \
	    $(call put,0755,$(B)/$$program,$(PREFIX)/bin/)$$program || exit; done
	$(call put,0644,docs/celsync.1,$(PREFIX)/share/man/man1/celsync.1)
	$(call put,0644,docs/celsync.conf.5,$(PREFIX)/share/man/man5/celsync.conf.5)
	$(call put,0644,docs/celsync-hook.8,$(PREFIX)/share/man/man8/celsync-hook.8)
	$(call put,0644,cron/celsync.bash-completion,$(PREFIX)/share/bash-completion/completions/celsync)
	$(call put,0644,cron/celsync.conf.sample,$(DOCDIR)/examples/celsync.conf)
	$(call put,0644,cron/crontab.sample,$(DOCDIR)/examples/crontab)
	for file in $(wildcard cron/*-celsync.conf cron/extensions_celsync.conf); do \
	    $(call put,0644,$$file,$(DOCDIR)/examples/)$${file##*/} && \
	    sed -i 's|/usr/bin/celsync|$(PREFIX)/bin/celsync|' '$(DESTDIR)$(DOCDIR)/examples/'$${file##*/} || exit; done
	for po in $(wildcard po/*.po); do language=$${po##*/} && language=$${language%.po} && \
	    $(call put,0644,$(B)/locale/$$language/LC_MESSAGES/celsync.mo,$(PREFIX)/share/locale/)$$language/LC_MESSAGES/celsync.mo || exit; done
	for doc in README.md README.ru.md SECURITY.md; do $(call put,0644,$$doc,$(DOCDIR)/)$$doc || exit; done
	$(call put,0644,cron/celsync.logrotate,$(SYSCONFDIR)/logrotate.d/celsync)
	for unit in $(notdir $(wildcard cron/*.service cron/*.timer)); do \
	    $(call put,0644,cron/$$unit,$(UNITDIR)/)$$unit && \
	    sed -i 's|/usr/bin/celsync|$(PREFIX)/bin/celsync|' '$(DESTDIR)$(UNITDIR)'/$$unit || exit; done

deps-package:
	@debian/deps.sh package

# build/deb/celsync_VERSION_ARCH.deb, from the files as they are here. The tests are `make check`'s.
DEB := build/deb
deb: deps-build deps-package
	@rm -rf $(DEB) && mkdir -p $(DEB)/celsync-$(VERSION)
	@{ git ls-files -co --exclude-standard 2>/dev/null || find . -name build -prune -o -type f -print; } | \
	    while IFS= read -r file; do [ ! -e "$$file" ] || echo "$$file"; done | \
	    tar -c -T - | tar -x -C $(DEB)/celsync-$(VERSION)
	@tar -C $(DEB) --exclude=debian --sort=name --owner=0 --group=0 --numeric-owner -cJf \
	    $(DEB)/celsync_$(VERSION).orig.tar.xz celsync-$(VERSION)
	cd $(DEB)/celsync-$(VERSION) && DEB_BUILD_OPTIONS='nocheck parallel=$(shell nproc)' DEB_BUILD_PROFILES=nocheck \
	    dpkg-buildpackage -us -uc
	cd $(DEB) && lintian --fail-on error,warning celsync_*.changes
	@ls -l $(DEB)/*.deb

# Installs, runs, upgrades, removes and purges the package in a clean Debian 12 folder. Needs root and Debian's archive.
check-package: deb deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	CELSYNC_TOP=$(CURDIR) CELSYNC_BUILD=$(abspath $(B)) tests/package.sh

# The same package under a systemd that runs, booted in namespaces of its own. Needs root, Debian's archive, and a kernel with cgroup2.
check-systemd: deb deps-check
	@$(MAKE) --no-print-directory -j$(shell nproc) tests
	CELSYNC_TOP=$(CURDIR) CELSYNC_BUILD=$(abspath $(B)) tests/systemd.sh
