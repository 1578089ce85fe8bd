"""The engine dies in the middle of a rollout, with SIGKILL, and is started again over the same data.

Its containers are down with it, so nothing is promised for as long as it takes; what is promised is the end: every
story converges by itself, nothing is there twice or left, no volume is lost, and all answer by port and by name.

Several stories are on their way at once, each is held at its middle request, and one death meets all of them: some
before the engine has heard that request, the others when it has done what was asked and nobody knows. The controllers
live on; they must say that the engine is gone before it comes back.
"""
import concurrent.futures
import threading
import time

import harness
from engine_proxy import changing
from harness import Scenario, surround, wait_until
from rollout_lane import PATIENCE, Lane
from rollout_matrix import chosen_stories, raise_all, say
from rollout_stories import IMAGES

#: How many stories one death meets.
BESIDE = 8
#: Answers that each app has to give in a row when all is over.
ASKED = 10


def setUpModule():
    global registry, engine
    registry, engine = surround(IMAGES)


class Outage:
    """Kills the engine when all rollouts are at their moment, starts it when all controllers have noticed."""

    def __init__(self, rollouts):
        self.struck = threading.Barrier(rollouts, engine.kill, PATIENCE)
        self.noticed = threading.Barrier(rollouts, engine.start, PATIENCE)

    def before(self, exchange):
        self.struck.wait()
        return False

    def after(self, exchange):
        exchange.ask()
        self.struck.wait()
        return False

    def give_up(self):
        """One rollout cannot go on: the others need not wait for it."""
        self.struck.abort()
        self.noticed.abort()


def prepare(lane):
    """An undisturbed rollout; the number of the request in the middle of those that change something."""
    return len(changing(lane.start().roll_out().requests)) // 2 + 1


def unknown(lane):
    targets = lane.plimsoll.status()["targets"]
    return targets and all(target["sync"] == "Unknown" for target in targets)


def meet(lane, number, outage, act):
    """One rollout through the outage, and everything that must hold at its end; how long it took from the start."""
    try:
        revision = lane.advance()
        lane.disturbed = script = lane.proxy.begin(number, act, changes=True)
        lane.plimsoll.spawn()
        lane.wait(script.acted.is_set, f"changing request {number} and the death of the engine")
        script.finish()
        revision = lane.teller.take_back() or revision
        lane.wait(lambda: unknown(lane), "the status tells that the engine is gone")
        outage.noticed.wait()
    except Exception:
        outage.give_up()
        raise
    began = time.monotonic()
    lane.plimsoll.cli("sync", expect=None)
    lane.converge(revision)
    took = time.monotonic() - began
    lane.halt()
    # What is asked here is how a failed update ended. An outage can take most of its back-off, so that the kill came
    # when it was tried again already; the next back-off is twice as long, and begins with the end of that try.
    for _ in range(2):
        if not lane.tries_again():
            break
        lane.plimsoll.spawn()
        lane.converge(revision)
        lane.halt()
    lane.ask()
    wait_until(lambda: all(prober.asked >= ASKED for prober in lane.probers.values()), "everybody was asked", PATIENCE)
    lane.check()
    lane.ask_no_more()
    return took


class EngineRestart(Scenario):
    shows_logs = False

    def setUp(self):
        super().setUp()
        self.failures = []

    def test_no_death_of_the_engine_shows_when_it_is_back(self):
        lanes = [Lane(self, story, engine, registry, asked=False) for story in chosen_stories()]
        for lane in lanes:
            self.addCleanup(lane.stop)
        began = time.monotonic()
        for first in range(0, len(lanes), BESIDE):
            beside = lanes[first:first + BESIDE]
            # Each just before its own death. Engine 20.10 can keep the port of a container that died with it, for good:
            # a story that stood idle through the deaths of others would begin with what cannot be started any more.
            with concurrent.futures.ThreadPoolExecutor(BESIDE) as pool:
                middles = list(pool.map(prepare, beside))
            say(f"{len(beside)} stories ready after {time.monotonic() - began:.0f} s")
            self._strike(beside, middles)
        say(f"{len(lanes)} rollouts through deaths of the engine; {time.monotonic() - began:.0f} s")
        raise_all(self.failures)

    def _strike(self, lanes, middles):
        outage = Outage(len(lanes))
        sides = [(name, getattr(outage, name)) for name in ("before", "after")]
        with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
            rollouts = [(lane, number, side, pool.submit(meet, lane, number, outage, act))
                        for at, (lane, number) in enumerate(zip(lanes, middles)) for side, act in [sides[at % 2]]]
        for lane, number, side, rollout in rollouts:
            where = f"{lane.story.name}, killed {side} {lane.disturbed.told()} ({number})"
            error = rollout.exception()
            if error:
                self.failures.append(f"{where}: {error!r}\n{lane.plimsoll.log_tail(60)}")
            say(f"{where}: " + (f"FAILED {str(error)[:300]}" if error else f"{rollout.result():.1f} s"))


if __name__ == "__main__":
    harness.main()
