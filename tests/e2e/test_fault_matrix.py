"""One request of a rollout to the engine goes wrong, each in turn and in each way, while the controller lives.

The connection is refused, the answer is late, ends in its middle, is an error, or is lost after the engine has done
what was asked. The controller must bring the rollout to its end by itself; what must hold then, and all the while, is
the same as when it is killed.
"""
import harness
from engine_proxy import abandon, answer_500, changing, cut, delay, lose, lose_once, refuse
from harness import Scenario, surround
from rollout_lane import Lane
from rollout_matrix import BESIDE_WITH_FAULTS, Matrix, beside
from rollout_stories import IMAGES, STORIES

FAULTS = {"refuse": refuse, "lose": lose, "500": answer_500, "cut": cut, "delay": delay(2)}
#: Faults of each story in the default sample.
SAMPLE = {"start-first-1": 12, "stop-first-1": 12, "failing-stop-first": 12, "failing-start-first": 8,
          "reload": 8}
#: (story, the first changing request that is like this, a fault): HTTP clients send it again, and nobody knows.
SENT_TWICE = [("start-first-1", "/connect", lose_once), ("one-shot", "/start", lose_once),
              ("stop-first-1", "/containers/create", lose_once), ("start-first-3", "/containers/create", abandon)]
#: The controller tries again after 5 s, plus a fifth; a 2 s delay is shorter.
RETRIED_AFTER = 6


def setUpModule():
    global registry, engine
    registry, engine = surround(IMAGES)


def fault(lane, number, kind):
    lane.restarted_after = RETRIED_AFTER
    return lane.roll_out(number, FAULTS[kind])


class FaultMatrix(Scenario):
    def test_no_fault_of_one_request_shows(self):
        Matrix("faults", self, engine, registry, list(FAULTS), fault, SAMPLE, BESIDE_WITH_FAULTS).run()

    def test_what_is_sent_twice_is_done_once(self):
        def send_twice(name, like, act):
            lane = lanes[name]
            lane.restarted_after = RETRIED_AFTER
            requests = changing(lane.start().roll_out().requests)
            number = next(at for at, text in enumerate(requests, 1) if like in text)
            self.assertTrue(lane.roll_out(number, act, changes=True).acted.is_set())
            lane.stop()
        lanes = {name: Lane(self, STORIES[name], engine, registry) for name, _, _ in SENT_TWICE}
        for lane in lanes.values():
            self.addCleanup(lane.stop)
        beside(send_twice, SENT_TWICE, BESIDE_WITH_FAULTS)


if __name__ == "__main__":
    harness.main()
