#!/usr/bin/env bash
# Runs clang-tidy 14 as .clang-tidy says, over sources of src/ and controller/; no test runs it, since it takes up to a
# minute for a file. Any finding fails it.
#
#   tests/lint/tidy.sh FILE.cpp...     these
#   tests/lint/tidy.sh [--base COMMIT]   those that differ from COMMIT (default HEAD), uncommitted ones included
#
# BUILD is a configured build (default: build/dev, else build/release) whose commands it takes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
fail() { echo "tidy: $*" >&2; exit 2; }

tidy=$(command -v clang-tidy-14) || fail "clang-tidy-14 is not installed; tests/run.sh installs it"
build=${BUILD:-build/dev}
if [ -z "${BUILD:-}" ] && [ ! -e "$build/compile_commands.json" ]; then build=build/release; fi
[ -e "$build/compile_commands.json" ] || fail "$build is not configured; run cmake --preset dev"

base=HEAD
if [ "${1:-}" = --base ]; then base=${2:?a commit after --base}; shift 2; fi
files=("$@")
if [ "${#files[@]}" -eq 0 ]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cpp' 'controller/*.cpp'
    git ls-files --others --exclude-standard -- 'src/*.cpp' 'controller/*.cpp')
fi
[ "${#files[@]}" -gt 0 ] || { echo "no source differs from $base"; exit 0; }

# Without gcc's precompiled headers, which clang cannot read, and gcc's own options.
commands=$(mktemp -d)
trap 'rm -rf "$commands"' EXIT
python3 - "$build/compile_commands.json" "$commands/compile_commands.json" <<'PYTHON'
import json, re, sys
entries = json.load(open(sys.argv[1]))
for entry in entries:
    entry["command"] = re.sub(r" -include \S+cmake_pch\S+| -Winvalid-pch| -fpch-preprocess", "", entry["command"])
json.dump(entries, open(sys.argv[2], "w"))
PYTHON
"$tidy" -p "$commands" --quiet --extra-arg=-Wno-unknown-warning-option "${files[@]}"
