#!/usr/bin/env bash
# From a fresh Debian 12 machine to a deployed change, in one command. Run as root or with sudo; safe to run twice.
#
#   helm-free-deploy/quickstart.sh          builds, starts everything, deploys the example, changes a tag
#   helm-free-deploy/quickstart.sh --down   removes all that it made (packages and the build stay)
#
# Everything lives in one directory (QUICKSTART_DIR, default /var/tmp/plimsoll-quickstart). What it starts: a Docker
# engine if none answers, a registry filled with small stand-in images made on the spot, and the controller, which reads
# a git repository made out of manifests/.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$source_dir/helm-free-deploy/packages.sh"

dir=$(realpath -m -- "${QUICKSTART_DIR:-/var/tmp/plimsoll-quickstart}")
marker=$dir/.plimsoll-quickstart # says that the directory is ours, and which ports it was made for
registry=127.0.0.1:${QUICKSTART_REGISTRY_PORT:-15000}
frontend_port=${QUICKSTART_FRONTEND_PORT:-18080}
listen=127.0.0.1:${QUICKSTART_PORT:-18470}
plimsoll=${PLIMSOLL:-$source_dir/build/release/plimsoll} # PLIMSOLL=PATH takes that program instead of building one
control_socket=$dir/plimsoll.sock
ports="registry=$registry frontend=127.0.0.1:$frontend_port listen=$listen"

say() { printf '\n==> %s\n' "$*"; }
fail() { echo "quickstart: $*" >&2; exit 20; }

# ---- what may be touched ------------------------------------------------------------------------------------------
claim_directory() {
  if [ -e "$marker" ]; then
    [ "$(cat "$marker")" = "$ports" ] || fail "$dir was made with $(cat "$marker"); run --down first to change that"
    return 0
  fi
  if [ -n "$(ls -A "$dir" 2>/dev/null)" ]; then
    fail "$dir is not empty and was not made by this script; set QUICKSTART_DIR to another directory"
  fi
  check_ports "$registry" "$listen" "127.0.0.1:$frontend_port" "127.0.0.1:$((frontend_port + 1))" \
    "127.0.0.1:$((frontend_port + 2))" "127.0.0.1:$((frontend_port + 3))" "127.0.0.1:$((frontend_port + 4))"
  mkdir -p "$dir"
  echo "$ports" >"$marker"
}
check_ports() { # check_ports ADDRESS:PORT...: all of them, before anything is started
  local one taken=()
  for one in "$@"; do
    if (: <>"/dev/tcp/${one%:*}/${one##*:}") 2>/dev/null; then taken+=("$one"); fi
  done
  [ "${#taken[@]}" -eq 0 ] || fail "taken by another program: ${taken[*]}; set QUICKSTART_REGISTRY_PORT (now ${registry##*:})," \
    "QUICKSTART_PORT (${listen##*:}) or QUICKSTART_FRONTEND_PORT ($frontend_port and the four after it) to free ports"
}

