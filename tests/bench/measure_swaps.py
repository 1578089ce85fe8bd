"""Commit to answer, the gap of a stop-first swap (quiet and under traffic), repair: each beside its floor, interleaved."""
import contextlib
import json
import os
import re
import subprocess
import time

from bench_tools import Events, Prober, labelled, ratio, spread
from harness import SOURCE, ManifestRepo, answer, free_port, ours, push_image, runs, to_yaml, wait_until

#: Where run.sh unpacks a Compose that this Debian does not have.
NEWER_COMPOSE = os.path.join(SOURCE, "build", "engines", "compose-2.40")


class SwapBench:
    """One app of one service, alone on its bridge, with a published port; and the floor's container on another."""

    def __init__(self, bench):
        self.bench = bench
        self.port, self.floor_port = free_port(), free_port()
        self.tag = 0
        server_repo = bench.git.repository("bench/swaps")
        self.repo = ManifestRepo(bench.folder, "swaps", url=server_repo.url, bare=str(server_repo.bare))
        self.next_image()
        self.repo.basic({"one": bench.engine.url}, bench.registry, {"web": {
            "tag": self.tag, "port": self.port, "healthcheck": False, "order": "stop-first",
            "service": {"restart": "unless-stopped"}}})
        self.repo.commit("first")
        self.plimsoll = bench.install(self.repo.url, poll="1h")
        self.plimsoll.start()
        self.plimsoll.settled()
        self.events = Events(bench.engine)
        bench.floor(f"replace {self.floor_image()} {self.floor_port}")

    def next_image(self):
        self.tag += 1
        push_image(self.bench.registry.address, f"web:{self.tag}")
        return self.tag

    def floor_image(self):
        """A tag of its own, so that the floor pulls as much as the other side does."""
        self.tag += 1
        push_image(self.bench.registry.address, f"floor:{self.tag}")
        return f"{self.bench.registry.address}/floor:{self.tag}"

    def deploy(self):
        """One deployment; milliseconds from the push's begin, from the webhook, and the gap."""
        tag = str(self.next_image())
        self.repo.set_tag("web", tag)
        self.repo.git("commit", "-qam", f"web {tag}")
        self.events.expect(labelled(controller="bench", service="web"), self.port, tag)
        pushed = time.time()
        self.repo.git("push", "-q", "origin", "HEAD:refs/heads/main")
        told = time.time()
        self.plimsoll.webhook()
        seen = self.events.result()
        self.plimsoll.settled()
        return {"push": (seen["answer"] - pushed) * 1e3, "webhook": (seen["answer"] - told) * 1e3,
                "gap": (seen["answer"] - seen["kill"]) * 1e3}

    def rounds(self, count):
        results, floors = [], []
        for number in range(count):
            for side in ("ours", "floor") if number % 2 else ("floor", "ours"):
                if side == "ours":
                    results.append(self.deploy())
                else:
                    floors.append(self.bench.floor(f"replace {self.floor_image()} {self.floor_port}"))
        return results, floors

    def probed(self, count):
        """Gaps under a new connection every 5 ms, each beside a quiet one: (quiet, probed, the floor's probed)."""
        quiet, mine, floors = [], [], []
        for _ in range(count):
            quiet.append(self.deploy()["gap"])
            tag = str(self.next_image())
            self.repo.deploy("web", tag)
            prober = Prober(self.bench.build, self.port)
            time.sleep(0.3)
            self.plimsoll.webhook()
            self.plimsoll.wait(lambda: ours(self.bench.engine, "bench") and self.running_tag() == tag, "swapped", 30)
            time.sleep(2)
            seen = prober.stop()
            if seen["last"] != tag:
                raise RuntimeError(f"the prober saw {seen}, not {tag}")
            mine.append(seen["gap"])
            self.plimsoll.settled()
            prober = Prober(self.bench.build, self.floor_port)
            time.sleep(0.3)
            self.bench.floor(f"replace {self.floor_image()} {self.floor_port}")
            time.sleep(0.3)
            floors.append(prober.stop()["gap"])
        return quiet, mine, floors

    def running_tag(self):
        """The tag that runs, when exactly one container does: it is pinned by digest, so digests are compared."""
        found = [c for c in ours(self.bench.engine, "bench") if c["State"] == "running"]
        return str(self.tag) if len(found) == 1 and runs(found[0], self.bench.registry, f"web:{self.tag}") else None

    def repairs(self, count):
        """What each repair took, ours beside the floor's, milliseconds: from the call to kill, and from the death."""
        calls, deaths, floors = [], [], []
        for _ in range(count):
            victim = next(c for c in ours(self.bench.engine, "bench") if c["State"] == "running")["Id"]
            self.events.expect(labelled(controller="bench", service="web"))
            called = time.time()
            self.bench.engine.request("POST", f"/containers/{victim}/kill")
            seen = self.events.result()
            calls.append((seen["start"] - called) * 1e3)
            deaths.append((seen["start"] - seen["die"]) * 1e3)
            self.plimsoll.settled()
            wait_until(lambda: answer(self.port), "answers again")
            floors.append(self.bench.floor("repair"))
            time.sleep(0.2)
        return calls, deaths, floors


