"""`run --once`, and that the containers are the only record: no pass repeats work, no database is needed for a plan."""
import os
import shutil
import time

import harness
from counting_socket import CountingSocket
from harness import ManifestRepo, Scenario, another_engine, answer, changes_since, free_port, ours, surround


def setUpModule():
    global registry, engine, second
    registry, engine = surround({"web": "12"})
    second = another_engine()


class Once(Scenario):
    def setUp(self):
        super().setUp()
        self.ports = [free_port() for _ in range(3)]
        compose = {"web": {"port": self.ports[0], "healthcheck": False, "service": {
            "networks": ["inner"], "volumes": ["data:/data"], "restart": "unless-stopped", "mem_limit": "64m",
            "environment": {"A": "1"}, "configs": [{"source": "page", "target": "/www/page"}]}}}
        self.repo = ManifestRepo(self.folder)
        self.repo.basic({"one": engine.url, "two": second.url}, registry, {
            "web": compose["web"], "other": {"port": self.ports[1]},
            "far": {"port": self.ports[2], "instances": ["two"]}})
        text = self.repo.read("apps/web/compose.yaml")
        self.repo.write("apps/web/page.txt", "from the repository\n")
        self.repo.write("apps/web/compose.yaml", text + "networks:\n  inner: {}\nvolumes:\n  data: {}\n"
                        "configs:\n  page: { file: ./page.txt }\n")
        self.first = self.repo.commit("first")

    def test_second_pass_has_no_steps(self):
        plimsoll = self.install(self.repo.url)
        reply = plimsoll.once()
        self.assertEqual(reply.code, 0, reply)
        self.assertEqual([answer(port) for port in self.ports], ["1", "1", "1"])
        self.assertEqual(answer(self.ports[0], path="/page"), "from the repository")
        since = time.time()
        self.assertEqual(plimsoll.once().code, 0)
        self.assertEqual(changes_since(engine, since) + changes_since(second, since), [])

    def test_a_no_op_pass_asks_for_one_list_and_inspects_nothing_that_did_not_change(self):
        with CountingSocket(self.folder + "/counted.sock", engine.socket) as counted:
            instances = self.repo.read("instances.yaml").replace(engine.url, counted.url)
            self.repo.write("instances.yaml", instances)
            self.repo.commit("through the counter")
            plimsoll = self.install(self.repo.url, poll="1h").start()
            plimsoll.settled()
            plimsoll.cli("sync", "--wait")
            del counted.requests[:]
            plimsoll.cli("sync", "--wait")
            self.assertEqual(len(counted.calls("/containers/json")), 1, counted.requests)
            self.assertEqual([r for r in counted.requests if r[0] != "GET"], [])
            self.assertLessEqual(len(counted.requests), 5, counted.requests)

    def test_database_deleted_between_passes_changes_no_plan(self):
        plimsoll = self.install(self.repo.url)
        self.assertEqual(plimsoll.once().code, 0)
        before = {c["Id"] for c in ours(engine) + ours(second)}
        shutil.rmtree(plimsoll.state)
        os.makedirs(plimsoll.state)
        since = time.time()
        self.assertEqual(plimsoll.once().code, 0)
        self.assertEqual(changes_since(engine, since) + changes_since(second, since), [])
        self.assertEqual({c["Id"] for c in ours(engine) + ours(second)}, before)

    def test_a_plan_is_the_same_with_and_without_the_database(self):
        plimsoll = self.install(self.repo.url, poll="1h").start()
        plimsoll.settled()
        self.repo.set_tag("web", 2)
        folder = self.repo.work + "/manifests"
        with_database = plimsoll.cli("diff", "--manifests", folder, expect=1).out
        self.assertEqual(plimsoll.stop(), 0)
        shutil.rmtree(plimsoll.state)
        os.makedirs(plimsoll.state)
        plimsoll.start()
        plimsoll.settled()
        self.assertEqual(plimsoll.cli("diff", "--manifests", folder, expect=1).out, with_database)

    def test_a_killed_controller_leaves_nothing_that_the_next_one_repeats(self):
        plimsoll = self.install(self.repo.url).start(ready=False)
        plimsoll.wait(lambda: ours(engine), "the first container exists")
        plimsoll.kill()
        self.assertEqual(plimsoll.once().code, 0)
        names = sorted(c["Names"][0] for c in ours(engine) + ours(second))
        self.assertEqual(names, ["/dev-far-web-1", "/dev-other-web-1", "/dev-web-web-1"])

    def test_once_tells_when_not_everything_is_well(self):
        self.repo.deploy("far", "no-such-tag")
        reply = self.install(self.repo.url).once()
        self.assertNotEqual(reply.code, 0)
        self.assertEqual(answer(self.ports[0]), "1", "the others are deployed")


if __name__ == "__main__":
    harness.main()
