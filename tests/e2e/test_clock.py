"""The clock of the controller's machine is put an hour forward and an hour back while it runs, with libfaketime.

The engine keeps the right time. Nothing steady is recreated, a gate takes as long as it takes, neither no time nor an
hour, and what was to be tried again in seconds is tried again in seconds.
"""
import datetime
import glob
import json
import os
import time
import unittest
import urllib.parse

import harness
from harness import NEVER_READY, ManifestRepo, Scenario, answer, free_port, ours, push_image, surround

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
MIN_READY = 3
#: An hour is wrong, whichever way; what a rollout of these takes on a slow machine is far less.
SOON = 30
CHECKED = {"healthcheck": {"test": ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"],
                           "interval": "500ms", "timeout": "2s", "retries": 4}}


def setUpModule():
    global registry, engine
    if not LIBRARY:
        raise unittest.SkipTest("no libfaketime: apt-get install faketime")
    registry, engine = surround({"web": "12", "web:sick": NEVER_READY})


class Clock(Scenario):
    def setUp(self):
        super().setUp()
        self.hand = os.path.join(self.folder, "clock")
        self.set_clock("+0")
        checked, plain = ({"port": free_port(), "healthcheck": False, "service": service} for service in (
            CHECKED, {"x-plimsoll": {"min_ready": f"{MIN_READY}s"}}))
        self.ports = {"checked": checked["port"], "plain": plain["port"]}
        self.repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, {"checked": checked, "plain": plain})
        self.repo.commit("first")
        self.plimsoll = self.install(self.repo.url)
        self.plimsoll.env = {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": self.hand, "FAKETIME_NO_CACHE": "1",
                             "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
        self.plimsoll.start()
        self.plimsoll.settled()

    def set_clock(self, seconds):
        with open(self.hand + ".new", "w") as out:
            out.write(seconds + "\n")
        os.rename(self.hand + ".new", self.hand)

    def move(self, seconds):
        """Moves the clock, and looks whether the controller goes by it."""
        self.set_clock(seconds)
        self.repo.write("noise.txt", seconds)
        revision = self.repo.commit("nothing that matters")
        self.plimsoll.wait(lambda: revision in self.plimsoll.log_text(), "the log tells of the revision", SOON)
        line = next(text for text in self.plimsoll.log_text().splitlines() if revision in text)
        told = datetime.datetime.fromisoformat(line.split()[0].replace("Z", "+00:00")).timestamp()
        self.assertAlmostEqual(told - time.time(), int(seconds), delta=120)

    def containers(self, app):
        return [c["Id"] for c in ours(engine, app=app) if c["State"] == "running"]

    # -- what must hold whichever way the clock goes ------------------------------------------------------------------

    def nothing_steady_changes(self, seconds):
        before = sorted(c["Id"] for c in ours(engine))
        self.move(seconds)
        polls = self.plimsoll.polls()
        self.plimsoll.wait(lambda: self.plimsoll.polls() >= polls + 2, "two polls, each of which looks at every target")
        self.plimsoll.settled(timeout=SOON)
        self.assertEqual(sorted(c["Id"] for c in ours(engine)), before)

    def gate_of_uptime(self, seconds):
        self.move(seconds)
        since, old = time.time(), self.containers("plain")[0]
        self.plimsoll.settled("dev/plain", revision=self.repo.deploy("plain", 2), timeout=SOON)
        self.assertEqual(answer(self.ports["plain"]), "2")
        started = engine.inspect(self.containers("plain")[0])["State"]["StartedAt"]
        ran = removed_at(old, since) - seconds_of(started)
        self.assertGreaterEqual(ran, MIN_READY, "the old one is there until the new one has run for min_ready")

    def gate_of_health(self, seconds):
        self.move(seconds)
        self.plimsoll.settled("dev/checked", revision=self.repo.deploy("checked", 2), timeout=SOON)
        self.assertEqual(answer(self.ports["checked"]), "2")
        self.assertNotIn("RolledBack", self.plimsoll.log_text())

    def failing_update(self, seconds):
        self.move(seconds)
        self.repo.deploy("checked", "sick")
        said = self.plimsoll.shows("dev/checked", reason="RolledBack", timeout=SOON)["message"]
        self.assertIn("wget", said, "what the health check said, not that it took too long")
        self.plimsoll.wait(lambda: answer(self.ports["checked"]) == "1", "the old one serves", SOON)

    def try_again(self, seconds):
        late = "late-forward" if seconds.startswith("+") else "late-back"
        self.repo.deploy("plain", late)
        self.plimsoll.shows("dev/plain", reason="WaitingForImage")
        self.set_clock(seconds)
        push_image(registry.address, f"web:{late}", version="late")
        self.plimsoll.wait(lambda: answer(self.ports["plain"]) == "late", "tried again in seconds", SOON)


def seconds_of(text):
    """Of the engine's times, which have nanoseconds."""
    return datetime.datetime.fromisoformat(text[:26].rstrip("Z") + "+00:00").timestamp()


def removed_at(container, since):
    """When, by the engine's clock."""
    found = engine.request("GET", "/events?" + urllib.parse.urlencode({
        "since": f"{since:.6f}", "until": f"{time.time():.6f}",
        "filters": json.dumps({"container": [container], "event": ["destroy"]})}))
    return (found if isinstance(found, dict) else json.loads(found.splitlines()[0]))["timeNano"] / 1e9


def case(promise, seconds):
    return lambda self: getattr(self, promise)(seconds)


for promise in ("nothing_steady_changes", "gate_of_uptime", "gate_of_health", "failing_update", "try_again"):
    for way, seconds in (("forward", "+3600"), ("back", "-3600")):
        setattr(Clock, f"test_{promise}_an_hour_{way}", case(promise, seconds))


if __name__ == "__main__":
    harness.main()
