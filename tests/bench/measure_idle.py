"""What it costs when nothing changes: no-op passes, memory, CPU of an idle controller, a poll of git."""
import time

from bench_tools import cpu_seconds, memory_mib, run_measured, spread
from harness import BINARY, ManifestRepo, clean_environment, push_image, to_yaml


def manifests(bench, name, apps):
    """A repository over HTTP with these apps: {app: number of services}."""
    hosted = bench.git.repository("bench/" + name)
    repo = ManifestRepo(bench.folder, name, url=hosted.url, bare=str(hosted.bare))
    facts = {}
    for app, services in apps.items():
        document = {"services": {f"s{number:02}": {"image": f"{bench.registry.address}/web:idle", "restart": "unless-stopped"}
                                 for number in range(services)}}
        facts[app] = {"compose": to_yaml(document)}
    repo.basic({"one": bench.engine.url}, bench.registry, facts)
    for entry in repo.environment["apps"].values():
        del entry["images"]
    repo.write_environment()
    repo.commit("first")
    return repo


def second_pass(bench, name, apps, rounds):
    """(wall, CPU) in ms of `run --once` with everything in place, and the installation, still deployed."""
    repo = manifests(bench, name, apps)
    plimsoll = bench.install(repo.url)
    reply = plimsoll.once(timeout=600)
    if reply.code != 0:
        raise RuntimeError(f"the first pass failed: {reply}")
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu, code = run_measured([BINARY, "run", "--once", "--config", plimsoll.config], clean_environment())
        if code != 0:
            raise RuntimeError(f"a second pass ended with {code}")
        walls.append(wall)
        cpus.append(cpu)
    return walls, cpus, plimsoll


def pass_in_controller(plimsoll, count):
    """CPU ms per pass of the running controller: a refresh of the source and a pass over every target each. Nobody
    follows them: `--wait` would ask for their progress, which is not the pass."""
    began = cpu_seconds(plimsoll.process.pid)
    for _ in range(count):
        plimsoll.cli("sync", "--no-wait")
        time.sleep(0.4)
    return (cpu_seconds(plimsoll.process.pid) - began) / count * 1e3


def measure(bench, rounds):
    push_image(bench.registry.address, "web:idle")
    for title, apps in (("1 service", {"a": 1}), ("10 services", {"a": 10}), ("28 apps", {f"a{i}": 1 for i in range(28)}),
                        ("50 services", {"a": 50})):
        walls, cpus, plimsoll = second_pass(bench, title.replace(" ", "-"), apps, rounds)
        lists = [bench.floor("list-ours")["list"] for _ in range(rounds)]
        limit = 10 if title == "50 services" else None
        bench.row(f"no-op `run --once`, {title}: wall, over one list call", spread(walls, 1), spread(lists, 1),
                  None, None, "ms")
        bench.row(f"no-op `run --once`, {title}: CPU", spread(cpus, 1), "–", None, None, "ms")
        plimsoll.start()
        plimsoll.settled()
        if limit:
            # Younger containers are inspected one by one, since a gate may be watching them; and once after that.
            time.sleep(60)
            pass_in_controller(plimsoll, 1)
        cpu = pass_in_controller(plimsoll, rounds)
        bench.value(f"no-op pass in the running controller, {title}: CPU", cpu, limit, "ms", digits=2)
        if title == "50 services":
            footprint(bench, plimsoll)
        plimsoll.stop()
        bench.sweep()


def footprint(bench, plimsoll):
    """With 50 containers: memory and CPU at the default poll (60 s), then what a poll of git costs."""
    plimsoll.stop()
    plimsoll.settings["source"]["poll_interval"] = "60s"
    plimsoll.write_config()
    plimsoll.start()
    plimsoll.settled()
    time.sleep(10)  # after the start's work
    pid, began = plimsoll.process.pid, cpu_seconds(plimsoll.process.pid)
    time.sleep(60)
    bench.value("idle for 60 s, 50 containers, default poll: CPU", (cpu_seconds(pid) - began) * 1e3, 50, "ms")
    resident, anonymous = memory_mib(pid)
    bench.value("idle, 50 containers: resident", resident, 20, "MiB", digits=1)
    bench.value("idle, 50 containers: anonymous", anonymous, None, "MiB", digits=1)
    plimsoll.stop()
    plimsoll.settings["source"]["poll_interval"] = "1s"
    plimsoll.write_config()
    plimsoll.start()
    plimsoll.settled()
    time.sleep(3)
    pid, began, since = plimsoll.process.pid, cpu_seconds(plimsoll.process.pid), time.monotonic()
    time.sleep(20)
    polls = time.monotonic() - since
    bench.value("git poll over HTTP that finds nothing new: CPU", (cpu_seconds(pid) - began) / polls * 1e3, 10, "ms", digits=2)
