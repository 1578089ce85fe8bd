"""Networks whose options change under containers that run, and networks that an environment no longer shares."""
import harness
from harness import ManifestRepo, Scenario, answer, free_port, ours, surround


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": "12"})


def network(name):
    """As the engine shows it with all that is in it, or None."""
    found = [one for one in engine.request("GET", "/networks") if one["Name"] == name]
    return engine.request("GET", "/networks/" + found[0]["Id"]) if found else None


class Networks(Scenario):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.repo = ManifestRepo(self.folder)
        self.write("networks:\n  inner: {}\n")
        self.start()

    def write(self, networks, address=None, tag=1):
        """An app of one service in network `inner`, committed."""
        inner = {"inner": {"aliases": ["page"], **({"ipv4_address": address} if address else {})}}
        facts = {"port": self.port, "service": {"networks": inner}, "tag": tag}
        self.repo.basic({"one": engine.url}, registry, {"web": facts})
        text = self.repo.read("apps/web/compose.yaml")
        self.repo.write("apps/web/compose.yaml", text + networks)
        return self.repo.commit("networks")

    def start(self):
        self.plimsoll = self.install(self.repo.url).start()
        self.plimsoll.settled("dev/web")
        self.before = network("dev-web_inner")
        self.ids = sorted(c["Id"] for c in ours(engine))
        self.assertEqual(sorted(self.before["Containers"]), self.ids)

    def expect_anew(self, revision, ids=None):
        self.plimsoll.settled("dev/web", revision=revision)
        now = network("dev-web_inner")
        self.assertNotEqual(now["Id"], self.before["Id"])
        if ids is not None:
            self.assertEqual(sorted(c["Id"] for c in ours(engine)), ids, "no container was recreated")
        self.assertEqual(sorted(now["Containers"]), sorted(c["Id"] for c in ours(engine)))
        self.plimsoll.wait(lambda: answer(self.port) is not None, "it answers")
        endpoint = engine.inspect("dev-web-web-1")["NetworkSettings"]["Networks"]["dev-web_inner"]
        self.assertLessEqual({"web", "page"}, set(endpoint["Aliases"]))
        self.assertEqual(endpoint["NetworkID"], now["Id"])
        return now

    def test_changed_options_come_without_a_new_container(self):
        revision = self.write("networks:\n  inner: { driver_opts: { com.docker.network.bridge.name: inner0 },\n"
                              "    ipam: { config: [ { subnet: 10.77.0.0/24 } ] } }\n")
        now = self.expect_anew(revision, self.ids)
        self.assertEqual(now["Options"], {"com.docker.network.bridge.name": "inner0"})
        self.assertEqual(now["IPAM"]["Config"][0]["Subnet"], "10.77.0.0/24")
        self.before = now
        revision = self.write("networks:\n  inner: { labels: { team: shop },\n"
                              "    ipam: { config: [ { subnet: 10.77.0.0/24 } ] } }\n")
        self.assertEqual(self.expect_anew(revision, self.ids)["Labels"]["team"], "shop")

    def test_a_fixed_address_in_a_new_subnet_comes_in_one_commit(self):
        subnet = "networks:\n  inner: { ipam: { config: [ { subnet: 10.%d.0.0/24 } ] } }\n"
        for number, tag in ((78, 1), (79, 2)):
            revision = self.write(subnet % number, address=f"10.{number}.0.7", tag=tag)
            self.before = self.expect_anew(revision)
            endpoint = engine.inspect("dev-web-web-1")["NetworkSettings"]["Networks"]["dev-web_inner"]
            self.assertEqual(endpoint["IPAddress"], f"10.{number}.0.7")

    def test_options_that_the_engine_refuses_take_nothing_down(self):
        subnet = engine.request("GET", "/networks/bridge")["IPAM"]["Config"][0]["Subnet"]
        self.write("networks:\n  inner: { ipam: { config: [ { subnet: " + subnet + " } ] } }\n")
        self.plimsoll.shows("dev/web", sync="OutOfSync", message="overlaps")
        self.plimsoll.wait(lambda: answer(self.port) == "1", "it answers")
        self.plimsoll.wait(lambda: network("dev-web_inner")["Containers"], "the container is in a network")
        self.assertEqual(sorted(c["Id"] for c in ours(engine)), self.ids)
        self.expect_anew(self.write("networks:\n  inner: { attachable: true }\n"), self.ids)

    def test_a_container_of_somebody_else_is_named_and_stays(self):
        guest = engine.request("POST", "/containers/create?name=guest", {
            "Image": registry.name("web:1"), "HostConfig": {"NetworkMode": "dev-web_inner"}})["Id"]
        engine.request("POST", f"/containers/{guest}/start")
        self.addCleanup(engine.request, "DELETE", f"/containers/{guest}?force=1")
        revision = self.write("networks:\n  inner: { internal: true }\n")
        shown = self.plimsoll.shows("dev/web", sync="OutOfSync", reason="Conflict", message="guest")
        self.assertIn("dev-web_inner", shown["message"])
        self.assertEqual(sorted(network("dev-web_inner")["Containers"]), sorted(self.ids + [guest]))
        engine.request("POST", f"/networks/{self.before['Id']}/disconnect", {"Container": guest})
        self.plimsoll.cli("sync")
        self.plimsoll.settled("dev/web", revision=revision)
        self.assertTrue(network("dev-web_inner")["Internal"])
        self.assertEqual(sorted(network("dev-web_inner")["Containers"]), self.ids)


