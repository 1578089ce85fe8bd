"""Readiness and the end: sd_notify, SIGTERM within 5 s whatever is going on, a clean exit status."""
import os
import socket
import subprocess
import time

import harness
from fault_proxy import FaultProxy
from harness import ManifestRepo, Scenario, SilentServer, ours, surround


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": "1", "web:big": {"padding": 4 << 20}})


class Shutdown(Scenario):
    def test_systemd_is_told_when_ready_and_when_stopping(self):
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry)
        repo.commit("first")
        plimsoll = self.install(repo.url)
        path = os.path.join(self.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(path)
            listener.settimeout(20)
            plimsoll.env["NOTIFY_SOCKET"] = path
            plimsoll.start(ready=False)
            self.assertIn("READY=1", listener.recv(4096).decode().split("\n"))
            self.assertEqual(plimsoll.stop(), 0)
            messages = [listener.recv(4096).decode()]
            listener.settimeout(0.2)
            while "STOPPING=1" not in messages[-1].split("\n"):
                messages.append(listener.recv(4096).decode())

    def test_idle(self):
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry)
        repo.commit("first")
        plimsoll = self.install(repo.url).start()
        plimsoll.settled()
        began = time.monotonic()
        self.assertEqual(plimsoll.stop(), 0)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual([c["State"] for c in ours(engine)], ["running"], "what it deployed runs on")
        self.assertFalse(os.path.exists(plimsoll.socket), "no stale socket")

    def test_while_pulling_from_a_stalled_registry(self):
        with FaultProxy(registry.address) as proxy:
            proxy.stalls["/blobs/"] = 1000
            repo = ManifestRepo(self.folder).basic({"one": engine.url}, proxy, {"web": {"tag": "big"}})
            repo.commit("first")
            plimsoll = self.install(repo.url).start(ready=False)
            plimsoll.wait(lambda: any("/blobs/" in path for _, _, path in proxy.requests), "the pull has begun")
            self.assertEqual(plimsoll.stop(), 0)

    def test_one_pass_that_is_ended_is_no_good_one(self):
        with SilentServer() as silent:
            repo = ManifestRepo(self.folder).basic({"one": silent.url}, registry)
            repo.commit("first")
            plimsoll = self.install(repo.url)
            once = subprocess.Popen([harness.BINARY, "run", "--once", "--config", plimsoll.config], text=True,
                                    env=dict(harness.clean_environment(), **plimsoll.env), stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            said = []
            while not said or "revision=" not in said[-1]:
                said.append(once.stderr.readline())
                self.assertTrue(said[-1], said)
            once.terminate()
            rest = once.communicate(timeout=5)[1]
            self.assertEqual(once.returncode, 1, rest)
            self.assertIn("ended by a signal before everything was looked at", rest)

    def test_while_the_engine_and_the_git_server_are_silent(self):
        with SilentServer() as silent:
            repo = ManifestRepo(self.folder).basic({"one": silent.url}, registry)
            repo.commit("first")
            plimsoll = self.install(repo.url).start(ready=False)
            plimsoll.wait(lambda: plimsoll.status()["targets"], "the target is known")
            self.assertEqual(plimsoll.stop(), 0)
        with SilentServer() as silent:
            plimsoll = self.install(f"http://127.0.0.1:{silent.port}/x.git").start(ready=False)
            silent.listener.settimeout(20)
            asked, _ = silent.listener.accept()
            with asked:
                self.assertEqual(plimsoll.stop(), 0)

    def test_a_second_controller_on_the_same_state_or_port_says_so(self):
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry)
        repo.commit("first")
        plimsoll = self.install(repo.url).start()
        for key, value, words in (("listen", plimsoll.address, str(plimsoll.port)),
                                  ("state_dir", plimsoll.state, "another plimsoll works with the state directory")):
            with self.subTest(key):
                other = self.install(repo.url)
                other.settings[key] = value
                other.write_config()
                process = other.spawn()
                other.process = None
                self.assertEqual(process.wait(20), 20, other.log_text())
                self.assertIn(words, other.log_text())

    def test_a_wrong_configuration_names_file_line_and_mend(self):
        plimsoll = self.install("file:///nowhere")
        with open(plimsoll.config, "w") as out:
            out.write("installation: acme\nsource: { url: 5 }\npoll: 5\n")
        process = plimsoll.spawn()
        plimsoll.process = None
        self.assertEqual(process.wait(10), 20)
        self.assertRegex(plimsoll.log_text(), r"controller\.yaml:3:1.*poll")


if __name__ == "__main__":
    harness.main()
