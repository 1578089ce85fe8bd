"""The worked example of manifests/ on three engines, with small stand-in images under the same names; and quickstart.sh
makes the same out of one engine (run by hand: it installs packages)."""
import os
import re
import shutil
import subprocess
import sys

import harness
from harness import SOURCE, ManifestRepo, Scenario, another_engine, answer, ours, runs, surround
from small_images import example_references, push_stand_in

EXAMPLE = os.path.join(SOURCE, "manifests")
SECRETS = {"DATABASE_PASSWORD": "canary-database", "DATABASE_ROOT_PASSWORD": "canary-root", "MAP_API_KEY": "canary-map-key",
           "GRAFANA_PASSWORD": "canary-grafana"}


def setUpModule():
    global registry, engines
    registry, first = surround({})
    engines = {"ops-1": first, "dev-1": another_engine(), "db-1": another_engine()}
    for reference in example_references(EXAMPLE) + ["acme/frontend:2.8.0", "acme/backend:1.5.0"]:
        push_stand_in(registry.address, reference)


class Example(Scenario):
    def repository(self):
        """A copy that differs in how the instances are reached and where the images come from, and in nothing else."""
        repo = ManifestRepo(self.folder)
        shutil.copytree(EXAMPLE, repo.work + "/manifests")
        text = repo.read("instances.yaml")
        for name, engine in engines.items():
            text = re.sub(rf"(  {name}:\n    engine:) \S+.*", rf"\1 {engine.url}", text)
        text = re.sub(r"    tls: dev\b.*\n", "", text)
        text = re.sub(r"ADDRESS: 10\.0\.\S+?(,| )", r"ADDRESS: 127.0.0.1\1", text)
        repo.write("instances.yaml", text)
        repo.edit("environments/dev.yaml", "\nvariables:\n",
                  f"\nvariables:\n  REGISTRY: {registry.address}\n  MIRROR: {registry.address}\n")
        # No prod here: its machines do not exist. It is validated below.
        repo.delete("environments/prod.yaml")
        repo.commit("the example")
        return repo

    def test_dev_is_deployed_and_a_tag_changed(self):
        repo = self.repository()
        plimsoll = self.install(repo.url)
        for name, value in SECRETS.items():
            plimsoll.secret("dev/" + name, value)
        plimsoll.start()
        status = plimsoll.settled(timeout=150)
        where = {f"{t['app']}@{t['instance']}": sorted(s["name"] for s in t["services"]) for t in status["targets"]}
        self.assertEqual(where, {"backend@dev-1": ["api"], "frontend@dev-1": ["web"], "db@db-1": ["mysql"],
                                 "proxy@ops-1": ["maps"], "monitoring@ops-1": ["grafana", "prometheus"]})
        self.assertRegex(answer(80), r"^acme/frontend \d")
        # The front end reaches the back end over the environment's network, by its service name.
        front = ours(engines["dev-1"], service="web")[0]
        self.assertIn("dev_edge", front["NetworkSettings"]["Networks"])
        # Secrets and templates arrive in the containers.
        self.assertIn("canary-map-key", self.file_of("ops-1", "maps", "/etc/nginx/conf.d/default.conf"))
        self.assertEqual(self.file_of("db-1", "mysql", "/run/secrets/password"), "canary-database")
        self.assertNotIn("canary", plimsoll.get("/api/v1/status")[1] + plimsoll.log_text())

        others = {c["Id"] for e in engines.values() for c in ours(e) if c["Labels"]["io.plimsoll.service"] != "web"}
        old = re.search(r"web: (\S+)", repo.read("environments/dev.yaml")).group(1)
        repo.edit("environments/dev.yaml", f"web: {old}", "web: 2.8.0")
        revision = repo.commit("frontend 2.8.0")
        plimsoll.wait(lambda: answer(80) == "acme/frontend 2.8.0", "the new front end answers")
        plimsoll.settled(revision=revision)
        now = {c["Id"] for e in engines.values() for c in ours(e) if c["Labels"]["io.plimsoll.service"] != "web"}
        self.assertEqual(now, others, "nothing else was touched")

        repo.edit("environments/dev.yaml", "api: 1.4.2", "api: 1.5.0")
        plimsoll.settled(revision=repo.commit("backend 1.5.0"))
        self.assertTrue(runs(ours(engines["dev-1"], service="api")[0], registry, "acme/backend:1.5.0"))

    def file_of(self, instance, service, path):
        engine = engines[instance]
        container = ours(engine, service=service)[0]["Id"]
        made = engine.request("POST", f"/containers/{container}/exec", {"AttachStdout": True, "Cmd": ["cat", path], "Tty": True})
        return engine.request("POST", f"/exec/{made['Id']}/start", {"Tty": True}).strip()

    def test_both_environments_are_valid_and_render(self):
        plimsoll = self.install("file:///unused")
        self.assertEqual(plimsoll.cli("validate", EXAMPLE, socket_option=False).code, 0)
        for environment, tag in (("dev", "1.4.2"), ("prod", "1.4.1")):
            rendered = plimsoll.cli("render", EXAMPLE, "--environment", environment, socket_option=False).out
            self.assertIn(f"acme/backend:{tag}", rendered)
            self.assertNotIn("canary", rendered)

    def test_the_quickstart_makes_valid_manifests(self):
        """The script's copy of the example, made without starting anything."""
        script = os.path.join(SOURCE, "helm-free-deploy", "quickstart.sh")
        subprocess.run(["bash", "-n", script], check=True)
        done = subprocess.run(["bash", "-c", f". {script}; engine_socket=/x; mkdir -p $dir; make_repository"],
                              env=dict(os.environ, QUICKSTART_DIR=self.folder + "/quick"), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        plimsoll = self.install("file:///unused")
        made = self.folder + "/quick/manifests/manifests"
        reply = plimsoll.cli("validate", made, socket_option=False)
        self.assertEqual(reply.code, 0, reply)
        rendered = plimsoll.cli("render", made, "--environment", "dev", socket_option=False).out
        self.assertIn("127.0.0.1:15000/acme/frontend", rendered)


if __name__ == "__main__":
    sys.exit(harness.main())
