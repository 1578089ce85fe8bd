"""Commits, deaths, drift and faults at random and at full speed, for PLIMSOLL_SOAK_SECONDS seconds (120 by default; 900
is the long form) from PLIMSOLL_SOAK_SEED (printed); then peace.

Three quarters of the time the controller lives and its memory is watched, then it is killed again and again. At the end
of both the engine is asked, not the controller: what runs is what the branch says, and nothing is left on the way.

How memory is judged: the resident set is sampled once a second while one and the same process works. The first half is
left out, since what is kept up to a limit (events, operations, inspect results, arenas) fills then. Of the rest, the
slope is the median of the slopes between all pairs of samples at least a quarter of the time apart, which spikes do not
move. More than GROWTH_ALLOWED fails; a leak of 1 MiB a minute is more, however little else grows.
"""
import math
import os
import random
import statistics
import threading
import time

import harness
from engine_proxy import EngineProxy, answer_500, cut, delay, lose, refuse
from harness import ManifestRepo, Scenario, ours, surround
from random_manifests import IMAGES, RandomManifests
from rollout_matrix import say

SECONDS = float(os.environ.get("PLIMSOLL_SOAK_SECONDS", "120"))
SEED = int(os.environ.get("PLIMSOLL_SOAK_SEED", str(int(time.time()))))
#: MiB a minute.
GROWTH_ALLOWED = 0.75
PATIENCE = 240
INSTALLATION = "soak"
FAULTS = (refuse, lose, answer_500, cut, delay(0.5))


def setUpModule():
    global registry, engine
    registry, engine = surround(IMAGES)


class Memory:
    """The resident set of a process in MiB, once a second from `start()` to `stop()`."""

    def __init__(self, pid):
        self.samples = []  # (seconds, MiB)
        self._pid, self._done = pid, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._done.set()
        self._thread.join()

    def _run(self):
        while not self._done.is_set():
            with open(f"/proc/{self._pid}/statm") as text:
                pages = int(text.read().split()[1])
            self.samples.append((time.monotonic(), pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)))
            self._done.wait(1)