def start_first(bench, rounds):
    """A start-first service behind a retrying client on its network: requests that failed all the same, of how many."""
    address = bench.registry.address
    for tag in range(rounds + 1):
        push_image(address, f"steady:{tag}")
    check = {"test": ["CMD", "wget", "-qO", "/dev/null", "http://127.0.0.1:8080/"], "interval": "300ms", "timeout": "1s"}
    client = {"image": f"{address}/steady:0", "stop_grace_period": "1s", "command": [
        "/bin/sh", "-c", "trap 'exit 0' TERM; ask() { wget -qO- http://web:8080/ 2>/dev/null; }; while :; do n=0; "
        "until ask; do n=$$((n + 1)); [ $$n -lt 15 ] || { echo FAILED; break; }; sleep 0.2; done; done"]}
    web = {"image": f"{address}/steady", "healthcheck": check, "stop_grace_period": "2s"}
    hosted = bench.git.repository("bench/steady")
    repo = ManifestRepo(bench.folder, "steady", url=hosted.url, bare=str(hosted.bare))
    repo.basic({"one": bench.engine.url}, bench.registry, {
        "web": {"tag": "0", "compose": to_yaml({"services": {"web": web, "client": client}})}})
    repo.commit("first")
    plimsoll = bench.install(repo.url, poll="1h").start()
    plimsoll.settled()
    for tag in range(1, rounds + 1):
        repo.deploy("web", tag)
        plimsoll.cli("sync", "--wait")
    name = ours(bench.engine, "bench", service="client")[0]["Id"]

    def seen():  # between the words are frame headers
        return re.findall(r"FAILED|[0-9]+", bench.engine.logs(name))
    wait_until(lambda: seen()[-1] == str(rounds), "the client sees the last tag")
    words = seen()
    bench.value(f"start-first behind a retrying client, {rounds} swaps: failed of {len(words)} requests",
                words.count("FAILED"), 1, "requests", digits=0)
    plimsoll.stop()


def composes():
    """[(what it is called, its command line, its version)] of each Compose here: the installed ones, and the one that
    run.sh has unpacked. That is the plugin's program, run without `docker` before it."""
    found = []
    for name, argv in (("docker compose", ["docker", "compose"]), ("docker-compose", ["docker-compose"]),
                       ("docker compose", [NEWER_COMPOSE + "/docker-compose"])):
        with contextlib.suppress(FileNotFoundError):
            done = subprocess.run([*argv, "version", "--short"], capture_output=True, text=True)
            version = re.match(r"v?([0-9.]+)", done.stdout)
            if done.returncode == 0 and version and version[1] not in [other for _, _, other in found]:
                found.append((name, argv, version[1]))
    return found


