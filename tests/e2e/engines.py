"""Real engines and registries for tests: a private dockerd, a registry, small images. Standard library only, root only.

    from engines import DockerEngine, Registry, isolate_network, make_image

    isolate_network()                       # own network namespace: nothing leaks to or from other dockerds
    with Registry() as registry, DockerEngine(bip="172.31.1.1/24") as engine:
        make_image(engine, registry.name("web:1"), script=HTTP_SERVER, push=True)

Every process runs in its own session, below its own directory, and is ended by its process id.
"""
import ctypes
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

from chosen_engine import daemon_settings, engine_environment
from images import BUSYBOX, HTTP_SERVER, IDLE, image_tar, make_image, push_image, split_reference  # noqa: F401


def isolate_network():
    """Moves this process, and all it starts, into a new network namespace with only a loopback device."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def free_port():
    """A TCP port of 127.0.0.1 that was free a moment ago. None that an outgoing connection could be given meanwhile
    (net.ipv4.ip_local_port_range): who publishes it may be some seconds away."""
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


def wait_until(condition, what, timeout=30.0, interval=0.02):
    """Waits until condition() is true; its last false value or exception goes into the error."""
    end = time.monotonic() + timeout
    last = None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except Exception as error:  # noqa: BLE001 - reported below
            last = error
        time.sleep(interval)
    raise TimeoutError(f"{what}: not within {timeout} s (last: {last!r})")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Process:
    """A child in its own session; ended by its pid."""

    def __init__(self, argv, log, env=None):
        self._log = log
        with open(log, "ab") as out:
            self._child = subprocess.Popen(argv, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                           start_new_session=True, env=env)

    @property
    def pid(self):
        return self._child.pid

    def running(self):
        return self._child.poll() is None

    def end(self, sig=signal.SIGTERM, timeout=20):
        if self.running():
            self._child.send_signal(sig)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout)
        if self.running():
            self._child.kill()
            self._child.wait()

    def log_tail(self, lines=20):
        with open(self._log, errors="replace") as text:
            return "".join(text.readlines()[-lines:])


class DockerEngine:
    """A private dockerd: own data root, socket, containerd, bridge and address pool. `chosen_engine` says which.

    bip:       address of its bridge; the third number also chooses the pool 10.<100+n>.0.0/16 of other networks
    root:      directory (kept on stop when given; else a new one below /tmp that is removed)
    iptables:  False by default, because every dockerd that starts empties the DOCKER chain of its neighbours;
               published ports then work through docker-proxy. Use True with isolate_network() and one engine only
    tcp:       also listen on 127.0.0.1:<tcp>
    """

    def __init__(self, bip="172.31.1.1/24", root=None, iptables=False, tcp=None, args=(), dockerd="dockerd", env=None):
        self.bip = bip
        self._own_root = root is None
        self.root = root or tempfile.mkdtemp(prefix="plimsoll-engine-", dir="/tmp")
        octet = int(bip.split(".")[2])
        self.bridge = f"pl{bip.split('.')[1]}x{octet}"
        self.socket = os.path.join(self.root, "docker.sock")
        self.url = "unix://" + self.socket
        self.tcp = tcp
        self._dockerd = dockerd
        self._iptables = iptables
        self._pool = f"10.{100 + octet}.0.0/16"
        self._args = list(args)
        self._env = env
        self._process = None
        self._containerd = None

    # -- life -----------------------------------------------------------------------------------------------------

    def start(self, timeout=60):
        os.makedirs(self.root, exist_ok=True)
        self._make_bridge()
        argv = [self._dockerd, "--data-root", self.root + "/data", "--exec-root", self.root + "/exec",
                "--pidfile", self.root + "/docker.pid", "-H", self.url, "--bridge", self.bridge,
                "--default-address-pool", f"base={self._pool},size=24", "--config-file", self._config_file(),
                "--containerd", self._start_containerd(timeout),
                f"--iptables={'true' if self._iptables else 'false'}", "--ip6tables=false"]
        if self.tcp:
            argv += ["-H", f"tcp://127.0.0.1:{self.tcp}"]
        # A killed dockerd leaves it behind, and the next one would wait for whoever has that pid now.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.root + "/docker.pid")
        self._process = _Process(argv + self._args, self.root + "/dockerd.log", env=engine_environment(self._env))
        try:
            wait_until(self._ready, "dockerd ready", timeout)
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{self._process.log_tail()}") from None
        return self

    def stop(self):
        """Removes all containers, ends dockerd and, when the directory is ours, deletes it."""
        if self._process is None:
            return
        with contextlib.suppress(Exception):
            # Twice: Podman removes no container whose network another one uses.
            for container in self.containers(all=True) + self.containers(all=True):
                self.request("DELETE", f"/containers/{container['Id']}?force=1&v=1", expect=None)
        self._process.end()
        self._process = None
        if self._containerd is not None:
            self._containerd.end()
            self._containerd = None
        subprocess.run(["ip", "link", "del", self.bridge], stderr=subprocess.DEVNULL, check=False)
        self._unmount()
        if self._own_root:
            shutil.rmtree(self.root, ignore_errors=True)

    def restart(self):
        """Ends dockerd and starts it again over the same data."""
        self._process.end()
        self.start()

    def kill(self):
        """Ends dockerd as a crash does. Its containers and containerd run on; `start()` ends the containers."""
        self._process.end(signal.SIGKILL)

    def pause(self):
        """Freezes dockerd: it accepts connections (the kernel does) and says nothing."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self._process.pid, signal.SIGCONT)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self._process.pid

    def log_tail(self, lines=40):
        return self._process.log_tail(lines) if self._process else ""

    # -- the Engine API -------------------------------------------------------------------------------------------

    def request(self, method, path, body=None, headers=None, expect=(200, 299), timeout=120):
        """One request; returns decoded JSON, or text when it is not JSON. expect=None accepts every status."""
        connection = _UnixConnection(self.socket, timeout)
        head = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            head["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body, head)
            reply = connection.getresponse()
            data = reply.read()
        finally:
            connection.close()
        if expect and not expect[0] <= reply.status <= expect[1]:
            raise RuntimeError(f"{method} {path}: {reply.status} {data[:500].decode(errors='replace')}")
        try:
            return json.loads(data)
        except ValueError:
            return data.decode(errors="replace")

    def containers(self, all=True, label=None):
        filters = {"label": [label] if isinstance(label, str) else label} if label else {}
        query = urllib.parse.urlencode({"all": int(all), "filters": json.dumps(filters)})
        return self.request("GET", f"/containers/json?{query}")

    def inspect(self, container):
        return self.request("GET", f"/containers/{container}/json")

    def logs(self, container):
        return self.request("GET", f"/containers/{container}/logs?stdout=1&stderr=1")

    # -- inner ----------------------------------------------------------------------------------------------------

    def _ready(self):
        if not self._process.running():
            raise RuntimeError("dockerd ended")
        return os.path.exists(self.socket) and self.request("GET", "/_ping", timeout=2) == "OK"

    def _config_file(self):
        path = self.root + "/daemon.json"
        if not os.path.exists(path):
            with open(path, "w") as out:
                json.dump(daemon_settings(), out)
        return path

    def _start_containerd(self, timeout):
        """Its own process, as where packages installed it: it lives on when dockerd dies. The path of its socket."""
        folder = self.root + "/containerd"
        address = folder + "/containerd.sock"
        if self._containerd is None:
            os.makedirs(folder, exist_ok=True)
            with open(folder + "/config.toml", "w") as out:
                out.write(f'version = 2\nroot = "{folder}/root"\nstate = "{folder}/state"\n'
                          'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
                          f'[grpc]\naddress = "{address}"\n')
            self._containerd = _Process(["containerd", "--config", folder + "/config.toml"],
                                        self.root + "/containerd.log", env=engine_environment(self._env))
            wait_until(lambda: os.path.exists(address), "containerd ready", timeout)
        return address

    def _make_bridge(self):
        if not os.path.exists("/sys/class/net/" + self.bridge):
            subprocess.run(["ip", "link", "add", self.bridge, "type", "bridge"], check=False)
            subprocess.run(["ip", "addr", "add", self.bip, "dev", self.bridge], check=False)
        subprocess.run(["ip", "link", "set", self.bridge, "up"], check=True)

    def _unmount(self):
        with open("/proc/self/mounts") as mounts:
            points = [line.split()[1] for line in mounts if line.split()[1].startswith(self.root + "/")]
        for point in sorted(points, reverse=True):
            subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL, check=False)


