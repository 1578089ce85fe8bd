"""One request of a rollout to the engine goes wrong, each in turn and in each way, while the controller lives.

The connection is refused, the answer is late, ends in its middle, is an error, or is lost after the engine has done
what was asked. The controller must bring the rollout to its end by itself; what must hold then, and all the while, is
the same as when it is killed.
"""
import harness
from engine_proxy import answer_500, cut, delay, lose, refuse
from harness import DockerEngine, Registry, Scenario
from rollout_matrix import Matrix
from rollout_stories import push_images

FAULTS = {"refuse": refuse, "lose": lose, "500": answer_500, "cut": cut, "delay": delay(2)}
#: Faults of each story in the default sample.
SAMPLE = {"start-first-1": 15, "stop-first-1": 15, "failing-stop-first": 15, "failing-start-first": 10}
#: The controller tries again after 5 s, plus a fifth; a 2 s delay is shorter.
RETRIED_AFTER = 6


def setUpModule():
    global registry, engine
    harness.isolate_network()
    registry = Registry().start()
    engine = DockerEngine(bip="172.31.5.1/24").start()
    push_images(registry)


def tearDownModule():
    engine.stop()
    registry.stop()


def fault(lane, number, kind):
    """One rollout with one fault in it, and everything that must hold at its end."""
    revision = lane.advance()
    lane.disturbed = script = lane.proxy.begin(number, FAULTS[kind])
    lane.restarted_after = RETRIED_AFTER
    lane.plimsoll.spawn()
    lane.converge(revision)
    script.finish()
    lane.check()
    lane.go_back()
    lane.plimsoll.kill()
    return script


class FaultMatrix(Scenario):
    def test_no_fault_of_one_request_shows(self):
        Matrix("faults", self, engine, registry, list(FAULTS), fault, SAMPLE).run()


if __name__ == "__main__":
    harness.main()
