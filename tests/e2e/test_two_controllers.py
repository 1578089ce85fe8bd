"""Two controllers, each with an installation id and a manifest repository of its own, on one engine.

Both change all the time, at random, for PLIMSOLL_TWO_SECONDS seconds (20 by default; 120 is the long form) from
PLIMSOLL_TWO_SEED (printed). Their environments differ; one environment both have, on purpose: the app that was there
first stays whose it is, and the other controller reports a conflict. Each speaks to the engine through a proxy that
keeps what it asked for, so that every request that changes something can be held against who owns what it names.
"""
import os
import random
import re
import time

import harness
from engine_events import EventLog
from engine_proxy import EngineProxy, changing
from harness import ManifestRepo, Scenario, compose_of, ours, surround, to_yaml
from random_manifests import IMAGES, RandomManifests
from rollout_matrix import say

SECONDS = float(os.environ.get("PLIMSOLL_TWO_SECONDS", "20"))
SEED = int(os.environ.get("PLIMSOLL_TWO_SEED", str(int(time.time()))))
PATIENCE = 120
#: {installation: (its environment, the app of the shared environment that it brings first)}
SIDES = {"north": ("red", "left"), "south": ("blue", "right")}
SHARED = "both"
QUIET = {"healthcheck": False, "service": {"x-plimsoll": {"min_ready": "300ms"}}}


def setUpModule():
    global registry, engine
    registry, engine = surround(IMAGES)


class Side:
    """One controller with its repository, behind its proxy."""

    def __init__(self, scenario, name):
        self.name = name
        self.environment, self.own = SIDES[name]
        self.proxy = EngineProxy(os.path.join(scenario.folder, name + ".sock"), engine.socket)
        self.script = self.proxy.begin()
        repo = ManifestRepo(scenario.folder, name=name)
        chance = random.Random(f"{SEED} {name}")
        self.manifests = RandomManifests(repo, self.proxy.url, registry, self.environment, chance)
        self.share(self.own)
        self.plimsoll = scenario.install(repo.url, installation=name, poll="500ms")

    def share(self, *apps):
        """Brings these apps to the environment that both have."""
        repo = self.manifests.repo
        for app in apps:
            repo.write(f"apps/{app}/compose.yaml", compose_of(registry, app, QUIET))
        repo.write(f"environments/{SHARED}.yaml", to_yaml({
            "environment": SHARED, "instances": ["one"], "apps": {app: {"images": {"web": "1"}} for app in apps}}))
        self.manifests.revision = repo.commit(f"{SHARED}: {' '.join(apps)}")

    def settled(self):
        """Whether all that it can have is there, at the last revision."""
        status = self.plimsoll.status()
        mine = [t for t in status["targets"] if t["environment"] == self.environment or t["app"] == self.own]
        return self.manifests.revision in status["revision"] and len(mine) == len(self.manifests.wanted) + 1 and all(
            (t["sync"], t["health"]) == ("Synced", "Healthy") for t in mine)

    def conflicts(self):
        """What it says of the app that the other one had first."""
        return [t for t in self.plimsoll.status()["targets"]
                if t["environment"] == SHARED and t["app"] != self.own and t["reason"] == "Conflict"]

    def trespasses(self, owners, networks):
        """Those of its requests that are to change something of the other one."""
        return [text for text in changing(self.script.requests) if self.is_foreign(text, owners, networks)]

    def is_foreign(self, text, owners, networks):
        kind, name = re.match(r"\S+ /(\w+)/([^/?]*)", text).groups()
        if kind == "containers" and name != "create":
            return owners.get(name) != self.name
        if kind in ("networks", "volumes") and name != "create":
            name = networks.get(name, name)
            return not name.startswith((f"{self.environment}-", f"{SHARED}-{self.own}_", "plimsoll-files-"))
        return False


def identities(installation):
    """{name: (id, when it was started)} of its containers in the environment that both have."""
    return {c["Names"][0]: (c["Id"], engine.inspect(c["Id"])["State"]["StartedAt"])
            for c in ours(engine, installation, environment=SHARED)}


class TwoControllers(Scenario):
    def test_neither_touches_what_is_of_the_other(self):
        say(f"seed {SEED}, {SECONDS:.0f} s")
        with EventLog(engine.socket) as events:
            sides = [Side(self, name) for name in SIDES]
            for side in sides:
                side.plimsoll.start(ready=False)
            for side in sides:
                side.plimsoll.wait(side.settled, f"{side.name} begins", PATIENCE)
            first = {side.name: identities(side.name) for side in sides}
            for side in sides:
                side.share("left", "right")
            changes = self._commit(sides)
            for side in sides:
                side.manifests.calm()
            for side in sides:
                side.plimsoll.wait(side.settled, f"{side.name} is Synced", PATIENCE)
                side.plimsoll.wait(side.conflicts, f"{side.name} reports the conflict", PATIENCE)
                self.assertEqual(side.manifests.complaints(engine, side.name), [])
            for side in sides:
                self.assertEqual(identities(side.name), first[side.name], "what both want stays as it was")
                self.assertEqual(side.plimsoll.stop(), 0)
            owners, networks = events.owners(), events.networks()
        self._judge(sides, owners, networks)
        say(f"{changes} commits, {len(owners)} containers, " + ", ".join(
            f"{side.name} asked for {len(changing(side.script.requests))} changes" for side in sides))

    def _commit(self, sides):
        """Both commit until the time is over; how often."""
        end, done = time.monotonic() + SECONDS, 0
        pace = random.Random(SEED)
        while time.monotonic() < end:
            done += bool(pace.choice(sides).manifests.change())
            time.sleep(pace.uniform(0, 0.6))  # not for anything: at random is how people commit
        return done

    def _judge(self, sides, owners, networks):
        self.assertEqual(set(owners.values()), set(SIDES))
        for side in sides:
            self.assertEqual(side.trespasses(owners, networks), [])
            other = next(one for one in sides if one is not side)
            foreign = next(f"DELETE /containers/{one}?v=0" for one, owner in owners.items() if owner == side.name)
            self.assertTrue(other.is_foreign(foreign, owners, networks), "one that does would be noticed")


if __name__ == "__main__":
    harness.main()
