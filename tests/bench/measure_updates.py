"""Fifty services changed by one commit, over the same calls at the best concurrency; and an update that goes back."""
import threading
import time

from bench_tools import Events, labelled, ratio, spread
from engines import _UnixConnection
from harness import ManifestRepo, answer, free_port, push_image, to_yaml, wait_until
import json

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


def next_image(bench, repo, tag):
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
    image = next_image(bench, None, 0)
    repo = manifests(bench)
    plimsoll = bench.install(repo.url, poll="1h").start()
    plimsoll.settled(timeout=300)
    bench.floor(f"many {image} {SERVICES} 4")
    destroyed = Destroyed(bench.engine)
    ours, floors = [], {at_once: [] for at_once in AT_ONCE}
    tag = 0
    for _ in range(rounds):
        for side in ("ours", *AT_ONCE):
            tag += 1
            image = next_image(bench, repo, tag)
            if side == "ours":
                ours.append(update(bench, repo, plimsoll, destroyed, tag))
            else:
                floors[side].append(bench.floor(f"many {image} {SERVICES} {side}")["whole"])
    plimsoll.stop()
    bench.floor(f"clear-many {SERVICES}")
    best = min(AT_ONCE, key=lambda at_once: sorted(floors[at_once])[rounds // 2])
    bench.row(f"update of {SERVICES} services, from the webhook to the last old one gone", spread(ours),
              spread(floors[best]), ratio(ours, floors[best]), 1.15, "ms")
    bench.note(f"{SERVICES} services: the floor with " +
               ", ".join(f"{n} at once {spread(floors[n])} ms" for n in AT_ONCE))


def measure(bench, rounds):
    many(bench, max(3, rounds // 4))
    bench.sweep()
