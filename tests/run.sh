#!/usr/bin/env bash
# Builds and runs every test: unit and lint with ASan and UBSan, contract on a real engine, end-to-end on the release
# build. For a fresh Debian 12 machine; run as root or with sudo; safe to run twice.
#
#   tests/run.sh            everything but TSan, ending with ctest's summary
#   tests/run.sh --full     every cut and fault of the matrices, planted bugs and long soaks: some hours
#   tests/run.sh -R deploy  arguments go to ctest: only what matches
#   tests/run.sh --tsan     the unit tests of what has threads, with TSan
#
# PLIMSOLL_WERROR=ON makes warnings errors (.ci/run does).
set -euo pipefail
cd "$(dirname "$0")/.."
. helm-free-deploy/packages.sh
. tests/newer_packages.sh
become_root "$PWD/tests/run.sh" "$@"

# Node of another origin brings its own npm, which Debian's would be in conflict with.
node=(nodejs npm)
if command -v npm >/dev/null; then node=(); fi
install_packages "${BUILD_PACKAGES[@]}" catch2 "${node[@]}" iptables podman iproute2 docker-registry nginx-light fcgiwrap \
  git openssh-server openssh-client openssl curl ca-certificates faketime python3 clang-format-14 clang-tidy-14 sqlite3
install_engine
static_busybox "$PWD/build/busybox"
# Where one cannot be had, the tests on it are left out, and say so.
newer_engine 26 tini trixie || true
newer_engine 28 tini-static forky sid || true

jobs=$(nproc)
werror=${PLIMSOLL_WERROR:-OFF}

build() { # build PRESET TARGET...
  local preset=$1 began=$SECONDS strict=$werror; shift
  mkdir -p build
  # The optimised build warns of overflows inside std::string that are not there (gcc 12 bug 105329 and its kin); the
  # same files are held to no warning at all in the other.
  if [ "$preset" = release ]; then strict=OFF; fi
  echo "==> building $preset: $*"
  cmake --preset "$preset" -DBUILD_TESTING=ON -DPLIMSOLL_WERROR="$strict" >"build/$preset-configure.log" || {
    cat "build/$preset-configure.log"; exit 1; }
  ninja -C "build/$preset" -j "$jobs" --quiet "$@"
  echo "    $((SECONDS - began)) s"
}

if [ "${1:-}" = --tsan ]; then
  shift
  build tsan test_{reconcile,adapters,controller}
  export TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1"
  exec ctest --test-dir build/tsan --output-on-failure -j "$jobs" -R '^(reconcile|adapters|controller)$' "$@"
fi

labels="e2e|walks"
if [ "${1:-}" = --full ]; then
  shift
  export PLIMSOLL_CUTS=all PLIMSOLL_SOAK_SECONDS=900 PLIMSOLL_TWO_SECONDS=120
  export PLIMSOLL_TIMEOUT=36000
  labels="$labels|full"
fi

# GitHub's example payloads and a signer that is not ours, for e2e_webhook.
mkdir -p build/webhook
cp tests/e2e/webhook/* build/webhook/
if [ ! -d build/webhook/node_modules ]; then
  npm ci --prefix build/webhook --no-audit --no-fund --silent || echo "npm could not install: e2e_webhook says what it leaves out"
fi

build release plimsoll test_plan
build dev test_{model,compose,manifest,plan,reconcile,adapters,controller,contract}

# One ctest run over both builds, so that its summary is the summary of everything. The contract and git tests of real
# servers run their own small programs, which are there with ASan already.
python3 tests/merged_ctest.py build/all \
  "asan=build/dev=unit|lint" "asan=build/dev=docker|e2e=contract_.*|e2e_git" "=build/release=$labels=(?!e2e_git$).*"
echo "==> tests (built in $SECONDS s)"
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# End-to-end tests wait much of their time: at two for each core a fifth of the processors' time is left.
exec ctest --test-dir build/all --output-on-failure -j $((jobs * 2 + 1)) "$@"
