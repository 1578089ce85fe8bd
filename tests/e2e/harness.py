"""The real binary in a directory of its own, a manifest repository, and waiting with deadlines. Standard library only.

    class Deploys(Scenario):
        def test_x(self):
            repo = ManifestRepo(self.folder)
            repo.write("environments/dev.yaml", ...); repo.commit("first")
            plimsoll = self.install(repo.url)
            plimsoll.start()
            plimsoll.settled()

A scenario that fails leaves its folder (configuration, log, repository) behind and prints where.
"""
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(SOURCE, "helm-free-deploy"))

from chosen_engine import FOLDER, LEFT_OUT, engine_version, why_no_engine  # noqa: E402
from engines import DockerEngine, Registry, free_port, isolate_network, wait_until  # noqa: E402,F401
from manifest_repo import ManifestRepo, compose_of, run_git, to_yaml  # noqa: E402,F401
from small_images import push_image  # noqa: E402,F401
from surroundings import FIRST_BRIDGE, NEVER_READY, another_engine, started, surround, sweep  # noqa: E402,F401

BINARY = os.environ.get("PLIMSOLL", os.path.join(SOURCE, "build", "release", "plimsoll"))
WEBHOOK_SECRET = "e2e-webhook-secret"
#: What "soon" means where nothing is said: generous, since CI has two slow cores; waits end as soon as they can.
PATIENCE = float(os.environ.get("PLIMSOLL_E2E_PATIENCE", "60"))


