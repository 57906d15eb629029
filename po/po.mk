# Translations: po/LANGUAGE.po. The Makefile reads this. `make po` brings them up to date with the sources: new texts come in
# untranslated; those that are no more go. Sorted, without line numbers and dates, so that two branches' files merge.

POT := $(B)/celsync.pot
# What translates its format itself (sync/i18n.h), and which argument that is.
POT_KEYWORDS := _ N_ C_:1c,2 NC_:1c,2 ngettext:1,2 log_say:2 tell:3 check_tell:4 say:2 say_heading:2
POT_FLAGS    := _:1:pass-c-format log_say:2:c-format tell:3:c-format check_tell:4:c-format say:2:c-format
POT_FILES     = $(sort $(wildcard poller/*.c store/*.c sync/*.c))

# The program finds them beside itself (sync/i18n.c).
$(B)/locale/%/LC_MESSAGES/celsync.mo: po/%.po
	@mkdir -p $(@D)
	$(call SAY,PO)msgfmt --check --output-file=$@ $<

.PHONY: pot po po-check
pot:
	@mkdir -p $(B)
	@xgettext --language=C --from-code=UTF-8 --keyword $(addprefix --keyword=,$(POT_KEYWORDS)) $(addprefix --flag=,$(POT_FLAGS)) \
	    --add-location=file --sort-output --package-name=celsync --copyright-holder='celsync developers' \
	    --output=- $(POT_FILES) | sed '/^"POT-Creation-Date:/d' >$(POT)
# $(call po-update,FROM,TO). COMPENDIUM=FILE: translations from there for texts that have none.
po-update = msgmerge --quiet --no-fuzzy-matching $(addprefix --compendium=,$(COMPENDIUM)) --add-location=file --sort-output --output-file=- $(1) $(POT) | \
    msgattrib --no-obsolete --add-location=file --sort-output --output-file=$(2) -
po: pot
	@for po in po/*.po; do $(call po-update,$$po,$(B)/updated.po) && cp $(B)/updated.po $$po && \
	    printf '%s: ' $$po && msgfmt --check --statistics --output-file=/dev/null $$po || exit; done
# For the tests: each file as `make po` would make it, in $(B)/po-check.
po-check: pot
	@rm -rf $(B)/po-check && mkdir -p $(B)/po-check
	@for po in po/*.po; do $(call po-update,$$po,$(B)/po-check/$${po##*/}) || exit; done
