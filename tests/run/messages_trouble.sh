#!/bin/sh
# The same of what goes wrong in the middle: tests/messages/provoke_trouble.sh, trouble.en.txt, trouble.ru.txt.
MESSAGES=_trouble exec sh "$(dirname "$0")/messages.sh"
