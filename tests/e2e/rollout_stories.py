"""What the crash and fault matrices roll out: a table of stories, and how each is told to a manifest repository.

A story goes from a good state to the next one, again and again: the state that one cut converged to is where the next
one begins, with another tag. Tags alternate, and the image that comes next is deleted first, so that it is pulled.
"""
from dataclasses import dataclass

from harness import to_yaml

#: Three kinds of quick gate: having run for a moment, which costs nothing, running at all, and a health check that asks
#: for /ready.
RUNS = {"stop_grace_period": "2s", "x-plimsoll": {"min_ready": "300ms"}}
AT_ONCE = {**RUNS, "x-plimsoll": {"min_ready": "0s"}}
CHECKED = {"stop_grace_period": "2s", "healthcheck": {
    "test": ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/ready"], "interval": "500ms",
    "timeout": "2s", "retries": 3}}
DATA = {"volumes": ["data:/data"]}
FILES = {"volumes": ["./page/index.html:/www/index.html:ro", "./conf:/conf:ro"]}
SICK = "sick"
#: Reads its page when it starts and when it is told to.
READS = ("r() { busybox cp /page/index.html /www/next && busybox mv /www/next /www/index.html; }; trap r HUP; "
         "trap 'exit 0' TERM; r; httpd -f -p 8080 -h /www & while :; do wait $$!; done")


def reloads(by):
    return {**RUNS, "x-plimsoll": {**RUNS["x-plimsoll"], "reload": by}, "command": ["/bin/sh", "-c", READS],
            "volumes": ["./page/index.html:/page/index.html:ro", "./conf:/conf:ro"]}


@dataclass
class Story:
    """apps: {app: service `web`}. Kinds: "update" flips tags, others are named for what they do besides or instead;
    "taken-back" changes a mounted file, and back while the controller is dead.

    least: how many containers of `web` answer at any time, where it has no published port. cuts: how many the default
    sample tries. sick: the service that fails in a "failing" story; when it is not `web`, that one does well and has to
    go back with it.
    """
    name: str
    kind: str
    apps: dict
    least: int = 1
    cuts: int = 5
    sick: str = "web"

    def failing(self):
        return self.kind == "failing"

    def mounts_files(self):
        return self.kind in ("file", "taken-back")

    def reloads(self):
        return any("reload" in service.get("x-plimsoll", {}) for service in self.apps.values())

    def services(self, app):
        """{service: replicas}"""
        beside = ["migrate"] if self.kind == "one-shot" else [self.sick] if self.sick != "web" else []
        return {"web": self.apps[app].get("deploy", {}).get("replicas", 1), **dict.fromkeys(beside, 1)}

    def names(self, apps=None):
        """Of the containers that are there when all is well."""
        return sorted(f"dev-{app}-{service}-{number}" for app in (apps or self.apps)
                      for service, replicas in self.services(app).items() for number in range(1, replicas + 1))


def replicas(count, **update):
    return {"deploy": {"replicas": count, **({"update_config": update} if update else {})}}


STORIES = {story.name: story for story in [
    Story("first", "first", {"first": {**RUNS, **DATA}}),
    Story("start-first-1", "update", {"start1": CHECKED}, cuts=6),
    Story("start-first-3", "update", {"start3": {**RUNS, **replicas(3)}}, least=3),
    Story("start-first-at-once", "update", {"atonce": {**AT_ONCE, **replicas(2)}}),
    Story("stop-first-1", "update", {"stop1": {**RUNS, **DATA, "restart": "unless-stopped"}}, cuts=6),
    Story("stop-first-3", "update", {"stop3": {**RUNS, **replicas(3, order="stop-first")}}, least=2),
    Story("failing-start-first", "failing", {"failstart": CHECKED}),
    Story("failing-stop-first", "failing", {"failstop": {**CHECKED, "restart": "unless-stopped"}}, cuts=6),
    Story("failing-no-restart", "failing", {"failonce": CHECKED}),
    Story("whole-start-first", "failing", {"wholestart": {**CHECKED, **replicas(2)}}, least=2, sick="worker", cuts=6),
    Story("whole-stop-first", "failing", {"wholestop": {**RUNS, "restart": "unless-stopped"}}, sick="worker", cuts=6),
    Story("removal", "removal", {"stays": {**RUNS, "restart": "unless-stopped"}, "gone": {**RUNS, **DATA}}),
    Story("one-shot", "one-shot", {"oneshot": {**RUNS, "depends_on": {
        "migrate": {"condition": "service_completed_successfully"}}}}),
    Story("file", "file", {"file": {**RUNS, **FILES}}),
    Story("taken-back", "taken-back", {"takenback": {**RUNS, **FILES}}),
    Story("reload", "file", {"reload": reloads("SIGHUP")}, cuts=6),
    Story("reload-taken-back", "taken-back", {"reloadback": reloads(["kill", "-HUP", "1"])}),
    Story("two-apps", "update", {"left": RUNS, "right": {**RUNS, "restart": "unless-stopped"}}),
]}
#: Apps with a published port, which makes them stop-first; fixed and below the ephemeral ones, so that nobody else has
#: one while its container is replaced: every file of tests has a network namespace of its own.
PORTS = {app: 18080 + number for number, app in enumerate(["first", "stop1", "failstop", "failonce", "stays",
                                                                "right", "wholestop"])}


