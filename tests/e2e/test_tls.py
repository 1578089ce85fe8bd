"""Engines over TCP: with client certificates, with the wrong ones, and in the clear."""
import base64
import contextlib
import os
import re
import socket
import subprocess
import threading

import harness
from fault_proxy import FaultProxy
from harness import ManifestRepo, Scenario, another_engine, answer, free_port, ours, surround, to_yaml

#: An address of this machine that is not loopback: the first engine's bridge.
BRIDGE = f"172.31.{harness.FIRST_BRIDGE}.1"


class Certificates:
    """A certificate authority of the test's own. `names`: the server's; `make` gives {ca, cert, key} of a client."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.serial = folder, 1
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                      "-subj", "/CN=test ca", "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, extension):
        with open(self.path(name + ".ext"), "w") as out:
            out.write(extension + "\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                      "-keyout", self.path(name + ".key"), "-out", self.path(name + ".csr"))
        self.serial += 1
        self._openssl("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path("ca.pem"), "-CAkey",
                      self.path("ca.key"), "-set_serial", str(self.serial), "-days", "2", "-extfile",
                      self.path(name + ".ext"), "-out", self.path(name + ".pem"))
        os.chmod(self.path(name + ".key"), 0o600)
        return {"ca": self.path("ca.pem"), "cert": self.path(name + ".pem"), "key": self.path(name + ".key")}

    @staticmethod
    def _openssl(*argv):
        done = subprocess.run(["openssl", *argv], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(argv)}: {done.stderr}")


class Relay:
    """A TCP port in front of an engine's socket that keeps what is sent to the engine."""

    def __init__(self, host, backend):
        self.backend, self.sent = backend, []
        self.listener = socket.create_server((host, 0))
        self.url = f"tcp://{host}:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def carried(self, value):
        """Whether it went through, as it is or in the base64 of JSON that X-Registry-Auth has."""
        sent = b"".join(self.sent).decode(errors="replace")
        decoded = [base64.urlsafe_b64decode(text + "==").decode() for text in re.findall(r"(?i)x-registry-auth: (\S+)", sent)]
        return any(value in text for text in [sent, *decoded])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.backend)
                threading.Thread(target=self._pump, args=(client, server, self.sent), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client, None), daemon=True).start()

    @staticmethod
    def _pump(source, target, kept):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if kept is not None:
                    kept.append(data)
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def setUpModule():
    global registry, local, remote, pki, strangers, client, tls_port, plain_port
    registry, local = surround({"web": "12"})
    folder = local.root
    pki, strangers = Certificates(folder + "/pki"), Certificates(folder + "/strangers")
    server = pki.make("server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth")
    client = pki.make("client", "extendedKeyUsage=clientAuth")
    tls_port, plain_port = free_port(), free_port()
    remote = another_engine(args=[
        "-H", f"tcp://127.0.0.1:{tls_port}", "--tlsverify", "--tlscacert", server["ca"], "--tlscert", server["cert"],
        "--tlskey", server["key"]])
    another_engine(tcp=plain_port)


