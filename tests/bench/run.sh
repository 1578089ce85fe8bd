#!/usr/bin/env bash
# Measures what the README's table shows, on a private engine and registry, and prints one table. Run as root or with
# sudo. Arguments go to bench.py (`--rounds 20`, `--only deploy,gap`).
set -euo pipefail
cd "$(dirname "$0")/../.."
. helm-free-deploy/packages.sh
. tests/newer_packages.sh
become_root "$PWD/tests/bench/run.sh" "$@"
install_packages "${BUILD_PACKAGES[@]}" catch2 iptables iproute2 docker-registry nginx-light fcgiwrap git openssl \
  ca-certificates python3
install_engine
static_busybox "$PWD/build/busybox"
newer_compose 2.40 forky sid || true # the table says that it is left out
build=${BENCH_BUILD:-build/release}
mkdir -p build
if [ -z "${BENCH_BUILD:-}" ]; then cmake --preset release -DBUILD_TESTING=ON >build/release-configure.log; fi
ninja -C "$build" --quiet plimsoll bench_floor bench_prober
exec python3 tests/bench/bench.py --build "$build" "$@"
