"""A registry that refuses, limits, fails, stalls or is down: what runs stays, the message tells, it goes on by itself."""
import harness
from availability import port_prober
from fault_proxy import FaultProxy
from harness import ManifestRepo, Registry, Scenario, answer, free_port, ours, push_image, surround

QUICK = {"healthcheck": False, "order": "stop-first"}

#: What the registry says to a request for the new tag: (status, headers, error code), reasons shown, part of the message.
FAULTS = {
    "401": ((401, {"WWW-Authenticate": 'Basic realm="x"'}, "UNAUTHORIZED"), ("Unauthorized",)),
    "404": ((404, {}, "MANIFEST_UNKNOWN"), ("WaitingForImage",)),
    "429": ((429, {"Retry-After": "2"}, "TOOMANYREQUESTS"), ("Error", "WaitingForImage", "Changed")),
    "500": ((500, {}, "UNKNOWN"), ("Error", "WaitingForImage", "Changed")),
}


def setUpModule():
    global registry, engine
    # By itself an engine tries a broken download again for more than a minute.
    registry, engine = surround({"web": range(1, 9), "other": range(1, 9)}, args=["--max-download-attempts=1"])


class RegistryFaults(Scenario):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def test_refusals(self):
        with FaultProxy(registry.address) as proxy:
            beside = free_port()
            repo = ManifestRepo(self.folder).basic({"one": engine.url}, proxy, {
                "web": dict(QUICK, port=self.port), "beside": dict(QUICK, port=beside, image="other")})
            repo.commit("first")
            plimsoll = self.install(repo.url).start()
            plimsoll.settled()
            for tag, (name, (fault, reasons)) in enumerate(FAULTS.items(), start=2):
                with self.subTest(name):
                    before = answer(self.port)
                    proxy.fail("/v2/web/manifests/", fault[0], fault[2], fault[1])
                    repo.set_tag("beside", tag)
                    repo.deploy("web", tag)
                    status = plimsoll.shows("dev/web", reason=reasons, message=f"web:{tag}")
                    self.assertNotEqual(status["sync"], "Synced")
                    self.assertNotIn("<html", status["message"])
                    plimsoll.wait(lambda: answer(beside) == str(tag), "the other app goes on")
                    self.assertEqual(answer(self.port), before, "what runs stays")
                    proxy.heal()
                    if name == "401":
                        plimsoll.cli("sync", "dev/web", "--retry", expect=None)
                    plimsoll.wait(lambda: answer(self.port) == str(tag), f"deployed after {name}", 90)
                    plimsoll.settled()

    def test_credentials_are_sent_to_their_registry_only(self):
        with FaultProxy(registry.address, credentials=("ann", "pass-word")) as proxy:
            repo = ManifestRepo(self.folder).basic({"one": engine.url}, proxy, {"web": dict(QUICK, port=self.port)})
            repo.commit("first")
            plimsoll = self.install(repo.url)
            password = plimsoll.secret("registry", "wrong-pass")
            plimsoll.settings["registries"] = {proxy.address: {"username": "ann", "password_file": password}}
            plimsoll.write_config()
            plimsoll.start(ready=False)
            status = plimsoll.shows("dev/web", reason="Unauthorized")
            self.assertNotIn("wrong-pass", str(status))
            self.assertIn(proxy.address, status["message"])
            plimsoll.stop()
            plimsoll.secret("registry", "pass-word\n")
            plimsoll.start(ready=False)
            plimsoll.wait(lambda: plimsoll.target("dev/web"), "the target is known")
            plimsoll.cli("sync", "dev/web", "--retry", expect=None)  # a refusal is tried again slowly by itself
            plimsoll.settled()
            self.assertEqual(answer(self.port), "1")

    def test_a_registry_that_is_down_stops_nothing_that_needs_no_new_image(self):
        other = Registry().start()
        self.addCleanup(other.stop)
        push_image(other.address, "web:1")
        push_image(other.address, "web:2")
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, other, {"web": dict(QUICK, port=self.port)})
        repo.commit("first")
        plimsoll = self.install(repo.url).start()
        plimsoll.settled()
        other.down()
        engine.request("DELETE", f"/containers/{ours(engine)[0]['Id']}?force=1")
        plimsoll.wait(lambda: answer(self.port) == "1", "repaired from the image that is there")
        repo.deploy("web", 2)
        plimsoll.shows("dev/web", sync="OutOfSync", message="web:2")
        self.assertEqual(answer(self.port), "1")
        other.start()
        plimsoll.wait(lambda: answer(self.port) == "2", "deployed once the registry is back", 90)

    def test_a_stalled_pull_delays_no_repair_of_another_app(self):
        push_image(registry.address, "web:big", padding=4 << 20)
        with FaultProxy(registry.address) as proxy:
            beside = free_port()
            repo = ManifestRepo(self.folder).basic({"one": engine.url}, proxy, {
                "web": dict(QUICK, port=self.port), "beside": dict(QUICK, port=beside, image="other")})
            repo.commit("first")
            plimsoll = self.install(repo.url).start()
            plimsoll.settled()
            proxy.stalls["/v2/web/blobs/"] = 1000
            seen = len(proxy.requests)
            repo.deploy("web", "big")
            plimsoll.wait(lambda: any("/v2/web/blobs/" in path for _, _, path in proxy.requests[seen:]), "pulling")
            engine.request("POST", f"/containers/{ours(engine, app='beside')[0]['Id']}/kill")
            plimsoll.wait(lambda: answer(beside) == "1", "the other app is repaired", 10)
            repo.deploy("beside", 2)
            plimsoll.wait(lambda: answer(beside) == "2", "and deployed", 10)
            self.assertEqual(answer(self.port), "1")

    def test_a_registry_that_stops_in_the_middle_of_a_pull(self):
        push_image(registry.address, "web:large", padding=4 << 20)
        with FaultProxy(registry.address) as proxy:
            repo = ManifestRepo(self.folder).basic({"one": engine.url}, proxy, {"web": dict(QUICK, port=self.port)})
            repo.commit("first")
            plimsoll = self.install(repo.url).start()
            plimsoll.settled()
            asked = port_prober(self.port).start()
            self.addCleanup(asked.stop)
            proxy.stalls["/v2/web/blobs/"] = 1 << 20
            seen = len(proxy.requests)
            repo.deploy("web", "large")
            plimsoll.wait(lambda: any("/v2/web/blobs/" in path for _, _, path in proxy.requests[seen:]), "pulling")
            proxy.down()
            refused = plimsoll.shows("dev/web", sync="OutOfSync", message="web:large: ")
            self.assertEqual((asked.misses, asked.answers), ([], {"1"}), refused["message"])
            proxy.heal()
            proxy.up()
            plimsoll.wait(lambda: answer(self.port) == "large", "pulled and deployed once the registry is back")
            plimsoll.settled()

    def test_a_moved_tag_is_deployed_only_where_it_is_followed(self):
        push_image(registry.address, "web:moving", version="before")
        followed, pinned = free_port(), free_port()
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, {
            "followed": dict(QUICK, port=followed), "pinned": dict(QUICK, port=pinned)})
        repo.environment["apps"]["followed"]["images"]["web"] = {"tag": "moving", "follow": True}
        repo.environment["apps"]["pinned"]["images"]["web"] = "moving"
        repo.write_environment()
        repo.commit("first")
        plimsoll = self.install(repo.url).start()
        plimsoll.settled("dev/followed", "dev/pinned")
        self.assertEqual((answer(followed), answer(pinned)), ("before", "before"))
        unmoved, = ours(engine, app="pinned")
        push_image(registry.address, "web:moving", version="after")
        plimsoll.wait(lambda: answer(followed) == "after", "the moved tag answers")
        plimsoll.settled("dev/followed", "dev/pinned")
        self.assertEqual([c["Id"] for c in ours(engine, app="pinned")], [unmoved["Id"]])
        # A registry that is down changes nothing of what runs, and is said.
        current, = ours(engine, app="followed")
        registry.down()
        self.addCleanup(registry.start)
        plimsoll.wait(lambda: "target=dev/followed@one follow" in plimsoll.log_text(), "the registry's silence is logged")
        plimsoll.settled("dev/followed")
        self.assertEqual([c["Id"] for c in ours(engine, app="followed")], [current["Id"]])


if __name__ == "__main__":
    harness.main()