class OverTcp(Scenario):
    def deployed_to(self, far, tls):
        """`near` on the local engine and `far` on the one under test; the repository."""
        repo = ManifestRepo(self.folder)
        self.port = free_port()
        repo.basic({"here": local.url, "there": far}, registry, {
            "near": {"instances": ["here"]}, "far": {"instances": ["there"], "port": self.port}})
        if tls:
            repo.edit("instances.yaml", f'engine: "{far}"\n', f'engine: "{far}"\n    tls: "{tls}"\n')
        repo.commit("first")
        return repo

    def test_with_a_client_certificate_deploys_and_sees_what_dies(self):
        repo = self.deployed_to(f"tcp://127.0.0.1:{tls_port}", "team")
        plimsoll = self.install(repo.url, poll="1h", tls={"team": client}).start()
        plimsoll.settled("dev/near", "dev/far")
        self.assertEqual(answer(self.port), "1")
        victim, = ours(remote, app="far")
        remote.request("POST", f"/containers/{victim['Id']}/kill")
        # The poll is an hour away: only the event stream over TLS can tell.
        plimsoll.wait(lambda: answer(self.port) == "1", "repaired")
        repo.deploy("far", 2)
        plimsoll.cli("sync", "dev/far", "--wait")
        self.assertEqual(answer(self.port), "2")

    def refused(self, far, tls, settings, said, reason="EngineUnreachable"):
        """The far instance is Unknown with this said; the near one is served all the same."""
        repo = self.deployed_to(far, tls)
        plimsoll = self.install(repo.url, **settings).start(ready=False)
        plimsoll.settled("dev/near")
        target = plimsoll.shows("dev/far", sync="Unknown", reason=reason)
        self.assertRegex(target["message"], said)
        self.assertEqual(ours(remote), [])

    def test_a_certificate_of_somebody_else_is_refused_by_the_engine(self):
        stranger = dict(strangers.make("client", "extendedKeyUsage=clientAuth"), ca=client["ca"])
        self.refused(f"tcp://127.0.0.1:{tls_port}", "team", {"tls": {"team": stranger}}, r"(?i)certificate|tls")

    def test_an_engine_of_somebody_else_is_refused_by_us(self):
        wrong = dict(client, ca=strangers.path("ca.pem"))
        self.refused(f"tcp://127.0.0.1:{tls_port}", "team", {"tls": {"team": wrong}}, r"(?i)certificate")

    def test_a_name_that_the_certificate_does_not_bear_is_refused(self):
        self.refused(f"tcp://localhost:{tls_port}", "team", {"tls": {"team": client}}, r"(?i)certificate|subject|host ?name")

    def test_a_certificate_that_the_configuration_lacks_is_named(self):
        self.refused(f"tcp://127.0.0.1:{tls_port}", "absent", {}, r"tls absent of instance there .*add it below tls:",
                     reason="InstanceUnusable")

    def test_in_the_clear_works_and_is_warned_of(self):
        repo = self.deployed_to(f"tcp://127.0.0.1:{plain_port}", None)
        plimsoll = self.install(repo.url).start()
        plimsoll.settled("dev/near", "dev/far")
        self.assertEqual(answer(self.port), "1")
        checked = plimsoll.cli("validate", repo.work + "/manifests", socket_option=False, expect=None)
        self.assertIn('name a client certificate with "tls"', checked.out + checked.err)

    def test_in_the_clear_to_another_machine_goes_no_secret(self):
        canaries = {"secret": "canary-PLAIN-51aa0e", "registry": "canary-PLAIN-REG-7d20"}
        with FaultProxy(registry.address, credentials=("ann", canaries["registry"])) as closed, \
                Relay(BRIDGE, local.socket) as relay:
            address = relay.url.removeprefix("tcp://")
            repo = ManifestRepo(self.folder).basic({"far": relay.url}, registry, {
                "plain": {"healthcheck": False},
                "secret": {"healthcheck": False, "secrets": ["TOKEN"], "service": {"environment": {"T": "${TOKEN}"}}}})
            repo.write("apps/closed/compose.yaml", to_yaml({"services": {"web": {"image": f"{closed.address}/web"}}}))
            repo.environment["apps"]["closed"] = {"images": {"web": "1"}}
            repo.write_environment()
            repo.commit("first")
            plimsoll = self.install(repo.url, registries={closed.address: {"username": "ann", "password_file": "/x"}})
            plimsoll.secret("dev/TOKEN", canaries["secret"])
            password = plimsoll.secret("registry", canaries["registry"])
            plimsoll.settings["registries"][closed.address]["password_file"] = password
            plimsoll.write_config()
            plimsoll.start(ready=False)
            plimsoll.settled("dev/plain")
            plimsoll.shows("dev/secret", message=f"list {address} under plain_engines in controller.yaml")
            plimsoll.shows("dev/closed", message=f"those of {closed.address} were not sent")
            self.assertEqual([name for name, value in canaries.items() if relay.carried(value)], [])
            plimsoll.stop()
            plimsoll.settings["plain_engines"] = [address]
            plimsoll.write_config()
            plimsoll.start()
            plimsoll.cli("sync", "--retry", expect=None)
            plimsoll.settled("dev/plain", "dev/secret", "dev/closed")
            self.assertTrue(all(relay.carried(value) for value in canaries.values()), "the test would have seen them")


if __name__ == "__main__":
    harness.main()
