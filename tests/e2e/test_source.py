"""The manifest repository over HTTP and SSH, and everything that can be wrong with it: what runs stays, the status tells
why, and it goes on by itself once mended."""
import re
import os

import harness
from git_servers import GitHttpServer, GitSshServer
from git_servers import SilentServer as SilentGit
from git_servers import StallingProxy
from harness import ManifestRepo, Scenario, answer, free_port, ours, surround

PASSWORD = "canary-git-password"


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": "1234"})


class Source(Scenario):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def serve(self, server):
        server.start()
        self.addCleanup(server.close)
        return server

    def hosted(self, server, name="acme/manifests"):
        """A repository of that server with one app."""
        empty = server.repository(name)
        repo = ManifestRepo(self.folder, name="clone", url=empty.url, bare=str(empty.bare))
        repo.basic({"one": engine.url}, registry,
                   {"web": {"port": self.port, "healthcheck": False, "order": "stop-first"}})
        repo.commit("first")
        return repo

    def source_says(self, plimsoll, pattern):
        plimsoll.wait(lambda: plimsoll.status()["source_error"], "the status tells what is wrong with the source")
        plimsoll.wait(lambda: self.assertRegex(plimsoll.status()["source_error"], pattern) is None, pattern, 20)
        self.assertNotIn(PASSWORD, plimsoll.get("/api/v1/status")[1] + plimsoll.log_text())

    def deploys(self, plimsoll, repo, tag):
        repo.deploy("web", tag)
        plimsoll.wait(lambda: answer(self.port) == str(tag), f"version {tag} answers")

    def test_http_with_a_password_that_is_wrong_at_first(self):
        server = self.serve(GitHttpServer(username="deploy", password=PASSWORD))
        repo = self.hosted(server)
        plimsoll = self.install(repo.url)
        password = plimsoll.secret("git-token", PASSWORD + "-not")
        plimsoll.settings["source"]["credentials"] = {"username": "deploy", "password_file": password}
        plimsoll.write_config()
        plimsoll.start(ready=False)
        self.source_says(plimsoll, "(?i)credential|401|unauthorized")
        self.assertNotEqual(plimsoll.get("/readyz")[0], 200)
        plimsoll.secret("git-token", PASSWORD + "\n")
        plimsoll.cli("sync", expect=None)
        plimsoll.settled(timeout=90)
        self.deploys(plimsoll, repo, 2)

    def test_ssh_with_a_key_and_a_known_host(self):
        server = self.serve(GitSshServer())
        repo = self.hosted(server)
        plimsoll = self.install(repo.url, source={"credentials": {
            "ssh_key_file": str(server.key_file), "known_hosts_file": str(server.known_hosts_file)}})
        plimsoll.start()
        plimsoll.settled()
        self.deploys(plimsoll, repo, 2)

    def test_an_unknown_and_a_changed_host_key_are_refused(self):
        server = self.serve(GitSshServer())
        repo = self.hosted(server)
        for known_hosts in ("example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA\n", server.known_hosts_line("client")):
            plimsoll = self.install(repo.url)
            known = plimsoll.secret("known_hosts", known_hosts)
            plimsoll.settings["source"]["credentials"] = {"ssh_key_file": str(server.key_file), "known_hosts_file": known}
            plimsoll.write_config()
            plimsoll.start(ready=False)
            # Which of its keys the server shows is settled between the two libraries.
            shown = "|".join(re.escape(server.fingerprint(key).removeprefix("SHA256:"))
                             for key in ("host_ed25519", "host_ecdsa"))
            self.source_says(plimsoll, f"SHA256:({shown})")
            self.source_says(plimsoll, "known_hosts")
            self.assertEqual(answer(self.port), "")
            plimsoll.stop()

    def test_ssh_without_known_hosts_is_refused_at_the_start(self):
        server = self.serve(GitSshServer())
        repo = self.hosted(server)
        plimsoll = self.install(repo.url, source={"credentials": {"ssh_key_file": str(server.key_file)}})
        process = plimsoll.spawn()
        plimsoll.process = None
        self.assertEqual(process.wait(20), 20)
        self.assertIn("known_hosts_file", plimsoll.log_text())

    def test_a_server_that_is_down_and_comes_back(self):
        server = self.serve(GitHttpServer())
        repo = self.hosted(server)
        plimsoll = self.install(repo.url).start()
        plimsoll.settled()
        server.stop()
        self.source_says(plimsoll, repo.url.split("/")[2])
        self.assertEqual(plimsoll.target("dev/web")["health"], "Healthy")
        repo.deploy("web", 2)
        server.start()
        plimsoll.wait(lambda: answer(self.port) == "2", "the poll catches up")
        plimsoll.wait(lambda: not plimsoll.status()["source_error"], "and the error is gone")

    def test_unreachable_at_the_start_with_a_mirror_from_before(self):
        server = self.serve(GitHttpServer())
        repo = self.hosted(server)
        plimsoll = self.install(repo.url).start()
        plimsoll.settled()
        self.assertEqual(plimsoll.stop(), 0)
        server.stop()
        for container in engine.containers():
            engine.request("DELETE", f"/containers/{container['Id']}?force=1")
        plimsoll.start(ready=False)
        plimsoll.wait(lambda: answer(self.port) == "1", "repaired from the revision that was applied last")

    def test_a_server_that_accepts_and_stays_silent(self):
        with SilentGit() as silent:
            plimsoll = self.install(f"http://127.0.0.1:{silent.port}/x.git", source={"fetch_timeout": "2s"})
            plimsoll.start(ready=False)
            self.source_says(plimsoll, "(?i)2 ?s|deadline|time")
            plimsoll.wait(lambda: len(silent.connections) >= 2, "it asks again")
            self.assertEqual(plimsoll.get("/healthz")[0], 200)
            self.assertEqual(plimsoll.stop(), 0)

    def test_a_server_that_falls_silent_in_the_middle_of_a_pack(self):
        server = self.serve(GitHttpServer())
        repo = self.hosted(server)
        with StallingProxy(server.port, reply_bytes=1 << 30) as proxy:
            plimsoll = self.install(repo.url.replace(f":{server.port}", f":{proxy.port}"),
                                    source={"fetch_timeout": "2s"}).start()
            plimsoll.settled()
            before = [c["Id"] for c in ours(engine)]
            with open(repo.work + "/recording.bin", "wb") as big:
                big.write(os.urandom(4 << 20))
            proxy.left = 1 << 20
            repo.deploy("web", 2)
            self.source_says(plimsoll, "(?i)2 ?s|deadline|time")
            self.assertLessEqual(proxy.left, 0, "it was in the middle")
            self.assertEqual((plimsoll.target("dev/web")["health"], answer(self.port)), ("Healthy", "1"))
            self.assertEqual([c["Id"] for c in ours(engine)], before)
            proxy.left = 1 << 30
            plimsoll.wait(lambda: answer(self.port) == "2", "fetched and deployed once the server goes on")
            plimsoll.wait(lambda: not plimsoll.status()["source_error"], "and the error is gone")

    def test_a_branch_that_vanished(self):
        server = self.serve(GitHttpServer())
        repo = self.hosted(server)
        plimsoll = self.install(repo.url).start()
        plimsoll.settled()
        harness.run_git(repo.bare, "update-ref", "-d", "refs/heads/main")
        self.source_says(plimsoll, "main")
        self.assertEqual(answer(self.port), "1")
        self.deploys(plimsoll, repo, 2)

    def test_an_emptied_repository_removes_nothing(self):
        server = self.serve(GitHttpServer())
        repo = self.hosted(server)
        plimsoll = self.install(repo.url).start()
        plimsoll.settled()
        os.rename(repo.work + "/manifests", self.folder + "/kept")
        repo.commit("emptied")
        self.source_says(plimsoll, "manifests")
        before = plimsoll.git_requests()
        plimsoll.wait(lambda: plimsoll.git_requests() >= before + 2, "two polls, in which nothing may be removed")
        self.assertEqual(answer(self.port), "1")
        os.rename(self.folder + "/kept", repo.work + "/manifests")
        self.deploys(plimsoll, repo, 2)
        plimsoll.wait(lambda: not plimsoll.status()["source_error"], "the error is gone")


if __name__ == "__main__":
    harness.main()
