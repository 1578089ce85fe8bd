"""The controller is killed at its requests to the engine, one at a time, and started again.

For a request of a rollout it dies just before the request reaches the engine, and just after the engine has answered,
with SIGKILL both times. The next controller must bring the rollout to its end without a trace: exactly the containers
that belong, nothing half-made, no volume lost, a one-shot run once, and the services answering all the while (see
`rollout_lane` for what is promised, `availability` for who asks, `rollout_matrix` for PLIMSOLL_CUTS).
"""
import time

import harness
from engine_proxy import after, before
from harness import Scenario, surround, wait_until
from rollout_lane import Lane
from rollout_matrix import Matrix, beside
from rollout_stories import IMAGES, STORIES

SIDES = {"before": before, "after": after}


def setUpModule():
    global registry, engine
    registry, engine = surround(IMAGES)


def cut(lane, number, side, stay=False):
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
        revision = lane.teller.take_back() or revision
        second = lane.proxy.begin()
        lane.plimsoll.spawn()
        lane.converge(revision)
        lane.restarted_after = second.first_at - died[0]
    lane.check()
    if not stay:
        lane.go_back()
    lane.plimsoll.kill()
    return script


#: (story, what is broken on purpose, what must be said)
BROKEN = [
    ("start-first-1", lambda lane: engine.request("POST", "/containers/create?name=dev-start1-web-1.next", like(
        "dev-start1-web-1")), "there is dev-start1-web-1.next"),
    ("start-first-1", lambda lane: engine.request("POST", "/networks/create", {
        "Name": "dev-start1_left", "Labels": OURS}), "network dev-start1_left is left"),
    ("start-first-1", lambda lane: engine.request("POST", "/volumes/create", {
        "Name": "plimsoll-files-1", "Labels": OURS}), "volume plimsoll-files-1 is left"),
    ("start-first-1", lambda lane: restart("dev-start1-web-1", 2), "start1 was not available"),
    ("start-first-1", lambda lane: lane.teller.advance(), "is not of the wanted image"),
    ("stop-first-1", lambda lane: lane.write_data("stop1", "marker", ""), "lost its marker"),
    ("stop-first-1", lambda lane: restart("dev-stop1-web-1", lane.longest_gap()), "stop1 did not answer for"),
    ("stop-first-1", lambda lane: stop("dev-stop1-web-1"), "does not run"),
    ("failing-start-first", lambda lane: engine.request("POST", "/containers/dev-failstart-web-1.next/start"),
     "more than one stopped record"),
    ("one-shot", lambda lane: lane.write_data("oneshot", "runs", "run\n" * 999), "times for one digest"),
]
OURS = {"io.plimsoll.controller": "start-first-1"}


def like(container):
    config = engine.inspect(container)["Config"]
    return {"Image": config["Image"], "Labels": config["Labels"]}


def stop(container):
    """Until the list shows it, too: Engine 26 answers up to some 0.1 s before."""
    engine.request("POST", f"/containers/{container}/stop")
    wait_until(lambda: [c["State"] for c in engine.containers() if c["Names"] == ["/" + container]] == ["exited"], "stopped")


def restart(container, down):
    stop(container)
    time.sleep(down)
    engine.request("POST", f"/containers/{container}/start")


class CrashMatrix(Scenario):
    def test_whatever_is_broken_is_noticed(self):
        def break_one_by_one(name, lane):
            lane.start()
            cut(lane, 0, "before", stay=True)
            self.assertEqual(lane.complaints(), [])
            for _, act, text in (row for row in BROKEN if row[0] == name):
                act(lane)
                self.assertIn(text, "; ".join(lane.complaints()))
            lane.stop()
        lanes = {name: Lane(self, STORIES[name], engine, registry) for name in {name for name, _, _ in BROKEN}}
        for lane in lanes.values():
            self.addCleanup(lane.stop)
        beside(break_one_by_one, lanes.items())

    def test_no_death_of_the_controller_shows(self):
        sizes = {name: story.cuts for name, story in STORIES.items()}
        Matrix("cuts", self, engine, registry, list(SIDES), cut, sizes).run()


if __name__ == "__main__":
    harness.main()
