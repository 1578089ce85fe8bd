#!/usr/bin/env bash
# Builds and runs every test: unit and lint (ASan and UBSan; the threaded parts again under TSan), contract and
# end-to-end on the release build. For a fresh Debian 12 machine; run as root or with sudo; safe to run twice.
#
#   tests/run.sh            everything, ending with ctest's summary
#   tests/run.sh -R deploy  arguments go to ctest: only what matches
#
# PLIMSOLL_WERROR=ON makes warnings errors (.ci/run does).
set -euo pipefail
cd "$(dirname "$0")/.."
. helm-free-deploy/packages.sh
become_root "$PWD/tests/run.sh" "$@"

install_packages "${BUILD_PACKAGES[@]}" catch2 \
  docker.io containerd runc iptables iproute2 docker-registry nginx-light fcgiwrap busybox-static \
  git openssh-server openssh-client openssl curl ca-certificates python3 nodejs npm clang-format clang-tidy sqlite3

jobs=$(nproc)
werror=${PLIMSOLL_WERROR:-OFF}
# The parts with threads; everything else is pure or runs on one.
threaded=(reconcile adapters controller)

configure() { cmake --preset "$1" -DPLIMSOLL_WERROR="$werror" "${@:2}" >"build/$1-configure.log" || {
  cat "build/$1-configure.log"; exit 1; }; }
# Only targets that exist: a folder without tests has none.
build() {
  local preset=$1 wanted=() name all
  all=$(ninja -C "build/$preset" -t targets all)
  for name in "${@:2}"; do grep -q "^$name: phony" <<<"$all" && wanted+=("$name"); done
  echo "==> building $preset: ${wanted[*]}"
  local began=$SECONDS
  ninja -C "build/$preset" -j "$jobs" --quiet "${wanted[@]}"
  echo "    $((SECONDS - began)) s"
}

mkdir -p build
for preset in release dev tsan; do configure "$preset"; done
unit=(model compose manifest plan reconcile adapters controller)
build release plimsoll test_contract
build dev "${unit[@]/#/test_}"
build tsan "${threaded[@]/#/test_}"

# One ctest run over the three builds, so that its summary is the summary of everything.
python3 tests/merged_ctest.py build/all \
  "asan=build/dev=unit|lint" "tsan=build/tsan=unit=$(IFS='|'; echo "${threaded[*]}")" "=build/release=contract|e2e"
echo "==> tests (built in $SECONDS s)"
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 ASAN_OPTIONS=detect_stack_use_after_return=1
exec ctest --test-dir build/all --output-on-failure -j "$jobs" "$@"
