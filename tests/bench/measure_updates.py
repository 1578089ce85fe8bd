"""Fifty services changed by one commit, over the same calls at the best concurrency; and an update that goes back."""
import json
import threading
import time

from bench_tools import Events, labelled, ratio, spread
from engines import _UnixConnection
from harness import ManifestRepo, free_port, push_image, to_yaml

SERVICES = 50
#: How many at once the floor is tried with; the best one counts.
AT_ONCE = (4, 8, 16)


class Destroyed:
    """Counts the containers of one installation that the engine has removed, with the time of the last."""

    def __init__(self, engine):
        connection = _UnixConnection(engine.socket, None)
        filters = '{"type":["container"],"event":["rename","destroy"],"label":["io.plimsoll.controller=bench"]}'
        connection.request("GET", "/events?filters=" + filters.replace('"', "%22"))
        self.reply, self.connection = connection.getresponse(), connection
        self.count, self.last, self.done = 0, 0.0, threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def expect(self, count):
        self.count = count
        self.done.clear()

    def _run(self):
        while line := self.reply.readline():
            event = json.loads(line)
            self.last = event["timeNano"] / 1e9
            if event["Action"] == "destroy":
                self.count -= 1
                if self.count == 0:
                    self.done.set()


def manifests(bench):
    hosted = bench.git.repository("bench/many")
    repo = ManifestRepo(bench.folder, "many", url=hosted.url, bare=str(hosted.bare))
    services = {f"s{number:02}": {"image": f"{bench.registry.address}/many:${{TAG}}", "restart": "unless-stopped",
                                  "stop_grace_period": "2s"} for number in range(SERVICES)}
    repo.basic({"one": bench.engine.url}, bench.registry,
               {"many": {"compose": to_yaml({"x-plimsoll": {"min_ready": "0s"}, "services": services})}},
               variables={"TAG": "0"})
    del repo.environment["apps"]["many"]["images"]
    repo.write_environment()
    repo.commit("first")
    return repo


def next_image(bench, tag):
    """An image for each side, so that both pull; the floor's."""
    push_image(bench.registry.address, f"many:{tag}")
    push_image(bench.registry.address, f"floor-many:{tag}")
    return f"{bench.registry.address}/floor-many:{tag}"


def update(bench, repo, plimsoll, destroyed, tag):
    """Milliseconds from the webhook to the last old container gone, and all new ones under their names."""
    repo.environment["variables"]["TAG"] = str(tag)
    repo.write_environment()
    revision = repo.commit(f"tag {tag}")
    destroyed.expect(SERVICES)
    told = time.time()
    plimsoll.webhook()
    if not destroyed.done.wait(120):
        raise TimeoutError(f"{destroyed.count} of the old containers are still there")
    plimsoll.settled(revision=revision, timeout=120)
    return (destroyed.last - told) * 1e3


def many(bench, rounds):
    image = next_image(bench, 0)
    repo = manifests(bench)
    plimsoll = bench.install(repo.url, poll="1h").start()
    plimsoll.settled(timeout=300)
    bench.floor(f"many {image} {SERVICES} 8")
    destroyed = Destroyed(bench.engine)
    ours, floors = [], {at_once: [] for at_once in AT_ONCE}
    tag = 0
    for _ in range(rounds):
        for side in ("ours", *AT_ONCE):
            tag += 1
            image = next_image(bench, tag)
            if side == "ours":
                ours.append(update(bench, repo, plimsoll, destroyed, tag))
            else:
                floors[side].append(bench.floor(f"many {image} {SERVICES} {side}")["whole"])
    plimsoll.stop()
    bench.floor(f"clear-many {SERVICES}")
    best = min(AT_ONCE, key=lambda at_once: sorted(floors[at_once])[rounds // 2])
    bench.row(f"update of {SERVICES} services, from the webhook to the last old one gone", spread(ours),
              spread(floors[best]), ratio(ours, floors[best]), 1.15, "ms")
    bench.note(f"{SERVICES} services: {rounds} rounds; the floor with " +
               ", ".join(f"{n} at once {spread(floors[n])} ms" for n in AT_ONCE))


def rollback(bench, rounds):
    """From the engine's word that the new one is unhealthy to the first answer of the old one, over one start."""
    port, floor_port = free_port(), free_port()
    push_image(bench.registry.address, "undone:good")
    push_image(bench.registry.address, "floor-undone:1")
    check = {"test": ["CMD", "wget", "-qO", "/dev/null", "http://127.0.0.1:8080/"], "interval": "300ms",
             "timeout": "1s", "retries": 2}
    hosted = bench.git.repository("bench/undone")
    repo = ManifestRepo(bench.folder, "undone", url=hosted.url, bare=str(hosted.bare))
    repo.basic({"one": bench.engine.url}, bench.registry, {"undone": {
        "tag": "good", "image": "undone", "port": port, "order": "stop-first", "service": {"healthcheck": check}}})
    repo.commit("first")
    plimsoll = bench.install(repo.url, poll="1h").start()
    plimsoll.settled()
    bench.floor(f"replace {bench.registry.address}/floor-undone:1 {floor_port}")
    events, times, starts = Events(bench.engine), [], []
    for number in range(rounds):
        push_image(bench.registry.address, f"undone:sick{number}", ports=(9999,))
        events.expect(labelled(controller="bench", service="web"), port, "good", ask_at="health_status: unhealthy")
        repo.deploy("undone", f"sick{number}")
        plimsoll.webhook()
        seen = events.result()
        times.append((seen["answer"] - seen["health_status: unhealthy"]) * 1e3)
        plimsoll.shows("dev/undone", reason="RolledBack")
        starts.append(bench.floor("repair")["start"])
        repo.deploy("undone", "good")
        plimsoll.webhook()
        plimsoll.settled()
    plimsoll.stop()
    allowed = [start + 300 for start in starts]
    bench.row("rollback, from failing health to the old one answering, over one start + 0.3 s", spread(times),
              spread(allowed), ratio(times, allowed), 1.0, "ms")


def measure(bench, rounds):
    rollback(bench, max(5, rounds // 2))
    bench.sweep()
    many(bench, max(3, rounds // 4))
    bench.sweep()
