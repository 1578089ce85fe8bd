"""Engines that are silent, down or die; names and ports that are taken; a full disk; two controllers on one engine."""
import contextlib
import os
import socket
import subprocess
import time

import harness
from fault_proxy import FaultProxy
from harness import (DockerEngine, ManifestRepo, Scenario, SilentServer, answer, free_port, ours, push_image, run_git,
                     surround)


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": "12345"})


QUICK = {"healthcheck": False, "order": "stop-first"}


class Faults(Scenario):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def repo_with(self, engines, apps, **extra):
        self.repo = ManifestRepo(self.folder).basic(engines, registry, apps, **extra)
        self.repo.commit("first")
        return self.repo

    # -- engines --------------------------------------------------------------------------------------------------

    def test_a_silent_engine_delays_no_other(self):
        with SilentServer() as silent:
            self.repo_with({"one": engine.url, "mute": silent.url},
                           {"web": dict(QUICK, port=self.port), "stuck": {"instances": ["mute"]}})
            plimsoll = self.install(self.repo.url).start(ready=False)
            plimsoll.wait(lambda: answer(self.port) == "1", "the other instance is served", 20)
            took = []
            for tag in (2, 3, 4):
                began = time.monotonic()
                self.repo.deploy("web", tag)
                plimsoll.wait(lambda: answer(self.port) == str(tag), "a new tag", 15)
                took.append(time.monotonic() - began)
            self.assertLess(max(took), 6, "a poll of 1 s, a pull, a swap; nothing that waits for the silent one")
            victim = ours(engine)[0]["Id"]
            engine.request("POST", f"/containers/{victim}/kill")
            plimsoll.wait(lambda: answer(self.port) == "4", "repair", 10)
            began = time.monotonic()
            plimsoll.cli("status")
            self.assertLess(time.monotonic() - began, 1)
            plimsoll.shows("dev/stuck", sync="Unknown", timeout=90)
            self.assertEqual(plimsoll.stop(), 0)

    def test_an_engine_that_is_down_at_the_start_is_served_once_it_is_up(self):
        late = DockerEngine(bip="172.31.7.1/24")
        other = free_port()
        self.repo_with({"one": engine.url, "late": late.url},
                       {"web": dict(QUICK, port=self.port), "far": dict(QUICK, port=other, instances=["late"])})
        plimsoll = self.install(self.repo.url).start(ready=False)
        plimsoll.settled("dev/web")
        status = plimsoll.shows("dev/far", reason="EngineUnreachable", sync="Unknown", health="Unknown")
        self.assertIn(late.socket, status["message"])
        with late:
            plimsoll.wait(lambda: answer(other) == "1", "the late engine is served")

    def test_an_engine_that_dies_in_the_middle_of_a_pull(self):
        with FaultProxy(registry.address) as proxy, DockerEngine(bip="172.31.8.1/24") as mortal:
            push_image(registry.address, "web:big", padding=4 << 20)
            self.repo = ManifestRepo(self.folder).basic({"one": mortal.url, "other": engine.url}, proxy, {
                "web": dict(QUICK, port=self.port), "beside": dict(QUICK, port=free_port(), instances=["other"])})
            self.repo.commit("first")
            plimsoll = self.install(self.repo.url).start()
            plimsoll.settled()
            proxy.stalls["/blobs/"] = 1000
            seen = len(proxy.requests)
            self.repo.deploy("web", "big")
            plimsoll.wait(lambda: any("/blobs/" in path for _, _, path in proxy.requests[seen:]), "the pull has begun")
            mortal.kill()
            plimsoll.shows("dev/web", reason="EngineUnreachable")
            self.assertEqual(plimsoll.target("dev/beside")["health"], "Healthy")
            proxy.heal()
            mortal.start()
            plimsoll.wait(lambda: answer(self.port) == "big", "converges after the restart", 90)
            plimsoll.settled()

    def test_an_engine_restarted_under_the_controller(self):
        with DockerEngine(bip="172.31.9.1/24") as mortal:
            self.repo_with({"one": mortal.url}, {"web": dict(QUICK, port=self.port)})
            plimsoll = self.install(self.repo.url).start()
            plimsoll.settled()
            mortal.restart()
            plimsoll.wait(lambda: answer(self.port) == "1", "runs again")
            plimsoll.settled()
            self.repo.deploy("web", 2)
            plimsoll.wait(lambda: answer(self.port) == "2", "and is still reconciled")

    # -- what is in the way ---------------------------------------------------------------------------------------

    def test_a_taken_host_port(self):
        taken = free_port()
        self.repo_with({"one": engine.url}, {"web": dict(QUICK, port=self.port), "beside": {"healthcheck": False}})
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", taken))
            holder.listen()
            self.repo.edit("apps/web/compose.yaml", f":{self.port}:", f":{taken}:")
            self.repo.deploy("beside", 2)
            status = plimsoll.shows("dev/web", sync="OutOfSync", health=("Degraded", "Healthy"),
                                    reason=("Conflict", "RolledBack"))
            self.assertIn(str(taken), status["message"])
            plimsoll.wait(lambda: answer(self.port) == "1", "what ran runs")
            plimsoll.settled("dev/beside")
        plimsoll.cli("sync", "dev/web", "--retry", expect=None)
        plimsoll.wait(lambda: answer(taken) == "1", "deployed once the port is free")

    def test_a_name_held_by_a_foreign_container(self):
        push_image(registry.address, "web:1")
        engine.request("POST", f"/images/create?fromImage={registry.address}/web&tag=1")
        engine.request("POST", "/containers/create?name=dev-web-web-1", {"Image": f"{registry.address}/web:1"})
        foreign = engine.inspect("dev-web-web-1")["Id"]
        engine.request("POST", f"/containers/{foreign}/start")
        self.repo_with({"one": engine.url}, {"web": dict(QUICK, port=self.port), "beside": {"healthcheck": False}})
        plimsoll = self.install(self.repo.url).start(ready=False)
        status = plimsoll.shows("dev/web", reason="Conflict")
        self.assertIn("dev-web-web-1", status["message"])
        plimsoll.settled("dev/beside")
        still = engine.inspect(foreign)
        self.assertEqual((still["State"]["Status"], still["Name"]), ("running", "/dev-web-web-1"))
        engine.request("DELETE", f"/containers/{foreign}?force=1")
        plimsoll.cli("sync", "dev/web", "--retry", expect=None)
        plimsoll.settled("dev/web")

    def test_two_installations_on_one_engine(self):
        other_port = free_port()
        self.repo_with({"one": engine.url}, {"web": dict(QUICK, port=self.port)})
        second = ManifestRepo(self.folder, name="second").basic(
            {"one": engine.url}, registry, {"web": {"healthcheck": False}, "own": dict(QUICK, port=other_port),
                                            "gone": {"healthcheck": False}})
        second.commit("first")
        one = self.install(self.repo.url).start()
        one.settled()
        mine = ours(engine)[0]["Id"]
        two = self.install(second.url, installation="other").start(ready=False)
        two.settled("dev/own", "dev/gone")
        two.shows("dev/web", reason="Conflict")
        del second.environment["apps"]["gone"], second.environment["apps"]["web"]
        second.write_environment()
        second.commit("without gone")
        two.cli("sync", "--allow-removal", expect=None)
        two.wait(lambda: not ours(engine, "other", app="gone"), "its own container is removed")
        self.assertEqual([c["Id"] for c in ours(engine)], [mine])
        self.assertEqual(engine.inspect(mine)["State"]["Status"], "running")
        one.settled()

    # -- the controller's own machine -----------------------------------------------------------------------------

    def test_a_full_disk_under_the_state_directory(self):
        state = os.path.join(self.folder, "full")
        os.makedirs(state)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", state], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", state], check=False)
        self.repo_with({"one": engine.url}, {"web": dict(QUICK, port=self.port)})
        plimsoll = self.install(self.repo.url, state_dir=state).start()
        plimsoll.settled()
        with open(state + "/ballast", "wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while ballast.write(b"x" * 4096):
                pass
        self.repo.write("apps/web/noise.txt", os.urandom(300_000).hex())
        self.repo.deploy("web", 2)
        said = plimsoll.wait(lambda: plimsoll.status()["source_error"], "the status tells")
        self.assertRegex(said.lower(), "space|disk|write")
        self.assertEqual(answer(self.port), "1", "what runs stays")
        engine.request("POST", f"/containers/{ours(engine)[0]['Id']}/kill")
        plimsoll.wait(lambda: answer(self.port) == "1", "repair goes on")
        os.unlink(state + "/ballast")
        plimsoll.wait(lambda: answer(self.port) == "2", "goes on once there is room")

    def test_a_database_that_is_deleted_recreates_nothing(self):
        self.repo_with({"one": engine.url}, {"web": dict(QUICK, port=self.port), "beside": {"healthcheck": False}})
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        tag = 1
        for when in ("while it runs", "while it is stopped"):
            with self.subTest(when):
                before = {c["Id"] for c in ours(engine)}
                if when == "while it is stopped":
                    self.assertEqual(plimsoll.stop(), 0)
                for name in os.listdir(plimsoll.state):
                    if name.startswith("plimsoll.db"):
                        os.unlink(os.path.join(plimsoll.state, name))
                if when == "while it is stopped":
                    plimsoll.start()
                plimsoll.cli("sync", "--wait")
                self.assertEqual({c["Id"] for c in ours(engine)}, before, "nothing has to be recreated")
                tag += 1
                plimsoll.settled(revision=self.repo.deploy("beside", tag))
                self.assertEqual(len(before & {c["Id"] for c in ours(engine)}), 1, "and only what a revision changes is")
                self.assertEqual(answer(self.port), "1")

    def test_unrelated_history_and_force_push(self):
        self.repo_with({"one": engine.url}, {"web": dict(QUICK, port=self.port)})
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        self.repo.git("commit", "-q", "--amend", "-m", "rewritten")
        self.repo.set_tag("web", 2).commit("after a rebase", force=True)
        plimsoll.wait(lambda: answer(self.port) == "2", "the rewritten branch")
        run_git(self.repo.work, "checkout", "-q", "--orphan", "unrelated")
        self.repo.set_tag("web", 3).commit("unrelated history", force=True)
        plimsoll.wait(lambda: answer(self.port) == "3", "the unrelated history")
        plimsoll.settled()


if __name__ == "__main__":
    harness.main()