class SharedNetworks(Scenario):
    def setUp(self):
        super().setUp()
        self.repo = ManifestRepo(self.folder)
        apps = {name: {"service": {"networks": ["edge"]}, "healthcheck": False} for name in ("one", "two")}
        self.repo.basic({"one": engine.url}, registry, apps, networks=["edge", "bus"])
        for name in apps:
            self.join(name, "edge: { external: true }")
        self.join("two", "edge: { external: true }, bus: { external: true }")
        self.repo.commit("first")
        self.plimsoll = self.install(self.repo.url).start()
        self.plimsoll.settled("dev/one", "dev/two")
        self.assertTrue(network("dev_edge"))

    def join(self, app, networks):
        names = [one.split(":")[0] for one in networks.split(", ")]
        self.repo.write(f"apps/{app}/compose.yaml", f"services:\n  web:\n    image: {registry.address}/web\n"
                        f"    stop_grace_period: 1s\n    networks: {names}\nnetworks: {{ {networks} }}\n")

    def gone(self, name):
        self.plimsoll.wait(lambda: network(name) is None, name + " is gone")

    def test_one_that_the_environment_names_no_more_goes_when_nothing_is_in_it(self):
        for app in ("one", "two"):
            self.join(app, "bus: { external: true }")
        self.repo.environment["networks"] = ["bus"]
        self.repo.write_environment()
        revision = self.repo.commit("no edge")
        self.gone("dev_edge")
        self.plimsoll.settled("dev/one", "dev/two", revision=revision)
        self.assertEqual(len(network("dev_bus")["Containers"]), 2)
        self.plimsoll.wait(lambda: len(self.plimsoll.status()["targets"]) == 2, "nothing else is shown")

    def test_one_pass_over_everything_takes_it_along(self):
        self.assertEqual(self.plimsoll.stop(), 0)
        for app in ("one", "two"):
            self.join(app, "bus: { external: true }")
        self.repo.environment["networks"] = ["bus"]
        self.repo.write_environment()
        self.repo.commit("no edge")
        reply = self.plimsoll.once()
        self.assertEqual(reply.code, 0, reply)
        self.assertIsNone(network("dev_edge"))

    def test_prune_off_keeps_it_and_a_broken_file_too(self):
        self.repo.environment["networks"] = ["bus"]
        self.repo.environment["sync"] = {"prune": False}
        for app in ("one", "two"):
            self.join(app, "bus: { external: true }")
        self.repo.write_environment()
        self.plimsoll.settled("dev/one", "dev/two", revision=self.repo.commit("no edge, no prune"))
        self.plimsoll.cli("sync", "--wait")
        self.assertEqual(network("dev_edge")["Containers"], {})
        self.repo.environment["sync"] = {"prune": True}
        self.repo.environment["nonsense"] = 1
        self.repo.write_environment()
        self.repo.commit("broken")
        self.plimsoll.shows("dev/one", reason="InvalidSpecError")
        self.plimsoll.cli("sync")
        self.assertTrue(network("dev_edge"))
        del self.repo.environment["nonsense"]
        self.repo.write_environment()
        self.repo.commit("mended")
        self.gone("dev_edge")

    def test_those_of_an_environment_that_is_gone_go_with_its_apps(self):
        self.repo.write("environments/prod.yaml", self.repo.read("environments/dev.yaml").replace('"dev"', '"prod"'))
        self.repo.commit("prod")
        self.plimsoll.settled("prod/one", "prod/two")
        self.repo.delete("environments/dev.yaml")
        self.repo.commit("no dev")
        self.plimsoll.wait(lambda: "held" in self.plimsoll.log_text(), "the removal is held")
        self.assertTrue(network("dev_edge"))
        self.plimsoll.cli("sync", "--allow-removal")
        self.gone("dev_edge")
        self.gone("dev_bus")
        self.assertEqual(len(network("prod_edge")["Containers"]), 2)


if __name__ == "__main__":
    harness.main()
