"""The controller is killed at its requests to the engine, one at a time, and started again.

For a request of a rollout it dies just before the request reaches the engine, and just after the engine has answered,
with SIGKILL both times. The next controller must bring the rollout to its end without a trace: exactly the containers
that belong, nothing half-made, no volume lost, a one-shot run once, and the services answering all the while (see
`rollout_lane` for what is promised, `availability` for who asks, `rollout_matrix` for PLIMSOLL_CUTS).
"""
import time

import harness
from engine_proxy import after, before
from harness import DockerEngine, Registry, Scenario
from rollout_matrix import Matrix
from rollout_stories import STORIES, push_images

SIDES = {"before": before, "after": after}


def setUpModule():
    global registry, engine
    harness.isolate_network()
    registry = Registry().start()
    engine = DockerEngine(bip="172.31.5.1/24").start()
    push_images(registry)


def tearDownModule():
    engine.stop()
    registry.stop()


def cut(lane, number, side):
    """One rollout with one death in it, and everything that must hold at its end."""
    revision = lane.advance()
    died = []

    def kill():
        lane.plimsoll.kill()
        died.append(time.monotonic())
    lane.disturbed = script = lane.proxy.begin(number, SIDES[side](kill))
    lane.restarted_after = 0.0
    lane.plimsoll.spawn()
    lane.wait(lambda: script.acted.is_set() or lane.converged(revision), f"request {number} or the end of the rollout")
    if script.finish():
        second = lane.proxy.begin()
        lane.plimsoll.spawn()
        lane.converge(revision)
        lane.restarted_after = second.first_at - died[0]
    lane.check()
    lane.go_back()
    lane.plimsoll.kill()
    return script


class CrashMatrix(Scenario):
    def test_no_death_of_the_controller_shows(self):
        Matrix("cuts", self, engine, registry, list(SIDES), cut, {story.name: story.cuts for story in STORIES}).run()


if __name__ == "__main__":
    harness.main()
