"""newer_packages.sh on a stand-in for apt, and what tests say where it could not fetch an engine. No network."""
import os
import subprocess
import sys
import tempfile
import unittest

import harness

SCRIPT = os.path.join(harness.SOURCE, "tests", "newer_packages.sh")
APT_GET = """#!/bin/bash
echo "${@: -1}" >>"$FOLDER/asked"
for word in "$@"; do case $word in
  update) exit "${UPDATE:-0}" ;;
  download) cp "$FOLDER"/debs/*.deb . ;;
esac; done
"""
#: Of the suite whose sources the options name.
APT_CACHE = """#!/bin/bash
[[ "$*" = *build/apt/old/* ]] && echo "Version: 27.5.1" || echo "Version: 28.0.4+dfsg1-1"
"""


class NewerPackages(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="newer-packages-")
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.write("bin/apt-get", APT_GET)
        self.write("bin/apt-cache", APT_CACHE)
        self.package("docker.io", dockerd="echo dockerd $1", **{"docker-proxy": "exit 1"})
        self.package("containerd", containerd="echo containerd $1")
        self.package("tini-static", **{"tini-static": "echo tini $1"})

    def write(self, path, text):
        full = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as out:
            out.write(text)
        os.chmod(full, 0o755)

    def read(self, path):
        with open(os.path.join(self.folder, path)) as text:
            return text.read()

    def package(self, name, **programs):
        """A package with these shell scripts; docker.io has the link docker-init as well, as Debian's does."""
        tree = f"{self.folder}/trees/{name}"
        for program, script in programs.items():
            self.write(f"trees/{name}/usr/bin/{program}", f"#!/bin/sh\n{script}\n")
        if name == "docker.io" and not os.path.lexists(tree + "/usr/bin/docker-init"):
            os.symlink("tini-static", tree + "/usr/bin/docker-init")
        self.write(f"trees/{name}/DEBIAN/control",
                   f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: a\n")
        os.makedirs(self.folder + "/debs", exist_ok=True)
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, self.folder + "/debs"], check=True,
                       stdout=subprocess.DEVNULL)

    def call(self, text, stand_in=True, **env):
        path = (self.folder + "/bin:" if stand_in else "") + os.environ["PATH"]
        return subprocess.run(["bash", "-c", f"set -euo pipefail; . {SCRIPT}; {text}"], cwd=self.folder, timeout=60,
                              env=dict(os.environ, PATH=path, FOLDER=self.folder, **env), capture_output=True, text=True)

    def cannot(self, reply, reason):
        self.assertEqual(reply.returncode, 1, reply)
        line = f"Engine 28 cannot be had: {reason}; (see build/engines/28.making/log)\n"
        self.assertEqual(reply.stderr, "==> fetching Engine 28\n" + line)
        self.assertEqual(self.read("build/engines/28.missing"), line)
        self.assertFalse(os.path.exists(self.folder + "/build/engines/28"))

    def test_an_engine_is_fetched_once_from_the_first_suite_that_has_it(self):
        for _ in range(2):
            reply = self.call("newer_engine 28 tini-static old new")
            self.assertEqual(reply.returncode, 0, reply)
        self.assertEqual(self.read("asked").split(), ["update", "update", "tini-static"])
        self.assertEqual(sorted(os.listdir(self.folder + "/build/engines")), ["28"])
        self.assertEqual(sorted(os.listdir(self.folder + "/build/engines/28")),
                         ["containerd", "docker-init", "docker-proxy", "dockerd", "tini-static"])

    def test_one_that_came_later_is_missing_no_more(self):
        self.cannot(self.call("newer_engine 28 tini-static old"), "Debian old has docker.io 27.5.1")
        self.assertEqual(self.call("newer_engine 28 tini-static new").returncode, 0)
        self.assertEqual(os.listdir(self.folder + "/build/engines"), ["28"])

    def test_why_it_cannot_be_had_is_one_line(self):
        self.cannot(self.call("newer_engine 28 tini-static old older", UPDATE="100"),
                    "Debian old could not be read from its mirror; Debian older could not be read from its mirror")
        self.package("containerd", containerd="echo needs a newer libc >&2; exit 1")
        self.cannot(self.call("newer_engine 28 tini-static new"), "Debian new has a containerd that does not run here")
        self.assertIn("needs a newer libc", self.read("build/engines/28.making/log"))

    def test_2_is_not_taken_for_28(self):
        self.assertEqual(self.call('newer_engine 2 tini-static new || cat build/engines/2.missing').stdout.count("28.0.4"), 1)

    def test_what_debian_has_not_signed_is_refused(self):
        """By the real apt: a mirror whose suite anybody could have made."""
        self.write("mirror/dists/new/main/binary-all/Packages", "")
        self.write("mirror/dists/new/Release", "Suite: new\nComponents: main\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n")
        self.cannot(self.call("newer_engine 28 tini-static new", stand_in=False, DEBIAN_MIRROR=f"file:{self.folder}/mirror"),
                    "Debian new could not be read from its mirror")
        self.assertIn("is not signed", self.read("build/engines/28.making/log"))


class LeftOut(unittest.TestCase):
    def test_tests_on_an_engine_that_is_not_there_say_why(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/28.missing", "w") as out:
                out.write("Engine 28 cannot be had: no mirror\n")
            for program in ("e2e/test_deploy.py", "contract/run_contract.py"):
                for engine, reason in (("28", "Engine 28 cannot be had: no mirror"), ("26", "26 is not there")):
                    done = subprocess.run([sys.executable, os.path.join(harness.SOURCE, "tests", program), "false"],
                                          env=dict(os.environ, PLIMSOLL_ENGINE=f"{folder}/{engine}"), timeout=60,
                                          capture_output=True, text=True)
                    self.assertEqual(done.returncode, 77, done)
                    self.assertRegex(done.stdout, rf"^left out: .*{reason}.*\n$")


if __name__ == "__main__":
    harness.main()
