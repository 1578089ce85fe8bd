"""What the measurements share: the floor process, the prober, a listener on engine events, CPU clocks, medians."""
import json
import os
import statistics
import subprocess
import threading
import time

from engines import _UnixConnection
from harness import answer


class Floor:
    """bench_floor: raw Engine API calls over one warm connection."""

    def __init__(self, build, engine):
        self.child = subprocess.Popen([os.path.join(build, "bench_floor"), engine.socket], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)

    def __call__(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"bench_floor ended at {command!r}")
        return json.loads(line)

    def close(self):
        self.child.stdin.close()
        self.child.wait()


class Prober:
    """bench_prober: a new connection every few milliseconds. `stop` gives what it saw."""

    def __init__(self, build, port, interval_ms=5):
        self.child = subprocess.Popen([os.path.join(build, "bench_prober"), str(port), str(interval_ms)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def stop(self):
        out, _ = self.child.communicate("", timeout=20)
        return json.loads(out)


class Events:
    """Container events as they come. When one matches `watch`, its time goes into `seen[action]` (seconds, daemon's clock),
    and on `ask_at` the port is asked until it answers: until then nobody talks to it, so the network is quiet."""

    def __init__(self, engine):
        self.connection = _UnixConnection(engine.socket, None)
        self.connection.request("GET", '/events?filters={"type":["container"]}'.replace('"', "%22"))
        self.reply = self.connection.getresponse()
        self.watch = lambda event: False
        self.port, self.want, self.ask_at = None, None, "start"
        self.seen, self.done = {}, threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def expect(self, watch, port=None, want=None, ask_at="start"):
        self.seen, self.port, self.want, self.ask_at = {}, port, want, ask_at
        self.done.clear()
        self.watch = watch

    def result(self, timeout=60):
        if not self.done.wait(timeout):
            raise TimeoutError(f"no answer; events seen: {sorted(self.seen)}")
        self.watch = lambda event: False
        return self.seen

    def _run(self):
        while line := self.reply.readline():
            event = json.loads(line)
            if not self.watch(event):
                continue
            self.seen.setdefault(event["Action"], event["timeNano"] / 1e9)
            if event["Action"] == self.ask_at:
                self._first_answer()

    def _first_answer(self):
        end = time.time() + 30
        while self.port and time.time() < end:
            if answer(self.port) == self.want:
                self.seen["answer"] = time.time()
                break
            time.sleep(0.0005)
        self.done.set()


def labelled(**labels):
    """A watch for containers with these io.plimsoll labels."""
    wanted = {"io.plimsoll." + key: value for key, value in labels.items()}
    return lambda event: wanted.items() <= event["Actor"]["Attributes"].items()


def cpu_seconds(pid):
    """CPU time of a process, of its threads that have ended, too, and of children it waited for."""
    own = time.clock_gettime((~pid << 3) | 2)  # the process's CPU clock, as clock_getcpuclockid(3) makes it
    with open(f"/proc/{pid}/stat") as text:
        fields = text.read().rpartition(")")[2].split()
    return own + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")  # cutime, cstime


def memory_mib(pid):
    """(resident, anonymous) MiB."""
    with open(f"/proc/{pid}/status") as text:
        facts = dict(line.split(":", 1) for line in text)
    return tuple(int(facts[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))


def run_measured(argv, env):
    """(wall ms, CPU ms, exit status) of a command, its children's CPU included."""
    began = time.monotonic()
    with open(os.devnull, "w") as nothing:
        child = subprocess.Popen(argv, env=env, stdout=nothing, stderr=nothing, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return (time.monotonic() - began) * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3, child.returncode


def spread(values, digits=0):
    """`median (min–max)`."""
    values = [v for v in values if v is not None]
    if not values:
        return "–"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def ratio(values, floors):
    """Median of the per-round ratios, when rounds are paired; else the ratio of the medians."""
    if len(values) == len(floors):
        return statistics.median(v / f for v, f in zip(values, floors))
    return statistics.median(values) / statistics.median(floors)


def verdict(value, limit):
    return "yes" if value <= limit else "**no**"
