"""A merged commit becomes running containers, and the operator sees it: status, diff, sync, history."""
import json
import time

import harness
from git_servers import GitHttpServer
from harness import ManifestRepo, Scenario, answer, free_port, ours, push_image, started, surround


def setUpModule():
    global registry, engine, git_server
    registry, engine = surround({"web": "1234"})
    git_server = started(GitHttpServer())


class CommitIn(Scenario):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        empty = git_server.repository("acme/" + self._testMethodName)
        self.repo = ManifestRepo(self.folder, url=empty.url, bare=str(empty.bare)).basic(
            {"one": engine.url}, registry, {"web": {"port": self.port}})
        self.first = self.repo.commit("first")

    def test_container_out_and_a_new_tag_replaces_it(self):
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled("dev/web", revision=self.first)
        self.assertEqual(answer(self.port), "1")
        labels = engine.inspect("dev-web-web-1")["Config"]["Labels"]
        self.assertEqual(labels["io.plimsoll.controller"], "e2e")
        self.assertEqual([labels["io.plimsoll." + key] for key in ("environment", "app", "service", "replica")],
                         ["dev", "web", "web", "1"])
        self.assertRegex(labels["io.plimsoll.spec"], r"^v1:[0-9a-f]+$")
        self.assertIn(self.first, labels["io.plimsoll.revision"])
        self.assertEqual(labels["io.plimsoll.image-digest"], registry.digest("web:1"))
        self.assertEqual(labels["com.docker.compose.project"], "dev-web")
        self.assertNotIn("com.docker.compose.config-hash", labels)

        second = self.repo.deploy("web", 2)
        plimsoll.wait(lambda: answer(self.port) == "2", "version 2 answers")
        plimsoll.settled("dev/web", revision=second)
        self.assertEqual([c["Names"] for c in ours(engine)], [["/dev-web-web-1"]], "the old one is gone")

    def test_status_has_the_documented_shape(self):
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        data = plimsoll.cli("status", "-o", "json").data
        self.assertEqual(set(data) & {"revision", "targets"}, {"revision", "targets"})
        target, = data["targets"]
        for key in ("environment", "app", "instance", "sync", "health", "reason", "message", "revision", "services"):
            self.assertIn(key, target)
        self.assertEqual([target[k] for k in ("environment", "app", "instance", "sync", "health")],
                         ["dev", "web", "one", "Synced", "Healthy"])
        service, = target["services"]
        self.assertEqual((service["name"], service["image"]), ("web", f"{registry.address}/web:1"))
        container, = service["containers"]
        self.assertEqual((container["name"], container["state"], container["health"]),
                         ("dev-web-web-1", "running", "healthy"))
        told = json.loads(plimsoll.get("/api/v1/status")[1])
        for one in (told, data):
            one.pop("source_checked")  # a poll may lie between the two
        self.assertEqual(told, data, "HTTP and command line say the same")

        table = plimsoll.cli("status").out.splitlines()
        self.assertEqual(table[0].split(), ["NAME", "INSTANCE", "SYNC", "HEALTH", "REVISION", "IMAGES", "MESSAGE"])
        self.assertEqual(table[1].split()[:5], ["dev/web", "one", "Synced", "Healthy", self.first[:8]])
        self.assertNotIn("NAME", plimsoll.cli("status", "--no-header").out)
        self.assertIn("dev/web", plimsoll.cli("status", "-o", "name").out)
        one = plimsoll.cli("status", "dev/web").out
        self.assertIn("dev-web-web-1", one)
        self.assertIn("revision", plimsoll.cli("status", "-o", "yaml").out)

    def test_diff_of_what_is_merged_and_of_what_is_not(self):
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        self.assertEqual(plimsoll.cli("diff", expect=0).out.strip(), "")
        self.repo.git("checkout", "-q", "-b", "proposal")
        self.repo.set_tag("web", 2)
        self.repo.git("commit", "-qam", "proposal")
        self.repo.git("push", "-q", "origin", "proposal")
        by_directory = plimsoll.cli("diff", "--manifests", self.repo.work + "/manifests", expect=1)
        by_revision = plimsoll.cli("diff", "--revision", "proposal", expect=1)
        for reply in (by_directory, by_revision):
            self.assertIn("dev/web", reply.out)
            self.assertRegex(reply.out, r"web:1.*\n?.*web:2")
            self.assertIn("CreateContainer", reply.out)
        plimsoll.cli("diff", "--revision", "no-such-branch", expect=2)
        self.assertEqual(answer(self.port), "1", "a diff changes nothing")
        plimsoll.cli("diff", "dev/no-such-app", expect=2)

    def test_diff_shows_what_begins_once_all_of_the_app_is_prepared(self):
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        self.repo.write("overrides/worker.yaml", f"services:\n  worker:\n    image: {registry.address}/web:1\n")
        self.repo.environment["apps"]["web"]["override"] = "overrides/worker.yaml"
        self.repo.set_tag("web", 2)
        asked = ["diff", "--manifests", self.repo.work + "/manifests"]
        first, then = plimsoll.cli(*asked, expect=1).out.split("then, once all of the app is prepared:")
        self.assertNotIn("StopContainer", first)
        self.assertIn("web: StopContainer dev-web-web-1 ", then)
        target, = plimsoll.cli(*asked, "-o", "json", expect=1).data["targets"]
        self.assertIn("web: StopContainer dev-web-web-1 ", " ".join(target["held"]))

    def test_sync_waits_and_history_tells(self):
        plimsoll = self.install(self.repo.url, poll="1h").start()
        plimsoll.settled()
        second = self.repo.deploy("web", 2)
        reply = plimsoll.cli("sync", "dev/web", "--wait")
        self.assertEqual(answer(self.port), "2", f"sync fetched what is merged: {reply}")
        self.assertEqual(reply.out.count("\033"), 0)
        history = plimsoll.cli("history", "dev/web", "-o", "json").data
        rows = history if isinstance(history, list) else next(v for v in history.values() if isinstance(v, list))
        self.assertGreaterEqual(len(rows), 2)
        self.assertIn(second, json.dumps(rows[0]))
        self.assertEqual({row["phase"] for row in rows}, {"Succeeded"})
        table = plimsoll.cli("history", "dev/web").out
        self.assertIn(second[:8], table)
        self.assertIn("Succeeded", table)
        failed = plimsoll.cli("sync", "dev/absent", "--wait", expect=20)
        self.assertEqual(len(failed.err.strip().splitlines()), 1, failed)

    def test_status_without_a_controller_says_what_to_do(self):
        plimsoll = self.install(self.repo.url)
        reply = plimsoll.cli("status", expect=20)
        self.assertEqual(reply.out, "")
        self.assertEqual(len(reply.err.strip().splitlines()), 1, reply)
        self.assertIn(plimsoll.socket, reply.err)

    def test_a_second_commit_supersedes_one_that_waits_for_its_image(self):
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        self.repo.deploy("web", "not-pushed-yet")
        plimsoll.shows("dev/web", reason="WaitingForImage", health="Progressing")
        self.assertEqual(answer(self.port), "1", "what runs stays")
        began = time.monotonic()
        self.repo.deploy("web", 3)
        plimsoll.wait(lambda: answer(self.port) == "3", "version 3 answers")
        self.assertLess(time.monotonic() - began, 15)

    def test_an_image_that_comes_later_is_deployed_by_itself(self):
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        self.repo.deploy("web", "late")
        plimsoll.shows("dev/web", reason="WaitingForImage")
        push_image(registry.address, "web:late")
        plimsoll.wait(lambda: answer(self.port) == "late", "the late image answers")


class Offline(Scenario):
    def test_validate_and_render_need_no_controller(self):
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry)
        plimsoll = self.install(repo.url)
        folder = repo.work + "/manifests"
        self.assertEqual(plimsoll.cli("validate", folder, socket_option=False).code, 0)
        rendered = plimsoll.cli("render", folder, "--environment", "dev", "--app", "web", socket_option=False).out
        self.assertIn(f"{registry.address}/web:1", rendered)
        config = plimsoll.cli("compose-config", "-f", folder + "/apps/web/compose.yaml", "-o", "json",
                              socket_option=False).data
        self.assertEqual(config["services"]["web"]["image"], f"{registry.address}/web")
        repo.write("apps/web/compose.yaml", "services:\n  web:\n    image: a\n    prots: [80]\n    init: maybe\n")
        reply = plimsoll.cli("validate", folder, socket_option=False, expect=None)
        self.assertNotEqual(reply.code, 0)
        said = reply.out + reply.err
        self.assertRegex(said, r"apps/web/compose\.yaml:4:\d+")
        self.assertRegex(said, r"apps/web/compose\.yaml:5:\d+", "all errors at once")


if __name__ == "__main__":
    harness.main()
