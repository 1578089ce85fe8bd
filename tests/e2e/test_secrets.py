"""No secret anywhere: canary values are used in every place that holds one, then everything is searched for them."""
import base64
import json
import os
import urllib.parse

import harness
from fault_proxy import FaultProxy
from harness import WEBHOOK_SECRET, ManifestRepo, Scenario, answer, free_port, ours, surround, to_yaml

CANARIES = {"database": "canary-DB-4f1c9a", "file": "canary-FILE-77be02", "registry": "canary-REG-93d1aa",
            "url": "canary-URL-0c5e11", "webhook": WEBHOOK_SECRET}

COMPOSE = """services:
  web:
    image: REGISTRY/web
    stop_grace_period: 1s
    ports: ["127.0.0.1:PORT:8080"]
    environment:
      DATABASE_URL: "mysql://app:${DATABASE_PASSWORD}@db/x"
      TEXT: "${TEXT-plain}"
    secrets: [token]
    configs:
      - { source: page, target: /www/secret.txt }
secrets:
  token: { environment: API_TOKEN }
configs:
  page: { content: "token=${API_TOKEN}" }
"""


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": "12"})


def forms(value):
    """As it is, and as base64 or a URL would carry it."""
    raw = value.encode()
    return {value, base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("="),
            urllib.parse.quote(value), raw.hex()}