# ---- processes that this script starts: one pid file each, ended by pid and nothing else --------------------------
running() {
  local pid
  pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 1
  # The pid may have been given to somebody else since (a reboot): then it is not ours.
  [ -n "$pid" ] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$dir"
}
start() { # start NAME COMMAND...: in the background, with a log and a pid file
  local name=$1; shift
  running "$name" && return 0
  setsid "$@" >>"$dir/$name.log" 2>&1 </dev/null &
  echo $! >"$dir/$name.pid"
}
stop() {
  if running "$1"; then
    local pid
    pid=$(cat "$dir/$1.pid")
    kill "$pid"
    for _ in $(seq 150); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
    if [ -d "/proc/$pid" ]; then kill -9 "$pid"; fi
  fi
  rm -f "$dir/$1.pid"
}
ended() { ! kill -0 "$(cat "$dir/$1.pid")" 2>/dev/null; }
wait_for() { # wait_for SECONDS WHAT PROCESS COMMAND..., asking every WAIT_INTERVAL seconds while the process is there
  local limit=$1 what=$2 process=$3 end=$((SECONDS + $1)); shift 3
  until "$@" >/dev/null 2>&1; do
    if ended "$process"; then fail "$what: it ended: $(tail -n 1 "$dir/$process.log") (log: $dir/$process.log)"; fi
    [ "$SECONDS" -lt "$end" ] || fail "$what: not within $limit s; see the logs in $dir"
    sleep "${WAIT_INTERVAL:-0.05}"
  done
}
# Without a version in the path, which every engine serves in its own.
engine() { curl -sf --unix-socket "$engine_socket" "http://engine$1" "${@:2}"; }
engine_answers() { curl -sf -m 2 --unix-socket "$1" http://engine/_ping; }

# ---- the Docker engine: the one that is there, or a private one ---------------------------------------------------
find_engine() {
  local found=${DOCKER_HOST:-unix:///var/run/docker.sock}
  engine_socket=$dir/docker.sock
  if running dockerd; then return 0; fi
  case $found in unix://*) ;; *) found=unix:///var/run/docker.sock ;; esac
  if engine_answers "${found#unix://}" >/dev/null 2>&1; then engine_socket=${found#unix://}; fi
}
start_engine() {
  find_engine
  if engine_answers "$engine_socket" >/dev/null 2>&1; then return 0; fi
  if [ -d /run/systemd/system ] && systemctl start docker 2>/dev/null; then
    find_engine
    engine_answers "$engine_socket" >/dev/null 2>&1 && return 0
  fi
  say "no Docker engine answers: starting a private one in $dir"
  ip link show plimsoll0 >/dev/null 2>&1 || { ip link add plimsoll0 type bridge; ip addr add 172.31.250.1/24 dev plimsoll0; }
  ip link set plimsoll0 up
  rm -f "$dir/docker.pid"
  echo '{}' >"$dir/daemon.json"
  start dockerd dockerd --config-file "$dir/daemon.json" --data-root "$dir/docker" --exec-root "$dir/docker-exec" \
    --pidfile "$dir/docker.pid" -H "unix://$dir/docker.sock" --bridge plimsoll0 \
    --default-address-pool base=10.213.0.0/16,size=24
  wait_for 60 "the Docker engine" dockerd engine_answers "$engine_socket"
}

# ---- down ----------------------------------------------------------------------------------------------------------
OURS='filters=%7B%22label%22%3A%5B%22io.plimsoll.controller%3Dquickstart%22%5D%7D'
field() { python3 -c "import json,sys; d=json.load(sys.stdin); print(*[x['$1'] for x in (d.get('Volumes') or [] if isinstance(d, dict) else d)])"; }
names_in_registry() {
  python3 -c 'import json,sys
print(*[n for i in json.load(sys.stdin) for n in (i["RepoTags"] or []) + (i["RepoDigests"] or [])
        if n.startswith(sys.argv[1] + "/")])' "$registry"
}
remove_from_engine() {
  # All lists first: when one fails, nothing else of what would be needed for another try goes.
  local containers networks volumes images id
  containers=$(engine "/containers/json?all=1&$OURS" | field Id) && networks=$(engine "/networks?$OURS" | field Id) &&
    volumes=$(engine "/volumes?$OURS" | field Name) && images=$(engine /images/json | names_in_registry) ||
    fail "the engine at $engine_socket does not tell what is to be removed; $dir stays, run --down again"
  for id in $containers; do engine "/containers/$id?force=1&v=1" -X DELETE || fail "container $id could not be removed"; done
  for id in $networks; do engine "/networks/$id" -X DELETE || fail "network $id could not be removed"; done
  for id in $volumes; do engine "/volumes/$id" -X DELETE || fail "volume $id could not be removed"; done
  for id in $images; do engine "/images/$id?force=1" -X DELETE >/dev/null || true; done
}
down() {
  [ -d "$dir" ] || { echo "nothing to remove: $dir does not exist"; return 0; }
  [ -e "$marker" ] || fail "$dir was not made by this script; nothing is removed"
  registry=$(sed 's/^registry=\([^ ]*\).*/\1/' "$marker")
  stop controller
  engine_socket=$(cat "$dir/engine" 2>/dev/null) || engine_socket=$dir/docker.sock
  if engine_answers "$engine_socket" >/dev/null 2>&1; then
    remove_from_engine
  elif [ "$engine_socket" != "$dir/docker.sock" ]; then
    fail "the Docker engine at $engine_socket does not answer, and holds what is to be removed; start it and run --down again"
  fi
  stop registry
  if [ -f "$dir/dockerd.pid" ]; then
    stop dockerd
    ip link del plimsoll0 2>/dev/null || true
    awk -v dir="$dir/" 'index($2, dir) == 1 {print $2}' /proc/self/mounts | sort -r | xargs -r -n1 umount -l
  fi
  rm -rf "$dir"
  echo "removed $dir and everything that was started from it"
}

# ---- up ------------------------------------------------------------------------------------------------------------
build() {
  say "building build/release/plimsoll"
  (cd "$source_dir" && mkdir -p build && cmake --preset release -DBUILD_TESTING=OFF >build/release-configure.log &&
    cmake --build --preset release --target plimsoll -- --quiet) || fail "the build failed; its output is above"
}

start_registry() {
  cat >"$dir/registry.yml" <<YAML
version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: $dir/registry }, delete: { enabled: true } }
http: { addr: "$registry" }
YAML
  if ! running registry && curl -s -m 2 "http://$registry/" >/dev/null; then
    fail "$registry is taken by another program; set QUICKSTART_REGISTRY_PORT to a free port"
  fi
  start registry docker-registry serve "$dir/registry.yml"
  wait_for 20 "the registry at $registry" registry curl -sf "http://$registry/v2/"
  python3 "$source_dir/helm-free-deploy/small_images.py" --registry "$registry" --example "$source_dir/manifests" | sed 's/^/    /'
}

git_work() { git -C "$dir/manifests" -c user.name=quickstart -c user.email=quickstart@localhost -c core.hooksPath=/dev/null "$@"; }

# A copy of manifests/ that fits on one machine: its one engine instead of three, the local registry, high ports.
make_repository() {
  [ -d "$dir/manifests/.git" ] && return 0
  git init -q --bare -b main "$dir/manifests.git"
  git init -q -b main "$dir/manifests"
  mkdir -p "$dir/manifests/manifests/environments"
  cp -r "$source_dir/manifests/apps" "$source_dir/manifests/schema" "$dir/manifests/manifests/"
  cat >"$dir/manifests/manifests/instances.yaml" <<YAML
# One machine for the quickstart; the example of three is manifests/instances.yaml in the sources.
instances:
  local: { engine: "unix://$engine_socket", variables: { ADDRESS: 127.0.0.1 } }
YAML
  # Its lines `instances: [...]` go; the first of them, without indentation, names the local engine.
  sed -e 's/^instances: .*/instances: [local]/' -e '/^ \+instances: \[/d' -e "s/^variables:/&\n\
  REGISTRY: $registry\n  MIRROR: $registry\n  FRONTEND_PORT: $frontend_port\n  MAPS_PORT: $((frontend_port + 1))\n\
  GRAFANA_PORT: $((frontend_port + 2))\n  PROMETHEUS_PORT: $((frontend_port + 3))\n  MYSQL_PORT: $((frontend_port + 4))/" \
    "$source_dir/manifests/environments/dev.yaml" >"$dir/manifests/manifests/environments/dev.yaml"
  git_work add -A && git_work commit -q -m "The example" && git_work remote add origin "$dir/manifests.git"
  git_work push -q origin main
}

write_config() {
  mkdir -p "$dir/secrets/dev" "$dir/state"
  chmod 700 "$dir/secrets"
  local name
  for name in DATABASE_PASSWORD DATABASE_ROOT_PASSWORD MAP_API_KEY GRAFANA_PASSWORD; do
    [ -s "$dir/secrets/dev/$name" ] || openssl rand -hex 16 >"$dir/secrets/dev/$name"
  done
  [ -s "$dir/secrets/webhook" ] || openssl rand -hex 16 >"$dir/secrets/webhook"
  cat >"$dir/controller.yaml" <<YAML
installation: quickstart
source: { url: "file://$dir/manifests.git", branch: main, path: manifests, poll_interval: 30s }
state_dir: $dir/state
secrets_dir: $dir/secrets
listen: $listen
socket: $control_socket
webhook: { secret_file: $dir/secrets/webhook }
YAML
}

# What a git host does after a push: a signed hint to the controller, so that nobody waits for the next poll. Only a hint.
send_webhook() {
  local body signature url="file://$dir/manifests.git"
  body='{"ref":"refs/heads/main","repository":{"clone_url":"'$url'","git_url":"'$url'","ssh_url":"'$url'","html_url":"'$url'"}}'
  signature=$(printf %s "$body" | openssl dgst -sha256 -hmac "$(cat "$dir/secrets/webhook")" | sed 's/.* //')
  curl -sf -o /dev/null -H 'Content-Type: application/json' -H 'X-GitHub-Event: push' \
    -H "X-Hub-Signature-256: sha256=$signature" --data-binary "$body" "http://$listen/api/webhook" ||
    echo "quickstart: the webhook at http://$listen/api/webhook was not taken; the poll comes within 30 s" >&2
}

frontend() { curl -s -m 2 "http://127.0.0.1:$frontend_port/"; }
frontend_is() { [ "$(frontend)" = "acme/frontend $1" ]; }
everything_healthy() {
  "$plimsoll" status -o json --socket "$control_socket" | python3 -c '
import json, sys
targets = json.load(sys.stdin)["targets"]
sys.exit(not targets or any((t["sync"], t["health"]) != ("Synced", "Healthy") for t in targets))'
}

change_tag() {
  local file=$dir/manifests/manifests/environments/dev.yaml old new began
  old=$(sed -n 's/.*images: { web: \(.*\) }.*/\1/p' "$file")
  new=$(awk -F. '{print $1 "." $2 + 1 ".0"}' <<<"$old")
  say "a new version of the front end: CI pushes acme/frontend:$new, somebody merges one changed line"
  python3 "$source_dir/helm-free-deploy/small_images.py" --registry "$registry" "acme/frontend:$new" | sed 's/^/    /'
  sed -i "s/images: { web: .* }/images: { web: $new }/" "$file"
  git_work diff -U0 | sed -n '/^[-+] /s/^/    /p'
  began=$(date +%s%N)
  git_work commit -q -am "frontend $new"
  git_work push -q origin main
  send_webhook
  wait_for 60 "the new version of the front end" controller frontend_is "$new"
  printf '    %s answers at http://127.0.0.1:%s/ : %d ms from commit to answer\n' \
    "$(frontend)" "$frontend_port" $((($(date +%s%N) - began) / 1000000))
}

needs_debian_12() {
  local found
  found=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}") || found=
  [ "$found" = "debian 12" ] || fail "needs Debian 12 (found ${found:-no /etc/os-release})"
}