def compose_rounds(swaps, count, argv, project):
    """Compose doing the same to its own container: milliseconds from its start to the first answer, and the gap."""
    bench, port = swaps.bench, free_port()
    whole, gaps = [], []
    command = [*argv, "-p", project, "-f", f"{bench.folder}/compose.yaml"]
    environment = {"DOCKER_HOST": bench.engine.url, "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": bench.folder}
    for _ in range(count):
        tag = str(swaps.next_image())
        with open(f"{bench.folder}/compose.yaml", "w") as out:
            out.write(json.dumps({"services": {"web": {
                "image": f"{bench.registry.address}/web:{tag}", "restart": "unless-stopped",
                "ports": [f"127.0.0.1:{port}:8080"]}}}))
        swaps.events.expect(lambda event: event["Actor"]["Attributes"].get("com.docker.compose.project") == project,
                            port, tag)
        began = time.time()
        subprocess.run([*command, "up", "-d"], check=True, capture_output=True, env=environment)
        seen = swaps.events.result()
        whole.append((seen["answer"] - began) * 1e3)
        gaps.append((seen["answer"] - seen.get("kill", began)) * 1e3)
    subprocess.run([*command, "down", "-t", "1"], check=True, capture_output=True, env=environment)
    return whole[1:], gaps[1:]  # the first creates network and all


def compose_rows(swaps, rounds, floor_whole, floor_gaps):
    for number, (name, argv, version) in enumerate(composes()):
        whole, gaps = compose_rounds(swaps, rounds + 1, argv, f"bench{number}")
        swaps.bench.row(f"`{name} up -d` {version}, new tag", spread(whole), spread(floor_whole),
                        ratio(whole, floor_whole), None, "ms")
        swaps.bench.row(f"`{name} up -d` {version}, gap", spread(gaps), spread(floor_gaps), ratio(gaps, floor_gaps), None, "ms")
    with contextlib.suppress(FileNotFoundError), open(NEWER_COMPOSE + ".missing") as reason:
        swaps.bench.note("left out: " + reason.read().strip())


def measure(bench, rounds):
    swaps = SwapBench(bench)
    results, floors = swaps.rounds(rounds)
    whole = [f["whole"] for f in floors]
    hook, push = [r["webhook"] for r in results], [r["push"] for r in results]
    bench.row("commit to answer, from the webhook", spread(hook), spread(whole), ratio(hook, whole), 1.25, "ms")
    bench.row("commit to answer, from the begin of `git push`", spread(push), spread(whole), ratio(push, whole), 1.25, "ms")
    gaps, floor_gaps = [r["gap"] for r in results], [f["gap"] for f in floors]
    bench.row("gap, stop-first, quiet", spread(gaps), spread(floor_gaps), ratio(gaps, floor_gaps), 1.10, "ms")
    quiet, probed, floor_probed = swaps.probed(max(3, rounds // 2))
    bench.row("gap under 5 ms probes, over our quiet gap", spread(probed), spread(quiet), ratio(probed, quiet), 1.15, "ms")
    bench.note("the same probes on the floor's container: " + spread(floor_probed) + " ms (the ARP wait, uncured)")
    calls, deaths, alone = swaps.repairs(rounds)
    both, starts = [f["kill"] + f["start"] for f in alone], [f["start"] for f in alone]
    bench.row("repair, from the call to kill, over kill + start", spread(calls), spread(both), ratio(calls, both), 1.25, "ms")
    bench.row("repair, from the death, over one start", spread(deaths), spread(starts), ratio(deaths, starts), None, "ms")
    bench.note("the engine tells of a death before it has cleaned up after it; the floor's start comes after that")
    compose_rows(swaps, rounds, whole, floor_gaps)
    swaps.plimsoll.stop()
    bench.sweep()
    start_first(bench, max(3, rounds // 4))
    bench.sweep()
