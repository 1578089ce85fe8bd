"""A manifest repository that changes at random, and what an engine must hold when all of it has been applied.

The checks ask the engine alone: what a controller says of itself is no evidence here.
"""
import json
import urllib.parse

from harness import answer, ours, to_yaml

TAGS = ("1", "2", "3")
SICK = "sick"
RUNS = {"stop_grace_period": "1s", "x-plimsoll": {"min_ready": "300ms"}}
CHECKED = {"stop_grace_period": "1s", "healthcheck": {
    "test": ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/ready"], "interval": "500ms",
    "timeout": "2s", "retries": 3}}
#: {app: (its service, the most replicas, whether it mounts files)}
APPS = {
    "plain": (RUNS, 2, False),
    "checked": (CHECKED, 2, False),
    "data": ({**RUNS, "volumes": ["data:/data"], "restart": "unless-stopped"}, 1, False),
    "files": ({**RUNS, "volumes": ["./page/index.html:/www/index.html:ro", "./conf:/conf:ro"]}, 2, True),
    "spare": ({**CHECKED, "restart": "unless-stopped"}, 2, False),
}
#: What `surround()` is to bring. All but the last answer /ready.
IMAGES = {**{f"web:{tag}": {"files": {"www/ready": b"ok\n"}} for tag in TAGS}, f"web:{SICK}": {}}
#: (what is changed, how often in comparison)
CHANGES = (("tag", 6), ("environment", 3), ("replicas", 3), ("page", 2), ("sick", 1), ("remove", 1), ("add", 2))


class RandomManifests:
    """One environment of a repository. `wanted` is {app: {"tag", "replicas", "turn", "page"}} of the apps it has now.

    `change()` makes one random change and commits it; `calm()` takes back what cannot become healthy.
    """

    def __init__(self, repo, engine_url, registry, environment, random):
        self.repo, self.registry, self.environment, self.random = repo, registry, environment, random
        self.turn = 0
        self.wanted = {app: self._fresh() for app in APPS}
        repo.basic({"one": engine_url}, registry, {app: {"compose": "services: {}\n"} for app in APPS}, environment)
        self.revision = self._write("first")

    def change(self):
        """What was changed, in words."""
        kinds, weights = zip(*CHANGES)
        self.turn += 1
        app = self.random.choice(list(APPS))
        done = getattr(self, "_" + self.random.choices(kinds, weights)[0])(app)
        if done:
            self.revision = self._write(done)
        return done

    def calm(self):
        for one in self.wanted.values():
            one["tag"] = "1" if one["tag"] == SICK else one["tag"]
        self.revision = self._write("calm")

    # -- what there must be then --------------------------------------------------------------------------------------

    def names(self):
        return sorted(f"{self.environment}-{app}-web-{number}" for app, one in self.wanted.items()
                      for number in range(1, one["replicas"] + 1))

    def complaints(self, engine, installation):
        """Everything on the engine that is not as wanted."""
        found = []
        containers = ours(engine, installation, environment=self.environment)
        present = {c["Names"][0][1:]: c["Status"] for c in containers}
        if sorted(present) != self.names():
            found.append(f"wanted {self.names()}, there is {present}")
        for container in containers:
            one = self.wanted.get(container["Labels"]["io.plimsoll.app"])
            found += self._wrong(engine, container, one) if one else []
        return found + self._leftovers(engine, installation)

    def _wrong(self, engine, container, one):
        name, app = container["Names"][0][1:], container["Labels"]["io.plimsoll.app"]
        inspected = engine.inspect(container["Id"])
        address = inspected["NetworkSettings"]["Networks"].get(f"{self.environment}-{app}_default", {}).get("IPAddress")
        page = f"page {one['page']}" if APPS[app][2] else one["tag"]
        facts = {
            "status": (inspected["State"]["Status"], "running"),
            "image": (inspected["Config"]["Image"].rpartition("@")[2], self.registry.digest(f"web:{one['tag']}")),
            "environment": (f"TURN={one['turn']}" in inspected["Config"]["Env"], True),
            "page": (address and answer(8080, host=address), page)}
        return [f"{name}: {fact} is {is_!r}, not {wanted!r}" for fact, (is_, wanted) in facts.items() if is_ != wanted]

    def _leftovers(self, engine, installation):
        networks = [n["Name"] for n in labelled(engine, "/networks", installation)
                    if n["Name"].startswith(self.environment + "-")]
        wanted = [f"{self.environment}-{app}_default" for app in self.wanted]
        unused = labelled(engine, "/volumes", installation, dangling=["true"])["Volumes"] or []
        found = [f"volume {v['Name']} is left" for v in unused if not v["Name"].endswith("_data")]
        if sorted(networks) != sorted(wanted):
            found.append(f"there are networks {sorted(networks)}, wanted {sorted(wanted)}")
        return found

    # -- the changes --------------------------------------------------------------------------------------------------

    def _tag(self, app):
        return self._set(app, "tag", self.random.choice(TAGS))

    def _sick(self, app):
        return self._set(app, "tag", SICK) if "healthcheck" in APPS[app][0] else None

    def _replicas(self, app):
        return self._set(app, "replicas", self.random.randint(1, APPS[app][1]))

    def _environment(self, app):
        return self._set(app, "turn", self.turn)

    def _page(self, app):
        return self._set(app, "page", self.turn) if APPS[app][2] else None

    def _remove(self, app):
        """At most one is away: the removal guard lets it go."""
        if len(self.wanted) < len(APPS):
            return None
        del self.wanted[app]
        return f"without {app}"

    def _add(self, _):
        away = [app for app in APPS if app not in self.wanted]
        if not away:
            return None
        self.wanted[away[0]] = self._fresh()
        return f"{away[0]} again"

    def _set(self, app, what, value):
        if app not in self.wanted or self.wanted[app][what] == value:
            return None
        self.wanted[app][what] = value
        return f"{app}: {what} {value}"

    def _fresh(self):
        return {"tag": "1", "replicas": 1, "turn": self.turn, "page": self.turn}

    # -- writing ------------------------------------------------------------------------------------------------------

    def _write(self, subject):
        self.repo.environment["apps"] = {app: {"images": {"web": one["tag"]}} for app, one in self.wanted.items()}
        for app, one in self.wanted.items():
            self.repo.write(f"apps/{app}/compose.yaml", self._compose(app, one))
            if APPS[app][2]:
                self.repo.write(f"apps/{app}/page/index.html", f"page {one['page']}\n")
                self.repo.write(f"apps/{app}/conf/page.conf", f"{one['page']}\n")
        self.repo.write_environment()
        return self.repo.commit(subject)

    def _compose(self, app, one):
        service = dict(APPS[app][0], image=f"{self.registry.address}/web", environment={"TURN": str(one["turn"])},
                       deploy={"replicas": one["replicas"]})
        named = any(volume.startswith("data:") for volume in service.get("volumes", []))
        return to_yaml({"services": {"web": service}, **({"volumes": {"data": {}}} if named else {})})


def labelled(engine, path, installation, **filters):
    filters["label"] = [f"io.plimsoll.controller={installation}"]
    return engine.request("GET", f"{path}?" + urllib.parse.urlencode({"filters": json.dumps(filters)}))
