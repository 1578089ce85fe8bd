#!/usr/bin/env python3
"""The benchmark: a private engine, registry and git server, the real binary, one table. tests/bench/run.sh builds and
calls it. Ratios are medians of per-round ratios of interleaved rounds; the machine drifts by ±30 % between phases."""
import argparse
import contextlib
import os
import platform
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))


def options_of():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release", help="where plimsoll, bench_floor and bench_prober are")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="swaps,promises,updates,idle",
                        help="some of swaps, promises, updates, idle, with commas")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    os.environ.setdefault("PLIMSOLL", os.path.join(options.build, "plimsoll"))
    return options


class Bench:
    def __init__(self, options):
        from git_servers import GitHttpServer
        from harness import Registry, isolate_network
        self.build, self.rounds = options.build, options.rounds
        self.folder = tempfile.mkdtemp(prefix="plimsoll-bench-", dir="/tmp")
        self.installations, self.rows, self.notes = [], [], []
        isolate_network()
        self.registry = Registry().start()
        self.git = GitHttpServer()
        self.git.start()

    @contextlib.contextmanager
    def section(self):
        """An engine of its own: where many containers leave a network at once, Engine 20.10 can keep an endpoint that
        nothing has any more, and the network with it, until the engine ends. Raw calls alone show it, too."""
        from bench_tools import Floor
        from harness import DockerEngine
        with DockerEngine(bip="172.31.5.1/24", iptables=True) as self.engine:
            self.floor = Floor(self.build, self.engine)
            self.version = self.engine.request("GET", "/version")["Version"]
            try:
                yield
            finally:
                for one in self.installations:
                    if one.process:
                        one.kill()
                self.floor.close()

    def close(self):
        self.git.close()
        self.registry.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def install(self, url, **settings):
        from harness import Installation
        folder = os.path.join(self.folder, f"controller{len(self.installations)}")
        one = Installation(folder, url, installation="bench", **settings)
        self.installations.append(one)
        return one

    def sweep(self):
        """Nothing of an earlier measurement runs beside a later one."""
        self.floor("clear")
        for container in self.engine.containers():
            self.engine.request("DELETE", f"/containers/{container['Id']}?force=1")
        self.engine.request("POST", "/networks/prune")
        self.engine.request("POST", "/networks/create", {"Name": "floor_default"})

    def row(self, what, measured, floor, ratio, limit, unit):
        verdict = "" if limit is None or ratio is None else ("yes" if ratio <= limit else "**no**")
        self.rows.append((what, f"{measured} {unit}", f"{floor} {unit}" if floor != "–" else floor,
                          f"{ratio:.2f}" if ratio is not None else "–", f"≤ {limit:.2f}" if limit else "–", verdict or "–"))
        print("  " + " | ".join(self.rows[-1]), file=sys.stderr)

    def value(self, what, measured, limit, unit, digits=1):
        self.rows.append((what, f"{measured:.{digits}f} {unit}", "–", "–", f"< {limit} {unit}" if limit else "–",
                          "–" if limit is None else "yes" if measured < limit else "**no**"))
        print("  " + " | ".join(self.rows[-1]), file=sys.stderr)

    def note(self, text):
        self.notes.append(text)

    def table(self):
        head = ("what", "Plimsoll", "floor", "ratio", "to reach", "reached")
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        lines += ["", f"Medians (min–max) of {self.rounds} rounds by `./tests/bench/run.sh`; Engine {self.version}, "
                  f"{os.cpu_count()} cores, Linux {platform.release().split('-')[0]}."]
        return "\n".join(lines + [f"- {note}" for note in self.notes])


def main():
    options = options_of()
    for program in ("plimsoll", "bench_floor", "bench_prober"):
        if not os.access(os.path.join(options.build, program), os.X_OK):
            sys.exit(f"no {program} in {options.build}; tests/bench/run.sh builds it")
    import measure_idle
    import measure_promises
    import measure_swaps
    import measure_updates
    bench = Bench(options)
    try:
        for name, module in (("swaps", measure_swaps), ("promises", measure_promises), ("updates", measure_updates),
                             ("idle", measure_idle)):
            if name in options.only.split(","):
                print(f"==> {name}", file=sys.stderr)
                with bench.section():
                    module.measure(bench, options.rounds)
        print(bench.table())
    finally:
        bench.close()


if __name__ == "__main__":
    main()
