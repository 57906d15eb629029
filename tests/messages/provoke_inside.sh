# What tests/messages/inside.c provokes; sourced by tests/run/messages_inside.sh. No server is needed.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of tests/lib/tap.sh and tests/run/messages.sh
database() { :; }
prepare() { :; }
provoke() {
	rm -rf "$T/inside"
	mkdir "$T/inside"
	CELSYNC_TOP=$TOP "$BUILD/tests/inside" "$T/inside" >>"$T/said" 2>"$T/err"
	ok "$language: everything was provoked" $? "$T/err"
}
