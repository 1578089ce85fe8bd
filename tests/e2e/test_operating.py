"""What an operator does by command: take an app back, hold it, let it go, and read what its containers say."""
import os

import harness
from harness import ManifestRepo, Scenario, answer, free_port, ours, surround

QUICK = {"healthcheck": False, "order": "stop-first"}


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": "1234", "web:crash": {
        "command": ["/bin/sh", "-c", "echo cannot reach the moon; sleep 0.3; exit 3"]}})


class Operating(Scenario):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, {
            "web": dict(QUICK, port=self.port), "other": QUICK})
        self.repo.commit("first")

    def at_version_two(self):
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        revision = self.repo.deploy("web", 2)
        plimsoll.wait(lambda: answer(self.port) == "2", "version 2")
        plimsoll.settled(revision=revision)
        return plimsoll

    def test_a_rollback_holds_until_the_app_has_a_new_revision(self):
        plimsoll = self.at_version_two()
        done = plimsoll.cli("rollback", "dev/web", "-o", "json").data
        self.assertEqual((done["environment"], done["app"]), ("dev", "web"))
        plimsoll.wait(lambda: answer(self.port) == "1", "version 1 again")
        plimsoll.shows("dev/web", sync="Synced", health="Healthy", reason="Pinned", message="plimsoll resume dev/web")
        # Neither a restart without its database nor a change of another app ends it.
        plimsoll.stop()
        for name in os.listdir(plimsoll.state):
            if name.startswith("plimsoll.db"):
                os.unlink(os.path.join(plimsoll.state, name))
        pinned = {c["Id"] for c in ours(engine, app="web")}
        plimsoll.start()
        elsewhere = self.repo.deploy("other", 2)
        plimsoll.settled("dev/other", revision=elsewhere)
        plimsoll.shows("dev/web", sync="Synced", health="Healthy", reason="Pinned")
        self.assertEqual({c["Id"] for c in ours(engine, app="web")}, pinned)
        self.repo.deploy("web", 3)
        plimsoll.wait(lambda: answer(self.port) == "3", "a new revision of the app ends the pin")
        plimsoll.shows("dev/web", sync="Synced", health="Healthy", reason="", message="")

    def test_a_rollback_to_a_deployment_and_its_end_by_resume(self):
        plimsoll = self.at_version_two()
        self.repo.deploy("web", 3)
        plimsoll.wait(lambda: answer(self.port) == "3", "version 3")
        plimsoll.settled()
        first = plimsoll.cli("history", "dev/web", "-o", "json").data["entries"][-1]["id"]
        self.assertIn(f"(history {first})", plimsoll.cli("rollback", "dev/web", str(first)).out)
        plimsoll.wait(lambda: answer(self.port) == "1", "version 1 again")
        self.assertIn("dev/web", plimsoll.cli("resume", "dev/web").out)
        plimsoll.wait(lambda: answer(self.port) == "3", "what the branch says")
        refused = plimsoll.cli("rollback", "dev/web", "4711", expect=20)
        self.assertEqual(len(refused.err.strip().splitlines()), 1, refused)
        plimsoll.cli("rollback", "dev/absent", expect=20)

    def test_a_suspended_environment_is_only_observed(self):
        plimsoll = self.at_version_two()
        plimsoll.cli("suspend", "dev")
        plimsoll.shows("dev/web", health="Suspended")
        self.repo.deploy("web", 3)
        plimsoll.shows("dev/web", sync="OutOfSync", message="`plimsoll resume dev`")
        plimsoll.stop()
        plimsoll.start()
        plimsoll.shows("dev/web", sync="OutOfSync", health="Suspended")
        self.assertEqual(answer(self.port), "2")
        plimsoll.cli("resume", "dev/web", expect=20)
        plimsoll.cli("resume", "dev")
        plimsoll.wait(lambda: answer(self.port) == "3", "resumed")

    def test_what_failed_is_told_with_its_exit_code_and_its_last_lines(self):
        plimsoll = self.at_version_two()
        self.repo.deploy("web", "crash")
        plimsoll.shows("dev/web", reason="RolledBack")
        self.assertEqual(plimsoll.cli("logs", "dev/web", "--failed").out, "cannot reach the moon\n")
        entry, = plimsoll.cli("logs", "dev/web/web", "--failed", "-o", "json").data["logs"]
        self.assertEqual((entry["service"], entry["state"]), ("web", "exited"))

        def told():
            found = [e for e in plimsoll.cli("events", "dev/web", "-o", "json").data["events"] if e["reason"] == "RolledBack"]
            return found and found[-1]["log"] and found[-1]
        event = plimsoll.wait(told, "the event and its log")
        self.assertEqual(event["type"], "Warning")
        self.assertIn("exited (3)", event["message"])
        self.assertIn("cannot reach the moon", event["log"])
        reasons = [e["reason"] for e in plimsoll.cli("events", "dev/web", "-o", "json").data["events"]]
        self.assertLess(reasons.index("CreateContainer"), reasons.index("StartContainer"))
        self.assertIn("cannot reach the moon", plimsoll.cli("events", "dev", "-o", "wide").out)
        # What a container wrote is for the socket only.
        self.assertNotIn("moon", plimsoll.get("/api/v1/events")[1])
        self.assertEqual(plimsoll.get("/api/v1/logs?environment=dev&app=web")[0], 403)
        plimsoll.cli("logs", "dev/other", "--failed", expect=20)
        plimsoll.cli("logs", "dev", expect=2)


if __name__ == "__main__":
    harness.main()