install_needed() {
  install_packages "${BUILD_PACKAGES[@]}" iptables iproute2 docker-registry git openssl curl ca-certificates \
    python3 procps
  static_busybox "$dir/busybox"
  find_engine
  engine_answers "$engine_socket" >/dev/null 2>&1 || install_engine
}

# With sudo, what comes next is typed by the user who called it: what is to be edited, run and asked becomes theirs.
give_to_caller() {
  [ -n "${SUDO_UID:-}" ] || return 0
  chown -R "$SUDO_UID:$SUDO_GID" "$dir/manifests" "$dir/manifests.git"
  if [ -z "${PLIMSOLL:-}" ]; then chown -R "$SUDO_UID:$SUDO_GID" "$source_dir/build"; fi
  chgrp "$SUDO_GID" "$control_socket"
}

up() {
  needs_debian_12
  claim_directory
  install_needed
  if [ -z "${PLIMSOLL:-}" ]; then build; fi
  start_engine
  echo "$engine_socket" >"$dir/engine"
  say "Docker engine: unix://$engine_socket"
  say "registry at $registry, with small stand-ins for the example's images"
  start_registry
  make_repository
  write_config
  say "controller: plimsoll run --config $dir/controller.yaml"
  stop controller # an older build, when this is not the first time
  start controller "$plimsoll" run --config "$dir/controller.yaml"
  wait_for 60 "the controller" controller curl -sf "http://$listen/readyz"
  send_webhook
  WAIT_INTERVAL=0.5 wait_for 180 "the example's apps Synced and Healthy (plimsoll status --socket $control_socket)" \
    controller everything_healthy
  say "plimsoll status"
  "$plimsoll" status --socket "$control_socket"
  change_tag
  give_to_caller
  say "what to type next"
  cat <<TEXT
    alias plimsoll='$plimsoll'; export PLIMSOLL_SERVER=unix://$control_socket
    plimsoll status dev/frontend                       # services, containers, conditions
    plimsoll history dev/frontend
    \$EDITOR $dir/manifests/manifests/environments/dev.yaml
    plimsoll diff --manifests $dir/manifests/manifests # what it would do, before you merge it
    git -C $dir/manifests commit -am 'my change' && git -C $dir/manifests push origin main
    plimsoll sync --wait                               # or wait for the poll (30 s)
    $source_dir/helm-free-deploy/quickstart.sh --down  # removes all of this
TEXT
}

# A test sources the functions.
[ "${BASH_SOURCE[0]}" = "$0" ] || return 0
case ${1:-} in
  "" | --down) ;;
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  *) fail "there is no option '$1'; see --help" ;;
esac
become_root "$source_dir/helm-free-deploy/quickstart.sh" "$@"
if [ "${1:-}" = --down ]; then down; else up; fi
