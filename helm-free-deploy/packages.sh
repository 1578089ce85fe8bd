# Sourced by quickstart.sh and tests/run.sh: Debian packages, only those that are missing.

# What the build needs (distribution packages only).
BUILD_PACKAGES=(
  g++ cmake ninja-build ccache pkg-config
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libgit2-dev libcurl4-openssl-dev libyaml-cpp-dev
  libspdlog-dev libfmt-dev libsqlite3-dev libcli11-dev prometheus-cpp-dev libssl-dev
)

# install_packages NAME...: installs what is not there yet, without removing any package and without starting any service
# of a new one: a registry, nginx or sshd that a test needs is started by that test, on its own port.
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ "${#missing[@]}" -eq 0 ] && return 0
  echo "==> installing ${missing[*]}" >&2
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy" && made_policy=1
  fi
  local result=0
  {
    export DEBIAN_FRONTEND=noninteractive
    # A machine with fresh package lists needs no update; one without any cannot install.
    local install=(apt-get install -y -qq --no-remove --no-install-recommends "${missing[@]}")
    "${install[@]}" || { apt-get update -qq && "${install[@]}"; }
  } >"${PACKAGES_LOG:-/var/tmp/plimsoll-packages.log}" 2>&1 || result=$?
  if [ -n "$made_policy" ]; then rm -f "$policy"; fi
  if [ "$result" -ne 0 ]; then
    echo "packages could not be installed; see ${PACKAGES_LOG:-/var/tmp/plimsoll-packages.log}:" >&2
    tail -n 5 "${PACKAGES_LOG:-/var/tmp/plimsoll-packages.log}" >&2
  fi
  return "$result"
}

# install_engine: a Docker engine of Debian where there is none. Docker's own packages (docker-ce, containerd.io) are in
# conflict with it.
install_engine() { command -v dockerd >/dev/null || install_packages docker.io containerd runc; }

# static_busybox DIRECTORY: sets PLIMSOLL_BUSYBOX to a busybox that needs no library, for small images. One that is there
# is taken; else Debian's is unpacked into DIRECTORY. It is not installed: its package is in conflict with `busybox`,
# which most systems have.
static_busybox() {
  local found log=${PACKAGES_LOG:-/var/tmp/plimsoll-packages.log}
  for found in "${PLIMSOLL_BUSYBOX:-}" "$(command -v busybox)" "$1/bin/busybox"; do
    if [ -x "$found" ] && [[ $(ldd "$found" 2>/dev/null) != *'=>'* ]]; then export PLIMSOLL_BUSYBOX=$found; return 0; fi
  done
  echo "==> fetching busybox-static" >&2
  local fetch=(apt-get download -qq busybox-static)
  if mkdir -p "$1" && (cd "$1" && { "${fetch[@]}" || { apt-get update -qq && "${fetch[@]}"; }; }) >"$log" 2>&1 &&
    dpkg -x "$1"/busybox-static_*.deb "$1" 2>>"$log"; then
    rm -f "$1"/busybox-static_*.deb
    export PLIMSOLL_BUSYBOX=$1/bin/busybox
    return 0
  fi
  echo "busybox-static could not be fetched; see $log, or set PLIMSOLL_BUSYBOX to a static busybox:" >&2
  tail -n 5 "$log" >&2
  return 1
}

# become_root "$0" "$@": starts the script again under sudo when it is not root already.
become_root() {
  [ "$(id -u)" -eq 0 ] && return 0
  command -v sudo >/dev/null || { echo "run this as root (it starts a Docker engine), or install sudo" >&2; exit 20; }
  exec sudo -E -- "$@"
}
