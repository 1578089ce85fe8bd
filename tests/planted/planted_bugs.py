#!/usr/bin/env python3
"""Plants bugs in the planner and the executor, one at a time, and shows that the suites catch each: planted_bugs.py [name]

Works on a copy of the sources in build/planted, built without sanitizers. A bug is a piece of code that occurs once in
its file, and what stands there instead. Ends with 1 when a suite stays green under a bug, or without any is red.
"""
import os
import shutil
import subprocess
import sys
import time

from bugs import BUGS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLACE = os.path.join(ROOT, "build", "planted")
SOURCE = os.path.join(PLACE, "source")
BUILD = os.path.join(PLACE, "build")
SUITES = ("test_plan", "test_reconcile")
#: Enough histories for what no case file shows.
WALKS = {"PLIMSOLL_WALKS": "3000", "PLIMSOLL_UPDATES": "1000"}


def prepare():
    """A copy of the sources; files that did not change keep their times, so that little is built again."""
    os.makedirs(SOURCE, exist_ok=True)
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], check=True,
                            capture_output=True, text=True).stdout.splitlines()
    for name in listed:
        to, origin = os.path.join(SOURCE, name), os.path.join(ROOT, name)
        if not os.path.isfile(origin):
            continue
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if not os.path.exists(to) or read(to, "rb") != read(origin, "rb"):
            shutil.copyfile(origin, to)
    subprocess.run(["cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                    "-DCMAKE_CXX_FLAGS_RELEASE=-O1", "-DBUILD_TESTING=ON"], check=True, stdout=subprocess.DEVNULL)


def read(path, mode="r"):
    with open(path, mode) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def caught():
    """The suites that fail, and the first line that says why; a program that does not compile is no bug to be caught."""
    subprocess.run(["ninja", "-C", BUILD, "--quiet", *SUITES], check=True, stdout=subprocess.DEVNULL)
    for suite in SUITES:
        try:
            done = subprocess.run([os.path.join(BUILD, suite)], capture_output=True, text=True, timeout=300, check=False,
                                  env={**os.environ, **WALKS})
        except subprocess.TimeoutExpired:
            return suite, "never ends"
        if done.returncode != 0:
            return suite, reason(done.stdout)
    return None


def reason(output):
    lines = [line.strip() for line in output.splitlines() if not line.endswith("each checked")]
    for mark in ("PLIMSOLL_SEED=", "seed ", "tests/plan/cases/"):
        for line in lines:
            if mark in line:
                return line[line.index(mark):][:110]
    return next((line for line in lines if "FAILED" in line), "")[-110:]


def plant(bug):
    """True when the suites catch it."""
    path = os.path.join(SOURCE, bug.file)
    text = read(path)
    if text.count(bug.code) != 1:
        print(f"STALE  {bug.name}: its code occurs {text.count(bug.code)} times in {bug.file}")
        return False
    write(path, text.replace(bug.code, bug.instead))
    began = time.monotonic()
    try:
        found = caught()
    finally:
        write(path, text)
    verdict = f"caught {bug.name}: {found[0]}, {found[1]}" if found else f"MISSED {bug.name}"
    print(f"{verdict} ({time.monotonic() - began:.0f} s)", flush=True)
    return found is not None


def main():
    prepare()
    wanted = [bug for bug in BUGS if len(sys.argv) < 2 or bug.name in sys.argv[1:]]
    green = caught()
    if green:
        print(f"without any bug {green[0]} fails: {green[1]}")
        return 1
    missed = [bug for bug in wanted if not plant(bug)]
    print(f"{len(wanted) - len(missed)} of {len(wanted)} planted bugs caught")
    return 1 if missed or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
