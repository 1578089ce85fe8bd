"""One story on the way: its repository, its controller behind a proxy, who asks its services, and what must hold.

Several lanes share an engine: each has an installation id, apps and ports of its own.
"""
import json
import os
import urllib.parse

from availability import SICK, name_prober, port_prober
from engine_proxy import EngineProxy
from harness import ManifestRepo, answer, ours, wait_until
from rollout_stories import PORTS, Teller

#: The longest a stop may take (the grace period), and what a start and the steps around may take on a slow machine.
STOP, START = 2, 2
#: As long as nothing is known of the machine: a health check that fails, and the way back.
UNDONE = 10
PATIENCE = 60


class Lane:
    """`start()` brings the story to its first good state; then `advance()`, `converge()`, `check()` and `go_back()`,
    again and again; `stop()`."""

    def __init__(self, scenario, story, engine, registry, asked=True):
        self.story, self.engine, self.registry = story, engine, registry
        self.asked = asked              # all the while; else only from ask() to ask_no_more()
        # The path of a socket has to be short.
        number = len(os.listdir(scenario.folder))
        self.proxy = EngineProxy(os.path.join(scenario.folder, f"{number}.sock"), engine.socket)
        repo = ManifestRepo(scenario.folder, name=story.name)
        self.teller = Teller(story, repo, self.proxy.url, registry)
        self.plimsoll = scenario.install(repo.url, installation=story.name, poll="1h")
        self.probers, self.clients, self.before = {}, [], {}
        self.usual = None               # how long the service is down in an undisturbed rollout
        self.restarted_after = 0.0      # how long nobody was there to go on
        self.disturbed = self.proxy.script
        self.worst_seen = {}

    # -- life -----------------------------------------------------------------------------------------------------

    def start(self):
        self.proxy.begin()
        self.plimsoll.spawn()
        self.converge(self.teller.repo.git("rev-parse", "HEAD").strip())
        self.plimsoll.kill()
        if self.asked:
            self.ask()
        for app in self.apps_with_data():
            self.write_data(app, "marker", self.story.name)
        return self

    def ask(self):
        """Asks every app from now on."""
        for app in self.story.apps:
            if self.story.kind == "first" or (self.story.kind == "removal" and app == "gone"):
                continue
            self.probers[app] = self._prober(app).start()

    def ask_no_more(self):
        for prober in self.probers.values():
            prober.stop()
        self.probers = {}
        self._remove(self.clients)
        self.clients = []

    def halt(self):
        """Kills the controller; what the engine was asked before is done when this returns."""
        self.plimsoll.kill()
        self.proxy.end()

    def stop(self):
        if self.plimsoll.process:
            self.plimsoll.kill()
        self.ask_no_more()
        self.wipe()
        self.proxy.begin()

    def begin_anew(self):
        """After a failure, whose state must not be the beginning of the next try."""
        self.stop()
        self.teller.go_back()
        self.start()

    def wipe(self):
        """Removes the containers and networks of this lane: nothing was deployed yet."""
        self._remove(ours(self.engine, self.story.name))
        for app in self.story.apps:
            self.engine.request("DELETE", f"/networks/dev-{app}_default", expect=None)
        for volume in self._volumes_too_many():
            self.engine.request("DELETE", f"/volumes/{volume}", expect=None)

    def advance(self):
        """Commits the next state and makes ready for it; the commit."""
        if self.story.kind == "first":
            self.wipe()
        self.before = {c["Names"][0][1:]: c["Id"] for c in ours(self.engine, self.story.name)}
        self.runs_before = {app: self._runs(app) for app in self.story.apps}
        self.pages = {self.teller.text}
        revision = self.teller.advance()
        self.pages.add(self.teller.text)
        for images in self.teller.images().values():
            for image in images.values():
                self.engine.request("DELETE", f"/images/{self.registry.name(image)}", expect=None)
        for prober in self.probers.values():
            prober.mark()
        return revision

    def roll_out(self, number=0, act=None, changes=False):
        """One rollout by a controller that lives, with its request of this number disturbed: it must converge by
        itself, and all that must hold at its end holds. The proxy's script."""
        revision = self.advance()
        self.disturbed = script = self.proxy.begin(number, act, changes)
        self.plimsoll.spawn()
        self.converge(revision)
        script.finish()
        self.check()
        self.go_back()
        self.plimsoll.kill()
        return script

    def go_back(self):
        """To the state where the next disturbance begins, with the controller that is there."""
        revision = self.teller.go_back()
        if revision:
            self.plimsoll.cli("sync", expect=None)
            self.plimsoll.wait(lambda: self.settled(revision, failing=False), "back at the beginning", PATIENCE)

    # -- converging -----------------------------------------------------------------------------------------------

    def converge(self, revision):
        self.wait(lambda: self.converged(revision), f"converged to {revision[:7]}")

    def wait(self, condition, what):
        try:
            wait_until(condition, what, PATIENCE, interval=0.05)
        except TimeoutError as error:
            raise AssertionError(f"{error}; {self.complaints()}\n{self.plimsoll.summary()}") from None

    def converged(self, revision):
        """Whether the controller says that all is as it should be, or that the update failed and was undone."""
        process = self.plimsoll.process
        if process is None or process.poll() is not None:
            raise RuntimeError("the controller ended")
        return self.settled(revision, failing=self.story.failing() and self.teller.tag == SICK)

    def settled(self, revision, failing):
        status = self.plimsoll.status()
        # A target whose inputs did not change stays at the revision that it has.
        changed = [t for t in status["targets"] if t["app"] == "stays" or revision in t["revision"]]
        wanted = ("RolledBack", "Degraded") if failing else ("Synced", "Healthy")
        apps = {t["app"]: (t["reason"] if failing else t["sync"], t["health"]) for t in changed
                if not failing or "next try" in t["message"]}
        there = revision in status["revision"] and apps == dict.fromkeys(self.teller.apps(), wanted)
        if not there or self._left_of_removed():
            return False
        # An update is undone as soon as the old one is started again: it answers a moment later, and what did well
        # beside the failing one is still going back. What is told of new files reads them a moment later, too.
        moments = failing or self.story.reloads()
        containers = ours(self.engine, self.story.name) if moments else []
        return not (failing and self._wrong_containers(containers) or moments and self._wrong_answers(containers))

    def tries_again(self):
        """Whether a failing update is being tried just now: beside what serves there is one that is not good, and up."""
        return self.story.failing() and any(
            self._runs_image(c, SICK) and c["State"] == "running" for c in ours(self.engine, self.story.name))

    def _left_of_removed(self):
        return [c["Names"][0] for app in self.story.apps if app not in self.teller.apps()
                for c in ours(self.engine, self.story.name, app=app)] + self._networks_too_many()

    # -- what must hold -------------------------------------------------------------------------------------------

    def check(self):
        found = self.complaints()
        if found:
            raise AssertionError("; ".join(found))
        self.worst_seen = self.worst()
        self.usual = self.usual or self.worst_seen.get("stop-first")

    def complaints(self):
        """Everything that is not as promised, now that the controller says that it has converged."""
        found = []
        containers = ours(self.engine, self.story.name)
        found += self._wrong_containers(containers)
        found += [f"network {name} is left" for name in self._networks_too_many()]
        found += [f"volume {name} is left" for name in self._volumes_too_many()]
        found += [f"volume data of {app} has lost its marker" for app in self.apps_with_data()
                  if self._read_data(app, "marker") != self.story.name]
        if self.story.kind == "one-shot":
            found += self._wrong_runs(containers)
        return found + self._wrong_answers(containers) + self._unavailable()

    def _wrong_containers(self, containers):
        failed = [c for c in containers if self._runs_image(c, SICK)] if self.story.failing() else []
        good = [c for c in containers if c not in failed]
        found = []
        if len(failed) > 1 or any(c["State"] == "running" for c in failed):
            found.append(f"more than one stopped record of the failure: {listed(failed)}")
        if sorted(c["Names"][0][1:] for c in good) != self.story.names(self.teller.apps()):
            found.append(f"wanted {self.story.names(self.teller.apps())}, there is {listed(containers)}")
        for one in good:
            service = one["Labels"]["io.plimsoll.service"]
            if one["State"] != ("exited" if service == "migrate" else "running"):
                found.append(f"{listed([one])} does not run")
            if not self._runs_image(one, "1" if self.story.failing() else self.teller.tag):
                found.append(f"{listed([one])} is not of the wanted image")
        same = {"failing": list(self.story.apps), "removal": ["stays"]}.get(self.story.kind)
        for name in self.story.names(same) if same else []:
            if name not in [c["Names"][0][1:] for c in good if c["Id"] == self.before.get(name)]:
                found.append(f"{name} is not the container that it was")
        return found

    def _wrong_answers(self, containers):
        found = []
        wanted = "1" if self.story.failing() else self.teller.text
        for one in containers:
            addresses = [n["IPAddress"] for n in one["NetworkSettings"]["Networks"].values() if n["IPAddress"]]
            said = [answer(8080, host=address) for address in addresses]
            if one["State"] == "running" and said != [wanted]:
                found.append(f"{listed([one])} answers {said}, not {wanted!r}")
        for app in self.teller.apps():
            if app in PORTS and answer(PORTS[app]) != wanted:
                found.append(f"the port of {app} answers {answer(PORTS[app])!r}, not {wanted!r}")
        return found

    def _wrong_runs(self, containers):
        found = []
        for app in self.story.apps:
            ran = self._runs(app) - self.runs_before[app]
            if ran != 1:
                found.append(f"the one-shot of {app} ran {ran} times for one digest")
            job, web = (self.engine.inspect(f"dev-{app}-{service}-1")["State"] for service in ("migrate", "web"))
            if web["StartedAt"] < job["FinishedAt"]:
                found.append(f"web of {app} started before its one-shot was done")
        return found

    def _unavailable(self):
        found = []
        for app, prober in self.probers.items():
            if not prober.alive():
                found.append(f"nobody asked {app}")
            if self._least(app) and prober.misses:
                found.append(f"{app} was not available {len(prober.misses)} times: {prober.misses[0][1]}")
            if not self._least(app) and prober.worst() > self.longest_gap():
                found.append(f"{app} did not answer for {prober.worst():.1f} s, allowed {self.longest_gap():.1f} s")
            wanted = self.pages | ({SICK} if app in PORTS else set())
            if prober.answers - wanted:
                found.append(f"{app} answered {prober.answers}, wanted only {wanted}")
        return found

    def longest_gap(self):
        """How long a stop-first service may be down: as long as in an undisturbed rollout on this machine, while nobody
        is there to go on, and one more stop and start, since what the dead one had begun may have to be undone."""
        usual = self.usual or (UNDONE if self.story.failing() else STOP)
        return usual + self.restarted_after + STOP + START

    def worst(self):
        """{"start-first" or "stop-first": the longest time without an answer since the last change}"""
        worst = {}
        for app, prober in self.probers.items():
            kind = "start-first" if self._least(app) else "stop-first"
            worst[kind] = max(worst.get(kind, 0), prober.worst())
        return worst

    # -- inner ----------------------------------------------------------------------------------------------------

    def apps_with_data(self):
        return [app for app in self.story.apps if (self.story.kind == "one-shot" or "volumes" in self.story.apps[app])
                and self.story.kind != "first" and not self.story.mounts_files()]

    def _least(self, app):
        return 0 if app in PORTS and self.story.kind != "removal" else self.story.least

    def _remove(self, containers):
        for container in containers:
            self.engine.request("DELETE", f"/containers/{container['Id']}?force=1", expect=None)

    def _prober(self, app):
        if app in PORTS:
            return port_prober(PORTS[app])
        image = self.registry.name("client:1")
        self.engine.request("POST", f"/images/create?fromImage={image}")
        client = self.engine.request("POST", f"/containers/create?name=client-of-{app}", {
            "Image": image, "HostConfig": {"NetworkMode": f"dev-{app}_default"}})
        self.engine.request("POST", f"/containers/{client['Id']}/start")
        self.clients.append(client)
        return name_prober("web", self.engine.inspect(client["Id"])["State"]["Pid"], self._least(app))

    def _runs_image(self, container, tag):
        labels = container["Labels"]
        suffix = "" if labels["io.plimsoll.service"] == "web" else "-" + labels["io.plimsoll.service"]
        return labels["io.plimsoll.image-digest"] == self.registry.digest(f"{labels['io.plimsoll.app']}{suffix}:{tag}")

    def _networks_too_many(self):
        present = [n["Name"] for n in self._labelled("/networks")]
        wanted = [f"dev-{app}_default" for app in self.teller.apps()]
        return sorted(set(present) - set(wanted)) + [n for n in wanted if present.count(n) > 1]

    def _volumes_too_many(self):
        unused = self._labelled("/volumes", dangling=["true"])["Volumes"] or []
        return [v["Name"] for v in unused if not v["Name"].endswith("_data")]

    def _labelled(self, path, **filters):
        filters["label"] = [f"io.plimsoll.controller={self.story.name}"]
        return self.engine.request("GET", f"{path}?" + urllib.parse.urlencode({"filters": json.dumps(filters)}))

    def _data(self, app, name):
        return f"{self.engine.root}/data/volumes/dev-{app}_data/_data/{name}"

    def write_data(self, app, name, text):
        with open(self._data(app, name), "w") as out:
            out.write(text)

    def _read_data(self, app, name):
        try:
            with open(self._data(app, name)) as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def _runs(self, app):
        return len(self._read_data(app, "runs").split())


def listed(containers):
    return ", ".join(f"{c['Names'][0][1:]} ({c['Status']})" for c in containers) or "nothing"