class PodmanEngine(DockerEngine):
    """Podman's compatible API on a socket of its own: `podman system service` over its own storage."""

    def __init__(self, registries=(), root=None):
        super().__init__(bip="172.31.9.1/24", root=root)
        self._registries = list(registries)

    def start(self, timeout=60):
        os.makedirs(self.root, exist_ok=True)
        with open(self.root + "/containers.conf", "w") as out:
            # The limits that this kind of machine allows, runc (crun may be absent), and no systemd.
            out.write('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
                      '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
                      f'[network]\nnetwork_config_dir = "{self.root}/networks"\n')
        with open(self.root + "/registries.conf", "w") as out:
            for registry in self._registries:
                out.write(f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n')
        with open(self.root + "/policy.json", "w") as out:
            out.write('{"default": [{"type": "insecureAcceptAnything"}]}\n')
        env = dict(os.environ, CONTAINERS_CONF=self.root + "/containers.conf",
                   CONTAINERS_REGISTRIES_CONF=self.root + "/registries.conf", TMPDIR=self.root)
        argv = ["podman", "--root", self.root + "/data", "--runroot", self.root + "/run", "system", "service",
                "--time=0", self.url]
        self._process = _Process(argv, self.root + "/podman.log", env=env)
        try:
            wait_until(self._ready, "podman service ready", timeout)
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{self._process.log_tail()}") from None
        return self


class Registry:
    """A private docker-registry on 127.0.0.1 (which engines accept without TLS).

    password: when given, user "plimsoll" with this password is asked for (needs htpasswd or python's bcrypt-less
              fallback `htpasswd` of apache2-utils)
    """

    def __init__(self, port=None, root=None, htpasswd=None, binary="docker-registry"):
        self._own_root = root is None
        self.root = root or tempfile.mkdtemp(prefix="plimsoll-registry-", dir="/tmp")
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._htpasswd = htpasswd
        self._binary = binary
        self._process = None

    def name(self, image):
        """Full reference of an image of this registry: name("web:1") is "127.0.0.1:5000/web:1"."""
        return f"{self.address}/{image}"

    def start(self):
        os.makedirs(self.root + "/data", exist_ok=True)
        auth = ""
        if self._htpasswd:
            with open(self.root + "/htpasswd", "w") as out:
                out.write(self._htpasswd + "\n")
            auth = f"auth:\n  htpasswd:\n    realm: test\n    path: {self.root}/htpasswd\n"
        with open(self.root + "/config.yml", "w") as out:
            out.write(f"version: 0.1\nlog: {{ level: warn }}\nstorage:\n  filesystem: {{ rootdirectory: {self.root}/data }}\n"
                      f"  delete: {{ enabled: true }}\nhttp: {{ addr: '{self.address}' }}\n{auth}")
        self._process = _Process([self._binary, "serve", self.root + "/config.yml"], self.root + "/registry.log")
        wait_until(self._ready, "registry ready", 20)
        return self

    def stop(self):
        if self._process is not None:
            self._process.end()
            self._process = None
        if self._own_root:
            shutil.rmtree(self.root, ignore_errors=True)

    def down(self):
        """Ends the process and keeps the data: a registry outage. start() brings it back on the same port."""
        self._process.end()
        self._process = None

    def digest(self, image):
        """The digest that a tag has now; image is "web:1"."""
        repository, tag = image.rsplit(":", 1)
        connection = http.client.HTTPConnection(self.address, timeout=10)
        connection.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers={
            "Accept": "application/vnd.docker.distribution.manifest.v2+json,application/vnd.oci.image.manifest.v1+json"})
        reply = connection.getresponse()
        reply.read()
        connection.close()
        return reply.headers.get("Docker-Content-Digest", "")

    def _ready(self):
        connection = http.client.HTTPConnection(self.address, timeout=2)
        connection.request("GET", "/v2/")
        status = connection.getresponse().status
        connection.close()
        return status in (200, 401)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
