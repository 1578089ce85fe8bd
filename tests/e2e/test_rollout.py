"""Swaps, gates, repair and removal on a real engine: what runs is not taken down before the new one is known good."""
import threading
import time

import harness
from engine_proxy import EngineProxy
from harness import NEVER_READY, ManifestRepo, Scenario, answer, free_port, ours, runs, surround, to_yaml


def setUpModule():
    global registry, engine
    registry, engine = surround({
        "web": "123", "web:sick": NEVER_READY, "web:crash": {"env": {"FAIL_AFTER": "0.2"}},
        "job:1": {"command": ["/bin/sh", "-c", "echo done > /data/$(date +%s%N); exit 0"]}})


class Rollout(Scenario):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def running(self, apps, **extra):
        self.repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, apps, **extra)
        self.repo.commit("first")
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        return plimsoll

    def container(self, app="web"):
        found = [c for c in ours(engine, app=app) if c["State"] == "running"]
        return found[0]["Id"] if len(found) == 1 else None

    def rename(self, app, compose_of, service, tag):
        self.repo.write(f"apps/{app}/compose.yaml", compose_of(service))
        self.repo.environment["apps"][app]["images"] = {}
        return self.repo.deploy(app, tag, service)

    # -- swap and gate --------------------------------------------------------------------------------------------

    def test_stop_first_goes_back_when_the_new_one_is_sick(self):
        plimsoll = self.running({"web": {"port": self.port}})
        self.repo.deploy("web", "sick")
        status = plimsoll.shows("dev/web", reason="RolledBack", health="Degraded")
        plimsoll.wait(lambda: answer(self.port) == "1", "the old one answers again")
        self.assertTrue(status["message"])
        failed = [c for c in ours(engine) if runs(c, registry, "web:sick")]
        self.assertEqual([c["State"] for c in failed], ["exited"], "kept, stopped, as the record of what failed")
        began = time.monotonic()
        self.repo.deploy("web", 2)
        plimsoll.wait(lambda: answer(self.port) == "2", "a new revision supersedes the failing one")
        self.assertLess(time.monotonic() - began, 15)
        plimsoll.settled()
        self.assertEqual(len(ours(engine)), 1, "the failed one is gone")

    def test_start_first_keeps_the_old_one_when_the_new_one_crashes(self):
        plimsoll = self.running({"web": {"healthcheck": False}})
        old = self.container()
        self.repo.deploy("web", "crash")
        plimsoll.shows("dev/web", reason="RolledBack", health="Degraded")
        self.assertEqual(engine.inspect(old)["State"]["Status"], "running")
        self.assertEqual(engine.inspect(old)["RestartCount"], 0, "it served on")

    def test_an_old_one_that_ends_young_serves_again_while_its_update_fails(self):
        plimsoll = self.running({"web": {}})
        old = self.container()
        self.repo.deploy("web", "sick")
        plimsoll.shows("dev/web", reason="RolledBack")
        engine.request("POST", f"/containers/{old}/restart?t=1")
        engine.request("POST", f"/containers/{old}/stop?t=1")
        plimsoll.wait(lambda: engine.inspect(old)["State"]["Running"], "the only one that can serve is started again")

    def test_a_service_in_the_network_of_another_goes_back_with_it_and_follows_its_restarts(self):
        idle = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
        compose = to_yaml({"services": {
            "net": {"image": f"{registry.address}/web:3", "command": idle, "ports": [f"127.0.0.1:{self.port}:8080"],
                    "restart": "unless-stopped", "environment": {"GENERATION": "${GENERATION}"}},
            "web": {"image": f"{registry.address}/web", "network_mode": "service:net", "stop_grace_period": "2s",
                    "healthcheck": {"test": ["CMD", "wget", "-qO", "/dev/null", "http://127.0.0.1:8080/"],
                                    "interval": "300ms", "timeout": "1s", "retries": 5}}}})
        plimsoll = self.running({"pair": {"compose": compose, "variables": {"GENERATION": "1"}}})
        self.assertEqual(answer(self.port), "1")
        before = sorted(c["Id"] for c in ours(engine))
        self.repo.environment["apps"]["pair"]["variables"]["GENERATION"] = "2"
        self.repo.deploy("pair", "sick")
        plimsoll.shows("dev/pair", reason="RolledBack", health="Degraded")
        plimsoll.wait(lambda: answer(self.port) == "1", "the old one answers in the network of the old one")
        plimsoll.wait(lambda: sorted(c["Id"] for c in ours(engine) if c["State"] == "running") == before, "the same ones")
        self.repo.environment["apps"]["pair"]["variables"]["GENERATION"] = "1"
        self.repo.deploy("pair", "1")
        plimsoll.settled(revision=self.repo.git("rev-parse", "HEAD").strip())
        engine.request("POST", f"/containers/{ours(engine, service='net')[0]['Id']}/restart?t=1")
        plimsoll.wait(lambda: answer(self.port) == "1", "it was restarted into the network that is there now")
        self.assertEqual(sorted(c["Id"] for c in ours(engine)), before)

    def test_a_service_with_another_name_takes_a_host_port_over_and_goes_back_when_it_fails(self):
        check = {"test": ["CMD", "wget", "-qO", "/dev/null", "http://127.0.0.1:8080/"], "interval": "300ms",
                 "timeout": "1s", "retries": 5}

        def named(name):
            return to_yaml({"services": {name: {
                "image": f"{registry.address}/web", "ports": [f"127.0.0.1:{self.port}:8080"], "healthcheck": check,
                "restart": "unless-stopped", "stop_grace_period": "2s"}}})

        plimsoll = self.running({"site": {"compose": named("web")}})
        old = self.container("site")
        self.rename("site", named, "front", "sick")
        plimsoll.shows("dev/site", reason="RolledBack", health="Degraded")
        plimsoll.wait(lambda: answer(self.port) == "1", "what it was answers again")
        self.assertEqual(self.container("site"), old, "the very same container")
        self.repo.deploy("site", 2, "front")
        plimsoll.wait(lambda: answer(self.port) == "2", "it has the port under its other name")
        plimsoll.settled()
        self.assertEqual([c["Id"] for c in ours(engine)], [self.container("site")], "what it was is gone")
        self.assertEqual(len(ours(engine, service="front")), 1)
        self.rename("site", named, "web", 1)
        plimsoll.wait(lambda: answer(self.port) == "1", "it has its first name again")
        plimsoll.settled()
        self.assertEqual(len(ours(engine, service="web")), 1)
        self.assertEqual(len(ours(engine)), 1)

    def test_an_update_that_fails_before_the_one_before_it_was_through_goes_back_past_both(self):
        check = {"test": ["CMD", "wget", "-qO", "/dev/null", "http://127.0.0.1:8080/"], "interval": "300ms",
                 "timeout": "1s", "retries": 5, "start_period": "60s"}
        compose = to_yaml({"x-plimsoll": {"min_ready": "0s"}, "services": {
            "api": {"image": f"{registry.address}/web:3", "environment": {"GENERATION": "${GENERATION}"},
                    "restart": "unless-stopped", "stop_grace_period": "2s"},
            "web": {"image": f"{registry.address}/web", "healthcheck": check, "stop_grace_period": "2s"}}})
        plimsoll = self.running({"pair": {"compose": compose, "variables": {"GENERATION": "1"}}})
        before = sorted(c["Id"] for c in ours(engine))

        def serving(service):
            return [c["Id"] for c in ours(engine, service=service) if c["State"] == "running"]

        self.repo.environment["apps"]["pair"]["variables"]["GENERATION"] = "2"
        self.repo.deploy("pair", "sick")
        plimsoll.wait(lambda: len(serving("api")) == 1 and serving("api")[0] not in before and len(serving("web")) == 2,
                      "half of the update is through, the other half waits in its gate")
        second = serving("api")[0]
        self.repo.environment["apps"]["pair"]["variables"]["GENERATION"] = "3"
        self.repo.deploy("pair", "crash")
        plimsoll.shows("dev/pair", reason="RolledBack", health="Degraded")
        plimsoll.wait(lambda: sorted(serving("api") + serving("web")) == before, "those of the first one serve again")
        plimsoll.wait(lambda: second not in [c["Id"] for c in ours(engine)], "what was never through is gone")
        self.repo.deploy("pair", "1")
        plimsoll.settled(revision=self.repo.git("rev-parse", "HEAD").strip())
        self.assertEqual(len(ours(engine)), 2)

    def test_start_first_behind_a_retrying_client_fails_no_request(self):
        """A client on the same network that asks the engine's DNS each time and tries again for a while: as long as the
        old container stops, its name still has both addresses, and a loaded engine takes its time over that."""
        client = {"image": f"{registry.address}/web:3", "networks": ["shared"], "stop_grace_period": "1s", "command": [
            "/bin/sh", "-c", "trap 'exit 0' TERM; ask() { wget -qO- http://web:8080/ >> /seen 2>/dev/null; }; "
            "while :; do n=0; until ask; do n=$$((n + 1)); [ $$n -lt 15 ] || { echo FAILED >> /seen; break; }; sleep 0.2; "
            "done; done"]}
        compose = to_yaml({"services": {"client": client, "web": {
            "image": f"{registry.address}/web", "networks": ["shared"], "stop_grace_period": "2s",
            "healthcheck": {"test": ["CMD", "wget", "-qO", "/dev/null", "http://127.0.0.1:8080/"], "interval": "300ms",
                            "timeout": "1s", "retries": 5}}}, "networks": {"shared": {}}})
        plimsoll = self.running({"web": {"compose": compose}})
        self.repo.deploy("web", 2)
        plimsoll.settled(revision=self.repo.git("rev-parse", "HEAD").strip())
        client_id = ours(engine, service="client")[0]["Id"]
        plimsoll.wait(lambda: engine_file(client_id, "/seen").split()[-5:] == ["2"] * 5, "the client asks the new one")
        engine.request("POST", f"/containers/{client_id}/stop?t=0")
        seen = engine_file(client_id, "/seen").split()
        self.assertEqual(seen.count("FAILED"), 0, f"{len(seen)} requests")
        self.assertEqual(seen[0], "1")
        self.assertEqual(seen[-1], "2")

    def test_two_replicas_never_go_below_one(self):
        facts = {"service": {"deploy": {"replicas": 2, "update_config": {"order": "start-first", "parallelism": 1}}}}
        plimsoll = self.running({"web": facts})
        self.assertEqual(len(ours(engine)), 2)
        fewest, done = [2], threading.Event()

        def watch():
            while not done.is_set():
                alive = sum(1 for c in ours(engine) if c["State"] == "running" and "(healthy)" in c["Status"])
                fewest[0] = min(fewest[0], alive)
        watcher = threading.Thread(target=watch)
        watcher.start()
        revision = self.repo.deploy("web", 2)
        plimsoll.settled(revision=revision)
        done.set()
        watcher.join()
        self.assertGreaterEqual(fewest[0], 2, "start-first: never fewer healthy than asked")
        self.assertTrue(all(runs(c, registry, "web:2") for c in ours(engine)))

    def test_depends_on_and_a_one_shot_service_that_runs_once(self):
        compose = to_yaml({"services": {
            "migrate": {"image": f"{registry.address}/job:1", "restart": "no", "volumes": ["data:/data"]},
            "web": {"image": f"{registry.address}/web", "ports": [f"127.0.0.1:{self.port}:8080"],
                    "stop_grace_period": "1s", "depends_on": {"migrate": {"condition": "service_completed_successfully"}}}
        }, "volumes": {"data": {}}})
        plimsoll = self.running({"web": {"compose": compose}})
        jobs = ours(engine, service="migrate")
        self.assertEqual([j["State"] for j in jobs], ["exited"])
        started = engine.inspect(ours(engine, service="web")[0]["Id"])["State"]["StartedAt"]
        self.assertGreater(started, engine.inspect(jobs[0]["Id"])["State"]["FinishedAt"])
        plimsoll.settled(revision=self.repo.deploy("web", 2))
        self.assertEqual([j["Id"] for j in ours(engine, service="migrate")], [jobs[0]["Id"]], "not run a second time")

    def test_a_changed_mounted_file_changes_the_services_that_mount_it(self):
        compose = to_yaml({"services": {
            "web": {"image": f"{registry.address}/web", "ports": [f"127.0.0.1:{self.port}:8080"],
                    "stop_grace_period": "1s", "volumes": ["./pages/index.html:/www/index.html:ro"]},
            "other": {"image": f"{registry.address}/web:3", "stop_grace_period": "1s"}}})
        self.repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, {"web": {"compose": compose}})
        self.repo.write("apps/web/pages/index.html", "page one\n")
        self.repo.commit("first")
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        self.assertEqual(answer(self.port), "page one")
        other = ours(engine, service="other")[0]["Id"]
        self.repo.write("apps/web/pages/index.html", "page two\n")
        self.repo.commit("a new page")
        plimsoll.wait(lambda: answer(self.port) == "page two", "the new page")
        plimsoll.settled()
        self.assertEqual([c["Id"] for c in ours(engine, service="other")], [other])

    # -- drift ----------------------------------------------------------------------------------------------------

    def test_what_is_killed_stopped_or_removed_by_hand_comes_back(self):
        plimsoll = self.running({"web": {"port": self.port}})
        for what, path in (("kill", "/kill"), ("stop", "/stop?t=1"), ("pause", "/pause"), ("remove", "?force=1")):
            with self.subTest(what):
                victim = self.container()
                engine.request("DELETE" if what == "remove" else "POST", f"/containers/{victim}{path}")
                plimsoll.wait(lambda: answer(self.port) == "1" and self.container(), f"repaired after {what}", 30)
                plimsoll.settled()

    def test_drift_is_only_shown_without_self_heal(self):
        # With a restart policy that would have revived it, an exit can only be somebody's doing.
        facts = {"port": self.port, "service": {"restart": "unless-stopped"}}
        plimsoll = self.running({"web": facts}, sync={"self_heal": False, "prune": True})
        engine.request("POST", f"/containers/{self.container()}/stop?t=1")
        plimsoll.shows("dev/web", sync="OutOfSync", reason="Modified")
        self.assertEqual(answer(self.port), "")

    # -- removal --------------------------------------------------------------------------------------------------

    def test_an_app_that_left_the_manifests_is_removed_but_its_volume(self):
        compose = to_yaml({"services": {"web": {"image": f"{registry.address}/web", "volumes": ["data:/data"],
                                                "stop_grace_period": "1s"}}, "volumes": {"data": {}}})
        plimsoll = self.running({"web": {"port": self.port}, "two": {}, "gone": {"compose": compose}})
        del self.repo.environment["apps"]["gone"]
        self.repo.write_environment()
        self.repo.commit("without gone")
        plimsoll.wait(lambda: not ours(engine, app="gone"), "its containers are gone")
        volumes = [v["Name"] for v in engine.request("GET", "/volumes")["Volumes"]]
        self.assertIn("dev-gone_data", volumes, "volumes are never removed")
        plimsoll.wait(lambda: "dev-gone_default" not in [n["Name"] for n in engine.request("GET", "/networks")],
                      "its network is gone", 20)
        self.assertEqual(answer(self.port), "1")

    def test_an_app_that_is_gone_is_forgotten_though_a_revision_comes_meanwhile(self):
        with EngineProxy(self.folder + "/engine.sock", engine.socket) as proxy:
            self.repo = ManifestRepo(self.folder).basic({"one": proxy.url}, registry, {"web": {}, "two": {}, "gone": {}})
            self.repo.commit("first")
            plimsoll = self.install(self.repo.url).start()
            plimsoll.settled()

            def hold(exchange):
                revision = self.repo.deploy("web", 2)
                plimsoll.wait(lambda: f"sha1:{revision}" in plimsoll.log_text(), "the next revision")
                return exchange.pass_on()
            script = proxy.begin(3, hold, changes=True)
            del self.repo.environment["apps"]["gone"]
            self.repo.write_environment()
            self.repo.commit("without gone")
            plimsoll.wait(script.acted.is_set, "the last request of the removal")
            self.assertRegex(script.told(), "^DELETE /networks/")
            plimsoll.wait(lambda: plimsoll.target("dev/gone") is None, "nothing of it is there any more")
            plimsoll.settled()

    def test_a_revision_that_empties_an_environment_is_held(self):
        plimsoll = self.running({"web": {"port": self.port}, "two": {}})
        self.repo.environment["apps"] = {}
        self.repo.write_environment()
        self.repo.commit("nothing left")
        plimsoll.wait(lambda: "RemovalBlocked" in plimsoll.get("/api/v1/status")[1], "held")
        plimsoll.cli("sync", "--wait", expect=None)
        polls = plimsoll.polls()
        plimsoll.wait(lambda: plimsoll.polls() >= polls + 2, "two polls, each of which looks at every target")
        self.assertEqual(answer(self.port), "1")
        self.assertEqual(len(ours(engine)), 2)
        plimsoll.cli("sync", "--allow-removal", expect=None)
        plimsoll.wait(lambda: not ours(engine), "removed when asked for")


def engine_file(container, path):
    """The text of a file in a container, stopped or not."""
    import http.client
    import io
    import tarfile
    from engines import _UnixConnection
    connection = _UnixConnection(engine.socket, 30)
    connection.request("GET", f"/containers/{container}/archive?path={path}")
    reply: http.client.HTTPResponse = connection.getresponse()
    with tarfile.open(fileobj=io.BytesIO(reply.read())) as tar:
        return tar.extractfile(tar.getmembers()[0]).read().decode()


if __name__ == "__main__":
    harness.main()