class Scenario(unittest.TestCase):
    """One folder per test, kept when it fails; installations of the test are stopped at its end, within 5 s."""

    maxDiff = None
    #: Beneath a failure, the end of every controller's log; off where the failures themselves bring those that matter.
    shows_logs = True

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix=f"plimsoll-e2e-{self._testMethodName[:40]}-", dir="/tmp")
        self._installations = []
        self.addCleanup(self._tidy)

    def sweep(self):
        """Called last, with every controller stopped: the scenarios of a file share its engines."""
        sweep()

    def install(self, url, **settings):
        number = len(self._installations)
        one = Installation(os.path.join(self.folder, f"controller{number}" if number else "controller"), url, **settings)
        self._installations.append(one)
        return one

    def _tidy(self):
        result = self._outcome.result
        failed = any(test is self or getattr(test, "test_case", None) is self for test, _ in result.failures + result.errors)
        late = []
        for one in self._installations:
            try:
                one.stop()
            except AssertionError as error:
                late.append(str(error))
        if failed or late or os.environ.get("PLIMSOLL_E2E_KEEP"):
            print(f"\n{self.id()}: artifacts in {self.folder}", file=sys.stderr)
            for one in self._installations if self.shows_logs else []:
                print(one.log_tail(25), file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.sweep()
        if late:
            raise AssertionError("; ".join(late))


class Reply:
    """What a command said. `data` is its standard output as JSON."""

    def __init__(self, code, out, err, argv):
        self.code, self.out, self.err, self.argv = code, out, err, argv

    @property
    def data(self):
        try:
            return json.loads(self.out)
        except ValueError:
            raise AssertionError(f"{self} printed no JSON") from None

    def __str__(self):
        return f"{' '.join(self.argv)}: exit {self.code}\nstdout: {self.out[-3000:]}\nstderr: {self.err[-3000:]}"


class Installation:
    """One controller: configuration, secrets, state, log, process."""

    def __init__(self, folder, url, installation="e2e", poll="1s", **settings):
        self.folder = folder
        self.url = url
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.socket = os.path.join(folder, "p.sock")
        self.state = settings.pop("state_dir", os.path.join(folder, "state"))
        self.log = os.path.join(folder, "log")
        self.config = os.path.join(folder, "controller.yaml")
        self.process = None
        self.env = {}
        self.notify = None
        self.secrets = os.path.join(folder, "secrets")
        os.makedirs(self.secrets, exist_ok=True)
        os.makedirs(self.state, exist_ok=True)
        self.secret("webhook", WEBHOOK_SECRET)
        self.settings = {
            "installation": installation,
            "source": {"url": url, "branch": "main", "path": "manifests", "poll_interval": poll},
            "state_dir": self.state, "secrets_dir": self.secrets, "listen": self.address, "socket": self.socket,
            "webhook": {"secret_file": os.path.join(self.secrets, "webhook")}}
        self.settings["source"].update(settings.pop("source", {}))
        self.settings.update(settings)
        self.write_config()

    def write_config(self):
        with open(self.config, "w") as out:
            out.write(to_yaml(self.settings))

    def secret(self, path, value):
        full = os.path.join(self.secrets, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as out:
            out.write(value)
        os.chmod(full, 0o600)
        return full

    # -- the process ----------------------------------------------------------------------------------------------

    def spawn(self, *argv):
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen([BINARY, "run", "--config", self.config, *argv], stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL, env=dict(clean_environment(), **self.env),
                                            start_new_session=True)
        return self.process

    def start(self, ready=True, timeout=30):
        """Starts `plimsoll run`; with ready, waits for /readyz."""
        self.spawn()
        if ready:
            self.wait(lambda: self.get("/readyz")[0] == 200, "/readyz", timeout)
        else:
            self.wait(lambda: self.get("/healthz")[0] == 200, "/healthz", timeout)
        return self

    def once(self, timeout=180):
        """`run --once`; returns a Reply whose text is also in the log."""
        done = subprocess.run([BINARY, "run", "--once", "--config", self.config], capture_output=True, text=True,
                              timeout=timeout, env=dict(clean_environment(), **self.env), stdin=subprocess.DEVNULL)
        with open(self.log, "a") as out:
            out.write(done.stdout + done.stderr)
        return Reply(done.returncode, done.stdout, done.stderr, ["plimsoll", "run", "--once"])

    def stop(self, limit=5.0):
        """SIGTERM; the process must be gone within `limit` seconds. Returns its exit status."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is not None:
            return process.returncode
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            dump = stacks_of(process.pid)
            process.kill()
            process.wait()
            raise AssertionError(f"not gone {time.monotonic() - began:.1f} s after SIGTERM\n{dump}") from None
        return process.returncode

    def kill(self):
        process, self.process = self.process, None
        process.kill()
        process.wait()

    def wait(self, condition, what, timeout=None):
        def alive_and_true():
            if self.process is not None and self.process.poll() is not None:
                raise SystemError(f"the controller ended with {self.process.returncode}")
            return condition()
        end = time.monotonic() + (timeout or PATIENCE)
        last = None
        while time.monotonic() < end:
            try:
                last = alive_and_true()
                if last:
                    return last
            except SystemError as error:
                raise AssertionError(f"{what}: {error}\n{self.log_tail()}") from None
            except Exception as error:  # noqa: BLE001 - reported below
                last = error
            time.sleep(0.03)
        raise AssertionError(f"{what}: not within {timeout or PATIENCE} s (last: {last!r})\n{self.summary()}")

    # -- what it says ---------------------------------------------------------------------------------------------

    def cli(self, *argv, expect=0, timeout=120, socket_option=True, env=None):
        """A command; expect=None accepts every exit code, a tuple several."""
        full = [BINARY, *argv] + (["--socket", self.socket] if socket_option else [])
        done = subprocess.run(full, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
                              env=dict(clean_environment(), **(env or {})))
        reply = Reply(done.returncode, done.stdout, done.stderr, ["plimsoll", *argv])
        allowed = expect if isinstance(expect, tuple) else (expect,)
        if expect is not None and done.returncode not in allowed:
            raise AssertionError(f"wanted exit {expect}: {reply}")
        return reply

    def get(self, path, method="GET", body=None, headers=None, timeout=10):
        """(status, text) over TCP."""
        connection = http.client.HTTPConnection(self.address, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return reply.status, reply.read().decode(errors="replace")
        finally:
            connection.close()

    def status(self):
        return json.loads(self.get("/api/v1/status")[1])

    def target(self, name):
        """The target `dev/web@one`, or `dev/web` when it has only one instance."""
        for one in self.status()["targets"]:
            plain = f"{one['environment']}/{one['app']}"
            if name in (plain, f"{plain}@{one['instance']}"):
                return one
        return None

    def settled(self, *names, revision=None, timeout=None):
        """Waits until these targets (all by default) are Synced and Healthy, at this revision if given."""
        def good():
            status = self.status()
            if revision and revision not in json.dumps(status["revision"]):
                return False
            targets = [t for t in status["targets"] if not names or f"{t['environment']}/{t['app']}" in names or
                       f"{t['environment']}/{t['app']}@{t['instance']}" in names]
            return len(targets) >= max(1, len(names)) and all(
                t["sync"] == "Synced" and t["health"] == "Healthy" for t in targets)
        self.wait(good, f"{names or 'everything'} Synced and Healthy", timeout)
        return self.status()

    def shows(self, name, timeout=None, **facts):
        """Waits until the target's fields are as given; a str matches as part of `message`, else whole."""
        def good():
            one = self.target(name)
            return one and all(value in one[key] if key == "message" else one[key] in
                               (value if isinstance(value, tuple) else (value,)) for key, value in facts.items()) and one
        return self.wait(good, f"{name} shows {facts}", timeout)

    def webhook(self, payload=None, secret=WEBHOOK_SECRET, event="push", headers=None, ref="refs/heads/main", url=None):
        """A delivery signed as GitHub signs."""
        url = url or self.url
        body = payload if isinstance(payload, bytes) else json.dumps(payload or {
            "ref": ref, "after": "0" * 40, "repository": {
                "full_name": "acme/manifests", "clone_url": url, "git_url": url, "ssh_url": url, "html_url": url,
                "url": url}}).encode()
        head = {"Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": os.urandom(8).hex()}
        if secret is not None:
            head["X-Hub-Signature-256"] = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        head.update(headers or {})
        return self.get("/api/webhook", "POST", body, head)

    def metrics(self):
        return self.get("/metrics")[1]

    def polls(self):
        """How often the git server was asked without a fetch."""
        counts = re.findall(r'plimsoll_git_request_total{request_type="ls-remote"} (\d+)', self.metrics())
        return int(counts[0]) if counts else 0

    def git_requests(self):
        """How often the git server was asked, whatever came of it."""
        return sum(int(n) for n in re.findall(r"plimsoll_git_request_total{[^}]*} (\d+)", self.metrics()))

    def log_text(self):
        with contextlib.suppress(FileNotFoundError):
            with open(self.log, errors="replace") as text:
                return text.read()
        return ""

    def log_tail(self, lines=30):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def summary(self):
        try:
            lines = [f"  {t['environment']}/{t['app']}@{t['instance']} {t['sync']} {t['health']} {t['reason']}: "
                     f"{t['message']}" for t in self.status()["targets"]]
        except Exception as error:  # noqa: BLE001 - this is a report about a failure
            lines = [f"  no status: {error!r}"]
        return "\n".join(["targets:", *lines, "log:", self.log_tail()])


def clean_environment():
    """Nothing of the caller's that could steer the program, and no colour."""
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent",
            "LANG": "C.UTF-8", "NO_COLOR": "1"}


def stacks_of(pid):
    """Where the threads of a process wait, as far as /proc tells."""
    lines = []
    with contextlib.suppress(OSError):
        for task in sorted(os.listdir(f"/proc/{pid}/task")):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/wchan") as wchan, \
                    open(f"/proc/{pid}/task/{task}/comm") as comm:
                lines.append(f"  {task} {comm.read().strip()} {wchan.read().strip()}")
    return "\n".join(lines)


def answer(port, host="127.0.0.1", path="/", timeout=2):
    """What a published port says; "" when nobody answers."""
    try:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
        connection.request("GET", path)
        return connection.getresponse().read().decode(errors="replace").strip()
    except OSError:
        return ""
    except http.client.HTTPException:
        return ""


def ours(engine, installation="e2e", **labels):
    """Containers of an installation, by labels such as app="web"."""
    wanted = [f"io.plimsoll.controller={installation}"] + [f"io.plimsoll.{k}={v}" for k, v in labels.items()]
    return engine.containers(label=wanted)


def query(**facts):
    return urllib.parse.urlencode(facts)


def runs(container, registry, image):
    """Whether a listed container was made from what this tag of the registry is: its image is pinned by digest."""
    return container["Labels"]["io.plimsoll.image-digest"] == registry.digest(image)


def changes_since(engine, since):
    """What was done to an engine since then (time.time()): health checks' execs and their like left out."""
    actions = ["create", "start", "stop", "kill", "die", "destroy", "rename", "pause", "unpause", "update", "connect",
               "disconnect", "pull", "remove"]
    found = engine.request("GET", "/events?" + urllib.parse.urlencode({
        "since": f"{since:.6f}", "until": f"{time.time():.6f}", "filters": json.dumps({"event": actions})}))
    lines = found.splitlines() if isinstance(found, str) else [json.dumps(found)]
    events = [json.loads(line) for line in lines if line.strip()]
    return [f"{e['Type']} {e['Action']} {e['Actor']['Attributes'].get('name', '')}" for e in events]


class SilentServer:
    """Accepts connections and says nothing: the worst kind of down. TCP, or a unix socket when a path is given."""

    def __init__(self, path=None):
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        if path:
            self.listener.bind(path)
            self.url = "unix://" + path
        else:
            self.listener.bind(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
            self.url = f"tcp://127.0.0.1:{self.port}"
        self.listener.listen(128)  # the kernel accepts; nobody reads

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def main():
    """Runs the calling test file: verbose, stopping at nothing."""
    if os.geteuid() != 0:
        sys.exit("end-to-end tests start Docker engines: run them as root")
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"no program at {BINARY}: build it, or name it in PLIMSOLL")
    if why_no_engine():
        print("left out:", why_no_engine())
        sys.exit(LEFT_OUT)
    if FOLDER:
        print(engine_version(), flush=True)
    unittest.main(verbosity=2, warnings="ignore")
