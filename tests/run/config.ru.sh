#!/bin/sh
# The same in Russian.
CELSYNC_TEST_LANGUAGE=ru exec sh "$(dirname "$0")/config.sh"
