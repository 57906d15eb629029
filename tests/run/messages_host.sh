#!/bin/sh
# The same of what the machine and its PBX have to do with it: tests/messages/provoke_host.sh, host.en.txt, host.ru.txt.
MESSAGES=_host exec sh "$(dirname "$0")/messages.sh"
