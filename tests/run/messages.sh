#!/bin/sh
# Every message a user can meet, provoked for real, in English and in Russian, held against the lists tests/messages/en.txt and ru.txt.
# The lists are there to be read as a stranger would. After a change of messages: UPDATE=1 tests/run/messages.sh, and read the difference.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/cut.sh"
. "$TOP/tests/lib/shift.sh"
unset CELSYNC_CONFIG CREDENTIALS_DIRECTORY NO_COLOR
export TZ=UTC
chmod 711 "$T"
conf=$T/celsync.conf

set=${MESSAGES:-}

# What the log says of each request and recording is for programs. Of the texts only ours are ours: those of GLib and libc are translated where their packages are there. The rest differs from run to run.
mask() {
	# The day may have changed since.
	today="\\($(date +%F)\\|$(date -d yesterday +%F)\\)"
	# A slow machine makes minutes of seconds.
	sed -e 's/[0-9]* min \(ago\|old\)/0 s \1/g; s/[0-9]* мин назад/0 с назад/g; s/\(возраст старшего\) [0-9]* мин/\1 0 с/' -e '/^20[0-9-]*T[0-9:]*Z \(debug\|info\|warning\|error\) /d' -e "s/\(cannot be loaded\|не загружается\): .*/\1: WHY/" -e "s|$T|DIR|g; s|$BUILD|BUILD|g; s|$TOP|TOP|g; s|-c DIR/celsync.conf ||" \
		-e 's/127\.0\.0\.1:[0-9][0-9]*/127.0.0.1:PORT/g; s/127\.0\.0\.1 port [0-9]*/127.0.0.1 port PORT/g' \
		-e 's/after [0-9]* ms/after N ms/; s/\(next at\|следующая в\|last pass  \|проход\)\(  *\)20[0-9-]*T[0-9:]*Z/\1\2TIME/; s/20[0-9-]* [0-9:]* +00:00, \([0-9]* tr\|[0-9]* попыт\)/TIME, \1/; s/(\([0-9]*\) bytes)/(N bytes)/' \
		-e "s/${today}[T ][0-9:]\{8\}\(Z\| +00:00\)/TIME/g" -e 's/[0-9]* \(s\|min\|h\|d\|с\|мин\|ч\|дн\) \(ago\|old\|назад\)/N \1 \2/g; s/\(возраст старшего\) [0-9]* \(с\|мин\|ч\|дн\)/\1 N \2/' \
		-e 's#: 2026/11/23/[^ ]*\.mp3: \(cannot be written\|не записать\)#: FILE.mp3: \1#' -e 's/\(stopped at row\|остановлено на строке\) [0-9]*/\1 N/' -e 's/\(custom\.conf\|celsync-check\)\.[A-Za-z0-9]\{6\}\>/\1.XXXXXX/' \
		-e 's/Нет такого файла или каталога/No such file or directory/; s/Отказано в доступе/Permission denied/' \
		-e 's/Нет такого устройства или адреса/No such device or address/; s/Операция не позволена/Operation not permitted/; s/Это каталог/Is a directory/; s/Это не каталог/Not a directory/; s/На устройстве не осталось свободного места/No space left on device/' \
		-e 's/Недопустимый аргумент/Invalid argument/; s/Слишком много уровней символьных ссылок/Too many levels of symbolic links/' \
		-e 's/Неизвестный параметр/Unknown option/' -e '/^\$ celsync [a-z]* --help$/,/^= /{ s/^Использование:$/Usage:/; s/\[ПАРАМЕТР…\]/[OPTION…]/; s/^Параметры:$/Options:/; }' \
		-e 's/: [^:]*\(Error while compiling\|шибка при компиляции\)[^:]*.*/: <the words of GLib>/' \
		-e 's/URI is not absolute, and no base URI was provided\|URI не абсолютный, базовый адрес URI не указан/<the words of GLib>/' \
		-e 's/Не удалось открыть файл «\(.*\)»: /Failed to open file “\1”: /' "$1"
}

. "$TOP/tests/messages/tools.sh"
# shellcheck source=tests/messages/provoke.sh
. "$TOP/tests/messages/provoke$set.sh"

socket=
database "$CAPTURE/schema.sql" "$CAPTURE/cdr.sql" || echo "Bail out! no MariaDB"
prepare
for language in en ru; do
	export LANGUAGE=$language
	: >"$T/said"
	provoke
	mask "$T/said" >"$T/$language.txt"
	list=$TOP/tests/messages/${set#_}${set:+.}$language.txt
	[ -z "${UPDATE:-}" ] || cp "$T/$language.txt" "$list"
	# What could not be provoked here (needs root, say) is left out of the comparison.
	awk -v left="$left_out" 'BEGIN { n = split(left, t, "|") } /^== / { skip = 0; for (i in t) if ($0 == "== " t[i]) skip = 1 } !skip' "$list" >"$T/wanted"
	diff -u "$T/wanted" "$T/$language.txt" >"$T/diff"
	ok "$language: the messages are those of the list" $? "$T/diff"
done
[ -z "$left_out" ] || echo "# left out here: $left_out"

# No message lacks its second line where the other language has it; and none was left in English. Words of GLib, libc, SQLite and the
# server, behind the last colon, are theirs.
is "both languages say as much" "$(grep -c '^celsync: ' "$T/ru.txt") $(grep -c '^ \{2,4\}[^ ]' "$T/ru.txt")" \
	"$(grep -c '^celsync: ' "$T/en.txt") $(grep -c '^ \{2,4\}[^ ]' "$T/en.txt")"
grep '^celsync: ' "$T/ru.txt" | grep -v '[аеинот]' |
	grep -v '<the words of GLib>\|: no such table: \|attempt to write a readonly database$\|Unknown option\|Missing argument\|unable to open database file\|file is not a database\|database disk image is malformed$\|No such file or directory$\|: Failed to open file “[^”]*”: [A-Z][a-z ]*$\|^celsync: Failed to open file' >"$T/english"
is "no message is English among the Russian ones" "$(cat "$T/english")" ""
done_testing
