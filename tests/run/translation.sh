#!/bin/sh
# The catalogues: complete, as the sources are, found where they are put; and what is for programs is the same in every language.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
unset LC_ALL LANGUAGE LANG LC_MESSAGES CELSYNC_CONFIG

env -u MAKEFLAGS -u MFLAGS make -s -C "$TOP" B="$T/build" DEPS=no po-check >"$T/out" 2>&1
ok "the texts can be taken from the sources" $? "$T/out"
# A text glued to a macro is cut off by xgettext: it ends in a lone %.
grep '%"$' "$T/build/celsync.pot" >"$T/cut"
ok "none of them stands in a text for people (PRId64 does)" "$([ ! -s "$T/cut" ]; echo $?)" "$T/cut"
is "there are hundreds of texts" "$([ "$(grep -c '^msgid' "$T/build/celsync.pot")" -gt 400 ] && echo yes)" yes
for po in "$TOP"/po/*.po; do
	language=$(basename "$po" .po)
	diff -u "$po" "$T/build/po-check/$language.po" >"$T/diff"
	ok "$language: the file is as the sources are (else: make po)" $? "$T/diff"
	LC_ALL=C msgfmt --check --statistics --output-file=/dev/null "$po" >"$T/out" 2>&1
	ok "$language: formats and plurals agree" $? "$T/out"
	grep -q untranslated "$T/out" || grep -q fuzzy "$T/out"
	ok "$language: every text is translated" $((1 - $?)) "$T/out"
done

# Every one of them is met in the lists of messages, but for those that unmet.txt names with a reason. A list is that of both languages.
grep -v '^#\|^$' "$TOP/tests/messages/unmet.txt" | sort >"$T/excused"
perl "$TOP/tests/messages/unmet.pl" "$T/build/celsync.pot" "$TOP/tests/messages/"*en.txt | sort >"$T/unmet"
diff "$T/excused" "$T/unmet" >"$T/diff"
ok "every message was provoked (HACKING.md: A message); > nobody meets it; < it is met by now, or there is none" $? "$T/diff"
perl "$TOP/tests/messages/unmet.pl" "$TOP/po/ru.po" "$TOP/tests/messages/"*ru.txt | sort | comm -13 "$T/excused" - >"$T/unmet"
is "and in Russian too" "$(cat "$T/unmet")" ""

# says LANGUAGE NAME VARIABLE=VALUE ...: that is what celsync speaks in this environment.
says() {
	wanted=$1 name=$2
	shift 2
	env "$@" "${program:-$CELSYNC}" 2>"$T/err"
	case $(cat "$T/err") in
	*"команда не указана"*) got=ru ;;
	*"no command was given"*) got=en ;;
	*) got=$(cat "$T/err") ;;
	esac
	is "$name" "$got" "$wanted"
}
says en "no locale at all: English"
says en "C: English, whatever LANGUAGE says" LC_ALL=C LANGUAGE=ru
says en "C.UTF-8: English" LC_ALL=C.UTF-8
says ru "C.UTF-8 and LANGUAGE" LC_ALL=C.UTF-8 LANGUAGE=ru
says ru "LANGUAGE is a list" LC_ALL=C.UTF-8 LANGUAGE=xx:ru:en
says ru "LANG=ru_RU.UTF-8, be there such a locale or not" LANG=ru_RU.UTF-8
says ru "LC_ALL before LANG" LANG=de_DE.UTF-8 LC_ALL=ru_RU.UTF-8
says en "a language that nobody wrote: English" LANG=xx_XX.UTF-8

# Installed: share/locale of the same prefix, wherever that is.
mkdir -p "$T/usr/bin" "$T/usr/share/locale"
cp "$CELSYNC" "$T/usr/bin/celsync"
program=$T/usr/bin/celsync
says en "installed without catalogues: English" LC_ALL=C.UTF-8 LANGUAGE=ru
cp -r "$BUILD/locale/." "$T/usr/share/locale"
says ru "installed with them" LC_ALL=C.UTF-8 LANGUAGE=ru

# For programs.
export LC_ALL=C.UTF-8
config "$T/conf" "driver = sqlite
path = $CAPTURE/master.db"
mkdir "$T/monitor"
planfix same
config "$T/conf" "driver = sqlite
path = $CAPTURE/master.db"
LANGUAGE=ru "$CELSYNC" -c "$T/conf" sync 2>"$T/err"
grep -q ' info pass calls=[0-9]* events=' "$T/err"
ok "a fact in the log is the same in every language" $? "$T/err"
planfix_stop
for arguments in "calls --from 2026-11-23 --to 2026-11-24 --json" "report --from 2026-11-23 --to 2026-11-24 --json" "status --json" \
	"report --from 2026-11-23 --to 2026-11-24 --csv" "recordings --json --all" "show 1795397397.106 --json" "sync --dry-run"; do
	# shellcheck disable=SC2086 # words
	LANGUAGE=en "$CELSYNC" -c "$T/conf" $arguments >"$T/en" 2>/dev/null
	# shellcheck disable=SC2086
	LANGUAGE=ru "$CELSYNC" -c "$T/conf" $arguments >"$T/ru" 2>/dev/null
	# Sentences in it, such as a reason, are for people.
	sed -i 's/: *"[^"]* [^"]*"/:""/g' "$T/en" "$T/ru"
	diff "$T/en" "$T/ru" >"$T/diff"
	ok "$arguments: the same in every language" $? "$T/diff"
done
done_testing