def slope_of(samples):
    """MiB a minute."""
    kept = samples[len(samples) // 2:]
    apart = (kept[-1][0] - kept[0][0]) / 4
    return statistics.median((b - a) / (t - s) * 60 for i, (s, a) in enumerate(kept) for t, b in kept[i + 1:]
                             if t - s >= apart)


def told(samples):
    """About a dozen of them."""
    return ", ".join(f"{size:.1f}" for _, size in samples[::max(1, len(samples) // 12)])


class Trouble:
    """What can go wrong at random. Each returns what it did in words, or None when there was nothing to do it to."""

    def __init__(self, proxy, chance):
        self.proxy, self.chance = proxy, chance

    def kill(self):
        return self._by_hand("kill", "POST", "/kill")

    def stop(self):
        return self._by_hand("stop", "POST", "/stop?t=0")

    def pause(self):
        return self._by_hand("pause", "POST", "/pause")

    def remove(self):
        return self._by_hand("rm", "DELETE", "?force=1")

    def disconnect(self):
        one = self._someone()
        networks = list(one["NetworkSettings"]["Networks"]) if one else []
        if not networks:
            return None
        # As a person would: not by force.
        engine.request("POST", f"/networks/{networks[0]}/disconnect", {"Container": one["Id"]}, expect=None)
        return f"disconnect {one['Names'][0]}"

    def fault(self):
        """One of the next requests of the controller."""
        act = self.chance.choice(FAULTS)
        self.proxy.begin(self.chance.randint(1, 12), act)
        return f"fault {act.__name__}"

    def _by_hand(self, what, verb, path):
        one = self._someone()
        if one is None:
            return None
        engine.request(verb, f"/containers/{one['Id']}{path}", expect=None)
        return f"{what} {one['Names'][0]}"

    def _someone(self):
        running = [c for c in ours(engine, INSTALLATION) if c["State"] == "running"]
        return self.chance.choice(running) if running else None


#: (what happens, how often in comparison)
HAPPENS = (("change", 10), ("fault", 5), ("kill", 2), ("stop", 2), ("remove", 2), ("pause", 1), ("disconnect", 1))


class Soak(Scenario):
    def test_peace_comes_after_everything_and_memory_does_not_grow(self):
        say(f"seed {SEED}, {SECONDS:.0f} s")
        self.chance, self.counts = random.Random(SEED), {}
        with EngineProxy(self.folder + "/e.sock", engine.socket) as proxy:
            repo = ManifestRepo(self.folder)
            self.manifests = RandomManifests(repo, proxy.url, registry, "dev", random.Random(f"{SEED} commits"))
            self.trouble = Trouble(proxy, self.chance)
            self.plimsoll = self.install(repo.url, installation=INSTALLATION, poll="500ms").start()
            self.plimsoll.settled(timeout=PATIENCE)
            memory = Memory(self.plimsoll.process.pid).start()
            self._go_on(SECONDS * 3 / 4, dying=False)
            memory.stop()
            slope = slope_of(memory.samples)
            say(f"memory {told(memory.samples)} MiB, {slope:+.2f} MiB a minute")
            self._peace(proxy, "after trouble")
            self._go_on(SECONDS / 4, dying=True)
            self._peace(proxy, "after deaths of the controller")
        say(f"{dict(sorted(self.counts.items()))}")
        self.assertLess(slope, GROWTH_ALLOWED, told(memory.samples))

    def test_a_leak_is_told_from_noise(self):
        noise = random.Random(1)
        for leak, fills, grows in ((0.0, 0.0, False), (0.0, 1.5, False), (1.0, 0.0, True), (1.0, 1.5, True)):
            with self.subTest(leak=leak, fills=fills):
                samples = [(second, 20 + leak * second / 60 + fills * (1 - math.exp(-second / 40)) +
                            noise.choice((0, 0, 0, 0.2, 2))) for second in range(90)]
                self.assertEqual(slope_of(samples) > GROWTH_ALLOWED, grows, slope_of(samples))

    def _go_on(self, seconds, dying):
        happens, weights = zip(*HAPPENS, *([("death", 4)] if dying else []))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            kind = self.chance.choices(happens, weights)[0]
            done = {"change": self.manifests.change, "death": self._death}.get(kind) or getattr(self.trouble, kind)
            if done():
                self.counts[kind] = self.counts.get(kind, 0) + 1
            time.sleep(self.chance.uniform(0, 0.4))  # not for anything: trouble comes when it comes

    def _death(self):
        self.plimsoll.kill()
        self.plimsoll.spawn()
        return "death"

    def _peace(self, proxy, when):
        """No fault and no commit any more: in the end there is exactly what the branch says."""
        proxy.begin()
        self.manifests.calm()
        began = time.monotonic()
        self._mend_the_engine()
        self.plimsoll.settled(revision=self.manifests.revision, timeout=PATIENCE)
        say(f"peace {when} took {time.monotonic() - began:.1f} s")
        complaints = self.manifests.complaints(engine, INSTALLATION)
        self.assertEqual(complaints, [], f"{when}, seed {SEED}\n{self.plimsoll.summary()}")

    def _mend_the_engine(self):
        """Where a container is removed in the very moment of its renaming, Engine 20.10 can leave the name to nothing
        until it is restarted. The controller asks for that, and the soak does it, when no container has the name."""
        def targets():
            return self.plimsoll.status()["targets"]

        def asks():
            return [t["message"] for t in targets() if "if that lasts, restart the engine" in t["message"]]
        self.plimsoll.wait(lambda: asks() or all(t["sync"] == "Synced" and t["health"] == "Healthy" for t in targets()),
                           "everything is as the branch says, or the engine has to be restarted", PATIENCE)
        for message in asks():
            name = message.split("create container ")[1].split(":")[0]
            held = [c["State"] for c in engine.containers() if f"/{name}" in c["Names"]]
            self.assertEqual(held, [], message)
            say(f"the engine keeps the name {name} of a container that is gone: restarted")
            self.counts["restart for a name"] = self.counts.get("restart for a name", 0) + 1
            engine.restart()


if __name__ == "__main__":
    harness.main()
