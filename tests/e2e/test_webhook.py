"""The webhook: a signed push is deployed at once; everything else is refused before any work is done for it."""
import json
import os
import socket
import subprocess
import time

import harness
from harness import ManifestRepo, Scenario, answer, free_port, surround

LIMIT = 3 * 1024 * 1024


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": "123"})


class Deployed(Scenario):
    def test_a_signed_push_is_deployed_at_once(self):
        port = free_port()
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry,
                                               {"web": {"port": port, "healthcheck": False, "order": "stop-first"}})
        repo.commit("first")
        plimsoll = self.install(repo.url, poll="1h").start()
        plimsoll.settled()
        repo.deploy("web", 2)
        before = plimsoll.git_requests()
        self.assertEqual(plimsoll.webhook(ref="refs/heads/other")[0], 202)
        self.assertEqual(plimsoll.webhook(url="https://example.org/other/repository.git")[0], 202)
        self.assertEqual(plimsoll.webhook(secret="wrong")[0], 401)
        # Nothing may come of those.
        began = time.monotonic()
        self.assertEqual(plimsoll.webhook()[0], 202)
        plimsoll.wait(lambda: answer(port) == "2", "version 2 answers", 10)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(plimsoll.git_requests(), before + 1)
        for result, count in (("accepted", 1), ("ignored", 2), ("unauthorized", 1)):
            self.assertIn(f'plimsoll_webhook_requests_total{{result="{result}"}} {count}', plimsoll.metrics())