class Secrets(Scenario):
    def found_in(self, text):
        return sorted({name for name, value in CANARIES.items() for form in forms(value) if form in text})

    def test_canaries_appear_nowhere(self):
        port = free_port()
        with FaultProxy(registry.address, credentials=("ann", CANARIES["registry"])) as proxy:
            repo = ManifestRepo(self.folder).basic({"one": engine.url}, proxy, {"web": {
                "compose": COMPOSE.replace("REGISTRY", proxy.address).replace("PORT", str(port)),
                "secrets": ["DATABASE_PASSWORD", "API_TOKEN"]}})
            repo.commit("first")
            plimsoll = self.install(repo.url)
            plimsoll.secret("dev/DATABASE_PASSWORD", CANARIES["database"] + "\n")
            plimsoll.secret("dev/API_TOKEN", CANARIES["file"])
            plimsoll.settings["registries"] = {proxy.address: {
                "username": "ann", "password_file": plimsoll.secret("registry", CANARIES["registry"])}}
            plimsoll.write_config()
            plimsoll.start()
            plimsoll.settled()
            self.assertEqual(answer(port, path="/secret.txt"), "token=" + CANARIES["file"], "it works")
            environment = engine.inspect(ours(engine)[0]["Id"])["Config"]["Env"]
            self.assertIn(f"DATABASE_URL=mysql://app:{CANARIES['database']}@db/x", environment)

            seen = self.everything(plimsoll, repo)
            # A rotated secret is a change, and its diff is masked.
            plimsoll.stop()
            plimsoll.secret("dev/DATABASE_PASSWORD", CANARIES["database"] + "-second")
            before = ours(engine)[0]["Id"]
            plimsoll.start()
            plimsoll.wait(lambda: ours(engine) and ours(engine)[0]["Id"] != before, "the service that uses it changed")
            plimsoll.settled()
            seen.update({f"rotated {k}": v for k, v in self.everything(plimsoll, repo).items()})
            # Errors that quote their input.
            repo.edit("apps/web/compose.yaml", '"${TEXT-plain}"', '"${TEXT-plain}"\n      BAD: ${DATABASE_PASSWORD?}${}')
            repo.deploy("web", 2)
            plimsoll.shows("dev/web", reason="InvalidSpecError")
            seen.update({f"broken {k}": v for k, v in self.everything(plimsoll, repo).items()})
            plimsoll.stop()
            seen.update(self.left_behind(plimsoll))
            self.assertGreater(len(seen), 30)
            for place, text in seen.items():
                self.assertEqual(self.found_in(text), [], f"in {place}")

    def test_what_a_container_says_shows_no_secret(self):
        says = {"image": f"{registry.address}/web", "environment": {"API_TOKEN": "${API_TOKEN}"},
                "healthcheck": {"test": "echo refused by the database: $$API_TOKEN; exit 1", "interval": "200ms",
                                "timeout": "2s", "retries": 1}}
        ends = {"image": f"{registry.address}/web", "environment": {"API_TOKEN": "${API_TOKEN}"},
                "command": ["/bin/sh", "-c", "echo started with $$API_TOKEN; exit 3"]}
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, {"web": {
            "compose": to_yaml({"services": {"web": says}}), "secrets": ["API_TOKEN"]}})
        repo.commit("ill")
        plimsoll = self.install(repo.url)
        plimsoll.secret("dev/API_TOKEN", CANARIES["file"])
        plimsoll.start()
        plimsoll.shows("dev/web", reason="Unhealthy", message="refused by the database: ***")
        seen = self.everything(plimsoll, repo)
        repo.write("apps/web/compose.yaml", to_yaml({"services": {"web": ends}}))
        repo.commit("ends")
        plimsoll.wait(lambda: "started with ***" in plimsoll.cli("events", "-o", "json").out, "its last lines are in the event")
        seen.update({f"ends {k}": v for k, v in self.everything(plimsoll, repo).items()})
        plimsoll.stop()
        seen.update(self.left_behind(plimsoll))
        for place, text in seen.items():
            self.assertEqual(self.found_in(text), [], f"in {place}")

    def test_what_the_engine_quotes_shows_no_secret(self):
        # It quotes the command that it cannot start, in its reply and in State.Error. That container stays: the app
        # is new, so there is nothing to go back to.
        breaks = {"image": f"{registry.address}/web", "entrypoint": ["/bin/${API_TOKEN}"]}
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, {"web": {
            "compose": to_yaml({"services": {"web": breaks}}), "secrets": ["API_TOKEN"]}})
        repo.commit("breaks")
        plimsoll = self.install(repo.url)
        plimsoll.secret("dev/API_TOKEN", CANARIES["file"])
        plimsoll.start()
        plimsoll.shows("dev/web", message="/bin/***")
        plimsoll.wait(lambda: any(CANARIES["file"] in engine.inspect(one["Id"])["State"]["Error"]
                                  for one in ours(engine)), "the engine quotes the value")
        seen = self.everything(plimsoll, repo)
        plimsoll.cli("sync", "--retry", expect=None)
        plimsoll.shows("dev/web", message="/bin/***")
        seen.update({f"again {k}": v for k, v in self.everything(plimsoll, repo).items()})
        # The command of the container is where the manifests themselves put it.
        seen = {place: text for place, text in seen.items() if "names of " not in place}
        plimsoll.stop()
        seen.update(self.left_behind(plimsoll))
        for place, text in seen.items():
            self.assertEqual(self.found_in(text), [], f"in {place}")

    def left_behind(self, plimsoll):
        """The log, and every file of the state directory."""
        seen = {"log": plimsoll.log_text()}
        for root, _, names in os.walk(plimsoll.state):
            for name in names:
                with open(os.path.join(root, name), "rb") as content:
                    seen[os.path.join(root, name)] = content.read().decode(errors="replace")
        return seen

    def everything(self, plimsoll, repo):
        """What the command line, the API, the metrics, the labels and the events show."""
        seen = {}
        folder = repo.work + "/manifests"
        for argv in (["status"], ["status", "dev/web"], ["status", "-o", "json"], ["status", "-o", "yaml"],
                     ["status", "-o", "wide"], ["history", "dev/web"], ["history", "dev/web", "-o", "json"],
                     ["events"], ["events", "-o", "json"], ["logs", "dev/web"], ["logs", "dev/web", "--failed"],
                     ["diff", "--manifests", folder], ["diff", "--manifests", folder, "-o", "json"], ["sync", "--wait"]):
            reply = plimsoll.cli(*argv, expect=None)
            seen["cli " + " ".join(argv)] = reply.out + reply.err
        for argv in (["validate", folder], ["render", folder, "--environment", "dev"]):
            reply = plimsoll.cli(*argv, expect=None, socket_option=False)
            seen["cli " + " ".join(argv)] = reply.out + reply.err
        for path in ("/api/v1/status", "/api/v1/history?environment=dev&app=web", "/api/v1/events", "/metrics", "/readyz", "/healthz"):
            seen[path] = plimsoll.get(path)[1]
        for container in engine.containers():
            inspected = engine.inspect(container["Id"])
            seen["labels of " + container["Names"][0]] = json.dumps(inspected["Config"]["Labels"])
            seen["names of " + container["Names"][0]] = json.dumps([inspected["Name"], inspected["Path"]])
        with open(f"/proc/{plimsoll.process.pid}/cmdline") as text:
            seen["command line"] = text.read()
        return seen

    def test_credentials_in_a_url_are_refused_or_scrubbed(self):
        url = f"https://ann:{CANARIES['url']}@127.0.0.1:9/x.git"
        plimsoll = self.install(url)
        process = plimsoll.spawn()
        try:
            plimsoll.wait(lambda: "9/x.git" in plimsoll.log_text() or process.poll() is not None, "it says something", 20)
        except AssertionError:
            pass
        shown = plimsoll.log_text()
        if process.poll() is None:
            shown += plimsoll.get("/api/v1/status")[1] + plimsoll.cli("status", expect=None).err
        else:
            plimsoll.process = None
        self.assertTrue(shown)
        self.assertEqual(self.found_in(shown), [])

    def test_files_reach_a_service_that_can_write_nowhere_else(self):
        script = ("echo read $(cat /run/secrets/token) $(cat /etc/app/app.conf) $(cat /www/one.txt) $(cat /www/index.html); "
                  "touch /www2 /etc/x /var/x 2>/dev/null || echo refused; trap 'exit 0' TERM; "
                  "while :; do sleep 3600 & wait $!; done")
        compose = {"services": {"web": {
            "image": f"{registry.address}/web", "read_only": True, "tmpfs": ["/run", "/tmp"], "stop_grace_period": "1s",
            "command": ["/bin/sh", "-c", script], "secrets": ["token"], "x-plimsoll": {"min_ready": "500ms"},
            "configs": [{"source": "app", "target": "/etc/app/app.conf"}], "volumes": ["./one.txt:/www/one.txt:ro"]}},
            "secrets": {"token": {"environment": "API_TOKEN"}}, "configs": {"app": {"content": "conf"}}}
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, {"web": {
            "compose": to_yaml(compose), "secrets": ["API_TOKEN"]}})
        repo.write("apps/web/one.txt", "first")
        repo.commit("first")
        plimsoll = self.install(repo.url)
        plimsoll.secret("dev/API_TOKEN", "open-sesame")
        plimsoll.start()
        plimsoll.settled()
        before = self.reads(plimsoll, "open-sesame conf first 1")
        volumes = self.file_volumes()
        self.assertEqual(len(volumes), 3, volumes)

        repo.write("apps/web/one.txt", "second")
        plimsoll.settled(revision=repo.commit("second"))
        self.assertNotEqual(self.reads(plimsoll, "open-sesame conf second 1"), before, "a changed file swaps it")
        self.assertEqual(len(self.file_volumes()), 3)
        self.assertFalse(volumes & self.file_volumes(), "those of the old container are gone")

        del repo.environment["apps"]["web"]
        repo.write_environment()
        repo.commit("gone")
        plimsoll.wait(lambda: plimsoll.cli("sync", "--wait", "--allow-removal", expect=None) and not ours(engine),
                      "the container is removed")
        plimsoll.wait(lambda: not self.file_volumes(), "no volume stays")

    def reads(self, plimsoll, what):
        """Waits until the only container has read just this; its id."""
        found = ours(engine)
        self.assertEqual(len(found), 1, found)
        plimsoll.wait(lambda: engine.logs(found[0]["Id"]).count("refused") == 1, "it has read")
        self.assertIn(f"read {what}", engine.logs(found[0]["Id"]))
        return found[0]["Id"]

    def file_volumes(self):
        volumes = engine.request("GET", "/volumes")["Volumes"] or []
        return {volume["Name"] for volume in volumes if volume["Name"].startswith("plimsoll-files-")}


if __name__ == "__main__":
    harness.main()