def images_of(story):
    """What `surround()` is to bring for it: one repository per app, so that stories beside each other do not pull each
    other's images."""
    ready, images = {"files": {"www/ready": b"ok\n"}}, {}
    for app in story.apps:
        images.update({f"{app}:{tag}": ready for tag in "12"})
        if story.kind == "one-shot":
            run = {"command": ["/bin/sh", "-c", "echo run >> /data/runs; exit 0"]}
            images.update({f"{app}-migrate:{tag}": run for tag in "12"})
        if story.failing():
            suffix = "" if story.sick == "web" else f"-{story.sick}"
            images.update({f"{app}{suffix}:1": ready, f"{app}{suffix}:{SICK}": {}})
    return images


#: Those of all stories, and the one that asks services by name.
IMAGES = {name: facts for story in STORIES.values() for name, facts in images_of(story).items()} | {"client:1": {}}


class Teller:
    """Writes the states of a story into a repository. `tag` is the one that is wanted, `text` what pages say then."""

    def __init__(self, story, repo, engine_url, registry):
        self.story, self.repo = story, repo
        self.turn, self.tag, self.text = 1, "1", "1"
        apps = {app: {"compose": self._compose(app, registry)} for app in story.apps}
        repo.basic({"one": engine_url}, registry, apps)
        self._write()

    def images(self):
        """{service: `repository:tag` in the registry} of every app, as wanted now."""
        return {app: {service: f"{app}{'' if service == 'web' else '-' + service}:{tag}"
                      for service, tag in self._tags(app).items()} for app in self.apps()}

    def apps(self):
        return list(self.repo.environment["apps"])

    def advance(self):
        """The change whose rollout is disturbed; returns the commit."""
        self.turn += 1
        if self.story.kind == "removal":
            del self.repo.environment["apps"]["gone"]
        elif self.story.failing():
            self.tag = SICK
            self.text = "1" if self.story.sick == "web" else "2"
        elif self.story.mounts_files():
            self.before, self.text = self.text, f"page {self.turn}"
        else:
            self.tag = self.text = "21"[self.turn % 2]
        return self._write()

    def take_back(self):
        """What somebody does who sees a rollout stand still; the commit, or None for most kinds."""
        if self.story.kind != "taken-back":
            return None
        self.text = self.before
        return self._write()

    def go_back(self):
        """Back to the beginning, for the kinds whose end cannot be one; the commit, or None."""
        if self.story.kind == "removal":
            self.repo.environment["apps"]["gone"] = {}
        elif self.story.failing():
            self.tag = self.text = "1"
        else:
            return None
        return self._write()

    def _tags(self, app):
        """{service: tag}; beside one that is sick, `web` gets the next one."""
        tags = dict.fromkeys(self.story.services(app), self.tag)
        if self.tag == SICK and self.story.sick != "web":
            tags["web"] = "2"
        return tags

    def _write(self):
        for app in self.apps():
            self.repo.environment["apps"][app] = {"images": self._tags(app)}
            if self.story.mounts_files():
                self.repo.write(f"apps/{app}/page/index.html", self.text + "\n")
                self.repo.write(f"apps/{app}/conf/page.conf", self.text + "\n")
        self.repo.write_environment()
        return self.repo.commit(f"{self.story.name}: turn {self.turn}")

    def _compose(self, app, registry):
        web = {"image": f"{registry.address}/{app}", **self.story.apps[app]}
        if app in PORTS:
            web["ports"] = [f"127.0.0.1:{PORTS[app]}:8080"]
        services = {"web": web}
        if self.story.kind == "one-shot":
            services["migrate"] = {"image": f"{registry.address}/{app}-migrate", "restart": "no", **DATA}
        elif self.story.sick != "web":
            services[self.story.sick] = {"image": f"{registry.address}/{app}-{self.story.sick}", **CHECKED}
        volumes = {"data": {}} if any("data:" in volumes_of(one) for one in services.values()) else None
        return to_yaml({"services": services, **({"volumes": volumes} if volumes else {})})


def volumes_of(service):
    return " ".join(service.get("volumes", []))
