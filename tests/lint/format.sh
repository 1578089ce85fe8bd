#!/bin/sh
# Fails when a source is not formatted as .clang-format says. usage: format.sh CLANG_FORMAT ROOT
set -eu
cd "$2"
find src controller tests \( -name '*.cpp' -o -name '*.hpp' \) -print0 | xargs -0 "$1" --dry-run -Werror
