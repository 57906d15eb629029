#!/bin/sh
# The messages that no run of the program brings about at will (tests/messages/inside.c), held against inside.en.txt and inside.ru.txt.
MESSAGES=_inside exec sh "$(dirname "$0")/messages.sh"
