"""Reloading: a changed file is copied into the running container and its process told, and a new container is made where
that does not do. A service writes what it read of its file into its own log, so that nothing but its process is asked."""
import os
import re

from harness import ManifestRepo, Scenario, main, ours, surround, to_yaml

#: Reads its file at the start and at SIGHUP.
READS = "r() { echo \"read $(cat /etc/app.conf)\"; }; trap r HUP; trap 'exit 0' TERM; r; while :; do sleep 3600 & wait $!; done"
#: Reads it at the start only, and ends at SIGHUP.
DIES = "trap 'exit 5' HUP; trap 'exit 0' TERM; echo \"read $(cat /etc/app.conf)\"; while :; do sleep 3600 & wait $!; done"
#: Checks what it is to read, as `nginx -s reload` does.
CHECKS = ["sh", "-c", "grep -q bad /etc/app.conf && echo cannot read that && exit 3; kill -HUP 1"]


def setUpModule():
    global registry, engine
    registry, engine = surround({"app": "12"})


class Reload(Scenario):
    def begin(self, script=READS, reload="SIGHUP", **keys):
        service = {"image": f"{registry.address}/app:1", "command": ["/bin/sh", "-c", script], "stop_grace_period": "1s",
                   "volumes": ["./app.conf:/etc/app.conf:ro", "./more:/etc/more:ro"],
                   "x-plimsoll": {"reload": reload, "min_ready": "500ms"}}
        service.update(keys)
        self.repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, {
            "app": {"compose": to_yaml({"services": {"app": service}})}})
        self.repo.environment["apps"]["app"] = {}
        self.repo.write_environment()
        self.repo.write("apps/app/more/a", "one")
        self.give("first", wait=False)
        self.plimsoll = self.install(self.repo.url).start()
        self.plimsoll.settled()
        return self.container()

    def give(self, content, wait=True):
        """Another content of the file, committed; waits until it is deployed."""
        self.repo.write("apps/app/app.conf", content)
        revision = self.repo.commit(content)
        if wait:
            self.plimsoll.settled(revision=revision)

    def container(self):
        """The one container, inspected."""
        found = ours(engine, service="app")
        self.assertEqual(len(found), 1, found)
        return engine.inspect(found[0]["Id"])

    def read(self, *contents):
        """Waits until the process of the container has read just this, in order."""
        self.plimsoll.wait(lambda: re.findall(r"read (\w+)", engine.logs(self.container()["Id"])) == list(contents),
                           f"it read {contents}")

    def unchanged(self, before):
        now = self.container()
        self.assertEqual(now["Id"], before["Id"])
        self.assertEqual(now["State"]["StartedAt"], before["State"]["StartedAt"])
        self.assertEqual(now["RestartCount"], before["RestartCount"])

    def sync(self):
        self.plimsoll.cli("sync", "--wait", expect=None)

    def test_a_changed_file_is_copied_and_the_process_told_once(self):
        before = self.begin()
        self.give("second")
        self.read("first", "second")
        self.unchanged(before)
        self.sync()
        self.read("first", "second")

        self.plimsoll.stop()
        for name in os.listdir(self.plimsoll.state):
            if name.startswith("plimsoll.db"):
                os.unlink(os.path.join(self.plimsoll.state, name))
        self.plimsoll.start()
        self.plimsoll.settled()
        self.sync()
        self.read("first", "second")

        self.give("first")
        self.read("first", "second", "first")
        self.unchanged(before)
        self.repo.write("apps/app/more/a", "two")
        self.give("third")
        self.read("first", "second", "first", "third")
        self.unchanged(before)
        self.repo.write("apps/app/more/b", "another")
        self.give("fourth")
        self.read("fourth")
        self.assertNotEqual(self.container()["Id"], before["Id"], "another file needs another container")

    def test_a_command_that_fails_leads_to_a_new_container_and_leaves_the_old_one_as_it_was(self):
        before = self.begin(reload=CHECKS)
        self.give("second")
        self.read("first", "second")
        self.unchanged(before)
        # The old container serves on with its own file until the new one is good.
        self.give("bad")
        self.assertNotEqual(self.container()["Id"], before["Id"])
        self.read("bad")
        self.assertIn("cannot read that", self.plimsoll.log_text())
        after = self.container()
        self.give("third")
        self.read("bad", "third")
        self.unchanged(after)

    def test_a_new_container_that_fails_too_leaves_the_old_one_with_its_files(self):
        script = "grep -q bad /etc/app.conf && exit 7; " + READS
        before = self.begin(script, reload=CHECKS)
        self.give("bad", wait=False)
        self.plimsoll.shows("dev/app", reason="RolledBack")
        old = next(c for c in ours(engine, service="app") if c["State"] == "running")
        self.assertEqual(old["Id"], before["Id"])
        engine.request("POST", f"/containers/{old['Id']}/restart?t=1")
        self.plimsoll.wait(lambda: engine.logs(old["Id"]).count("read first") == 2, "it reads its own file again")
        self.assertEqual(engine.logs(old["Id"]).count("bad"), 0)

    def test_a_reload_that_was_cut_short_is_undone_by_going_back(self):
        before = self.begin(reload=["sh", "-c", "grep -q slow /etc/app.conf && sleep 600; kill -HUP 1"])
        self.give("slow", wait=False)
        self.plimsoll.wait(lambda: "slow" in engine.request("GET", f"/containers/{before['Id']}/archive?path=/etc/app.conf"),
                           "the file is copied")
        self.plimsoll.kill()
        self.repo.write("apps/app/app.conf", "first")
        revision = self.repo.commit("back")
        self.plimsoll.start()
        self.plimsoll.settled(revision=revision)
        self.read("first", "first")
        self.unchanged(before)

    def dies(self, policy, restarts):
        before = self.begin(DIES, restart=policy)
        self.give("second", wait=False)
        self.read("first", "second")
        self.plimsoll.settled()
        now = self.container()
        self.assertEqual(now["Id"], before["Id"])
        self.assertNotEqual(now["State"]["StartedAt"], before["State"]["StartedAt"])
        self.assertEqual(now["RestartCount"], restarts, "how often the engine itself started it again")

    def test_a_process_that_dies_of_the_signal_comes_back_with_the_new_content(self):
        self.dies("no", restarts=0)

    def test_a_process_that_dies_is_started_again_by_its_restart_policy(self):
        self.dies("always", restarts=1)


if __name__ == "__main__":
    main()
