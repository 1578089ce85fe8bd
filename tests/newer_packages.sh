# Sourced by tests/run.sh and tests/bench/run.sh: engines and Compose of newer Debian suites, for tests. They are unpacked
# below build/ and never installed; the machine's own apt keeps its sources, lists and packages as they are.

# newer_engine MAJOR INIT SUITE...: unpacks that Docker engine into build/engines/MAJOR, out of the first suite that has
# it; INIT is the suite's package with tini-static. runc is the machine's own: the suites' needs a newer libc.
newer_engine() {
  unpack_newer "Engine $1" "build/engines/$1" "$1" "dockerd containerd docker-init" "${*:3}" docker.io containerd "$2"
}

# newer_compose VERSION SUITE...: unpacks that docker-compose into build/engines/compose-VERSION.
newer_compose() { unpack_newer "docker-compose $1" "build/engines/compose-$1" "$1" docker-compose "${*:2}" docker-compose; }

# unpack_newer WHAT DIRECTORY VERSION PROGRAMS SUITES PACKAGE...: makes DIRECTORY the programs of these packages. VERSION
# is how that of the first package has to begin; PROGRAMS have to run here. Where DIRECTORY is already, nothing is asked
# for. When it cannot be had: 1, and one line with the reason, which DIRECTORY.missing holds as well.
unpack_newer() {
  local what=$1 directory=$2 version=$3 programs=$4 suites=$5 suite reason=; shift 5
  if [ -d "$directory" ]; then return 0; fi
  echo "==> fetching $what" >&2
  mkdir -p "$directory.making"
  for suite in $suites; do
    if unpack_from_suite "$@" 2>>"$directory.making/log"; then
      mv "$directory.making/bin" "$directory"
      rm -rf "$directory.making" "$directory.missing"
      return 0
    fi
  done
  echo "$what cannot be had: ${reason# } (see $directory.making/log)" | tee "$directory.missing" >&2
  return 1
}

# unpack_from_suite PACKAGE...: the part of `unpack_newer` for one $suite, whose variables it uses; adds to $reason.
unpack_from_suite() {
  local apt=build/apt/$suite scratch=$directory.making/$suite options found program
  rm -rf "$scratch" "$directory.making/bin"
  mkdir -p "$apt"/{state/lists/partial,cache/archives/partial} "$scratch" "$directory.making/bin"
  echo "deb ${DEBIAN_MIRROR:-http://deb.debian.org/debian} $suite main" >"$apt/sources.list"
  : >"$apt/status"
  # Error-Mode: without it, `update` calls a mirror that cannot be reached a success.
  options=(-qq -o APT::Update::Error-Mode=any -o Acquire::Retries=1 -o Acquire::http::Timeout=20
    -o Dir::Etc::SourceList="$PWD/$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State="$PWD/$apt/state" -o Dir::State::status="$PWD/$apt/status" -o Dir::Cache="$PWD/$apt/cache")
  because() { reason+=" Debian $suite $1;"; return 1; }

  apt-get "${options[@]}" update >&2 || { because "could not be read from its mirror"; return 1; }
  found=$(apt-cache "${options[@]}" show --no-all-versions "$1" | sed -n 's/^Version: //p')
  [[ $found == "$version".* || $found == "$version"[-+~]* ]] || { because "has $1 ${found:-not at all}"; return 1; }
  (cd "$scratch" && apt-get "${options[@]}" download "$@" >&2) || { because "did not give its packages"; return 1; }
  for program in "$scratch"/*.deb; do
    dpkg -x "$program" "$scratch" || { because "has packages that cannot be unpacked"; return 1; }
  done
  # Programs, and then the links between them (docker-init is one).
  find "$scratch/usr" \( -path '*/usr/*bin/*' -o -path '*/cli-plugins/*' \) -type f -exec mv -t "$directory.making/bin" {} +
  find "$scratch/usr" -path '*/usr/*bin/*' -type l -exec cp -nP -t "$directory.making/bin" {} +
  for program in $programs; do
    "$directory.making/bin/$program" --version >&2 || { because "has a $program that does not run here"; return 1; }
  done
}