class Requests(Scenario):
    """No engine needed: an empty but valid manifest repository."""

    def setUp(self):
        super().setUp()
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry)
        repo.environment["apps"] = {}
        repo.write_environment()
        repo.commit("first")
        self.repo = repo

    def started(self, **settings):
        return self.install(self.repo.url, poll="1h", **settings).start()

    def test_statuses(self):
        plimsoll = self.started()
        ping = {"zen": "Keep it logically awesome.", "hook_id": 1}
        head = {"Content-Type": "application/json"}
        self.assertEqual(plimsoll.webhook(ping, event="ping")[0], 202)
        self.assertEqual(plimsoll.webhook(secret=None)[0], 401)
        self.assertEqual(plimsoll.webhook(headers={"X-Hub-Signature-256": "sha256=00"})[0], 401)
        self.assertEqual(plimsoll.webhook(b"{not json")[0], 400)
        self.assertEqual(plimsoll.get("/api/webhook")[0], 405)
        for odd in ([], {}, {"ref": None, "repository": None}, {"ref": [], "repository": []},
                    {"ref": "refs/heads/main", "repository": {"clone_url": []}}):
            self.assertIn(plimsoll.webhook(json.dumps(odd).encode())[0], (202, 400), odd)
        self.assertIn(plimsoll.webhook(b"[" * 100000)[0], (400,))
        self.assertEqual(plimsoll.get("/healthz")[0], 200)
        signed = plimsoll.webhook(headers={**head, "Content-Type": "text/plain"})
        self.assertEqual(signed[0], 400)

    def test_github_s_own_examples_signed_by_github_s_own_library(self):
        folder = os.path.join(harness.SOURCE, "build", "webhook")
        if not os.path.isdir(folder + "/node_modules/@octokit"):
            self.skipTest(f"no node modules in {folder}: tests/run.sh installs them with npm")
        plimsoll = self.started()
        done = subprocess.run(["node", "webhook_examples.mjs", f"http://{plimsoll.address}/api/webhook",
                               plimsoll.secrets + "/webhook"], cwd=folder, capture_output=True, text=True, timeout=400)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
        self.assertEqual(plimsoll.get("/healthz")[0], 200)

    def test_a_secret_is_mandatory(self):
        plimsoll = self.install(self.repo.url, poll="1h")
        del plimsoll.settings["webhook"]
        plimsoll.write_config()
        plimsoll.start()
        self.assertEqual(plimsoll.webhook()[0], 503)

    def test_body_limit_is_enforced_while_reading(self):
        plimsoll = self.started()
        under = json.dumps({"pad": "x" * (LIMIT - 100)}).encode()
        self.assertEqual(plimsoll.webhook(under)[0], 202)
        self.assertEqual(raw_status(plimsoll, b"Content-Length: %d\r\n" % (LIMIT + 1), b""), 413)
        chunk = b"%x\r\n" % 65536 + b"x" * 65536 + b"\r\n"
        self.assertEqual(raw_status(plimsoll, b"Transfer-Encoding: chunked\r\n", chunk * 60), 413)

    def test_slow_senders_are_cut_off(self):
        plimsoll = self.started()
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", plimsoll.port), timeout=60) as slow:
            slow.sendall(b"POST /api/webhook HTTP/1.1\r\nHost: x\r\n")
            self.assertEqual(plimsoll.get("/healthz")[0], 200, "others are served meanwhile")
            while time.monotonic() - began < 50:
                try:
                    slow.sendall(b"X-A: b\r\n")
                    slow.settimeout(0.5)
                    if slow.recv(100) is not None:
                        break
                except socket.timeout:
                    continue
                except OSError:
                    break
        self.assertLess(time.monotonic() - began, 45)

    def test_a_flood_is_limited_and_bounded(self):
        plimsoll = self.started()
        before = memory_of(plimsoll.process.pid)
        seen = {}
        for _ in range(1000):
            status = plimsoll.webhook()[0]
            seen[status] = seen.get(status, 0) + 1
        self.assertEqual(set(seen), {202, 429}, seen)
        self.assertLess(memory_of(plimsoll.process.pid) - before, 20 << 20)

    def test_tcp_without_a_token_only_reads(self):
        plimsoll = self.started()
        for path in ("/api/v1/sync", "/api/v1/diff"):
            status = plimsoll.get(path, "POST", b"{}", {"Content-Type": "application/json"})[0]
            self.assertIn(status, (401, 403, 404, 405), path)
        self.assertEqual(plimsoll.get("/api/v1/status")[0], 200)
        self.assertEqual(plimsoll.get("/api/v1/status", headers={"Host": "evil.example.org"})[0] in (200, 400, 403, 421),
                         True)
        self.assertEqual(os.stat(plimsoll.socket).st_mode & 0o777, 0o660)

    def test_metrics_are_open_to_other_hosts_only_when_the_configuration_says_so(self):
        other = {"Host": "ops.example.org:8470"}
        for opened, wanted in ((False, 403), (True, 200)):
            plimsoll = self.started(metrics={"open": opened})
            self.assertEqual(plimsoll.get("/metrics", headers=other)[0], wanted)
            self.assertEqual(plimsoll.get("/api/v1/status", headers=other)[0], 403)
            plimsoll.stop()

    def test_metrics_and_probes(self):
        plimsoll = self.started()
        plimsoll.webhook({"zen": "x"}, event="ping")
        text = plimsoll.metrics()
        for name in ("plimsoll_git_request_total", "plimsoll_webhook_requests_total", "plimsoll_git_request_duration_seconds"):
            self.assertIn(f"# TYPE {name}", text)
        self.assertEqual(plimsoll.get("/readyz")[0], 200)
        self.assertEqual(plimsoll.get("/nowhere")[0], 404)


def raw_status(plimsoll, headers, body):
    """The status of a request written by hand; a connection cut in the middle of sending still gives its answer."""
    with socket.create_connection(("127.0.0.1", plimsoll.port), timeout=20) as raw:
        try:
            raw.sendall(b"POST /api/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        b"X-GitHub-Event: push\r\nX-Hub-Signature-256: sha256=" + b"0" * 64 + b"\r\n" + headers + b"\r\n")
            for start in range(0, len(body), 65536):
                raw.sendall(body[start:start + 65536])
        except OSError:
            pass
        try:
            return int(raw.recv(100).split()[1])
        except (OSError, IndexError):
            return None


def memory_of(pid):
    with open(f"/proc/{pid}/status") as text:
        return next(int(line.split()[1]) << 10 for line in text if line.startswith("VmRSS"))


if __name__ == "__main__":
    harness.main()
