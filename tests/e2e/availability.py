"""Somebody who asks a service all the time, and tells how long it went without an answer.

A service with a published port is asked there. One that is swapped start-first has no fixed host port: it is asked as
a container beside it would ask, through the engine's DNS. The asking thread moves into the network namespace of such a
container, resolves the service's name, and asks every address at once, until enough have answered. A client is expected
to try once more, since a container that stops keeps its address in the DNS for a moment: so does this one, resolving
again.
"""
import concurrent.futures
import ctypes
import os
import socket
import struct
import threading
import time

from harness import answer

PAUSE = 0.03
RETRY_AFTER = 0.05
#: Two tries are longer than the second after which a kernel asks again who has an address that has just moved.
PATIENCE = 0.5
#: The page of the image that never becomes healthy: an answer, but not of the service.
SICK = "sick"


class Prober:
    """Asks from `start()` to `stop()`; `mark()` forgets what was, `worst()` and `misses` tell what was since then.

    ask: returns the texts that were answered. least: how many of them make the service available.
    """

    def __init__(self, ask, least=1, enter=None):
        self._ask, self._least, self._enter = ask, least, enter
        self.asked = 0
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.mark()

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._done.set()
        self._thread.join()

    def mark(self):
        with self._lock:
            self._marked = self._last = time.monotonic()
            self._worst, self.misses, self.answers = 0.0, [], set()

    def alive(self):
        """Whether it really asks: a promise that nobody looked at is not kept."""
        return self._thread.is_alive() and self.asked > 0

    def worst(self):
        """The longest time between two answers, in seconds."""
        with self._lock:
            return max(self._worst, time.monotonic() - self._last)

    def _run(self):
        if self._enter:
            self._enter()
        while not self._done.is_set():
            began, texts = time.monotonic(), self._ask()
            if good(texts) < self._least:
                time.sleep(RETRY_AFTER)
                texts = self._ask()
            self._note(began, texts)
            self._done.wait(PAUSE)

    def _note(self, began, texts):
        now = time.monotonic()
        with self._lock:
            if began < self._marked:
                return
            self.asked += 1
            self.answers |= {text for text in texts if text}
            if good(texts) < self._least:
                self.misses.append((now, texts))
                return
            self._worst = max(self._worst, now - self._last)
            self._last = now


def port_prober(port):
    return Prober(lambda: [answer(port, timeout=1)])


def name_prober(name, pid, least):
    """Asks from inside the network namespace of process `pid`, which is in a container on the service's network."""
    askers = concurrent.futures.ThreadPoolExecutor(32)  # its threads are born in the namespace of who asks first
    return Prober(lambda: ask_all(name, least, askers), least, enter=lambda: enter_network(pid))


def ask_all(name, least, askers):
    """What the addresses of a name say, up to `least` answers; an address without a container says "" after a while."""
    asked = [askers.submit(answer, 8080, host=address, timeout=PATIENCE) for address in resolve(name)]
    texts = []
    for one in concurrent.futures.as_completed(asked):
        texts.append(one.result())
        if good(texts) >= least:
            break
    return texts


def good(texts):
    """How many of the texts are answers of the service."""
    return sum(1 for text in texts if text and text != SICK)


def enter_network(pid):
    """Moves this thread only."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    if libc.setns(handle, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns(CLONE_NEWNET)")
    os.close(handle)


def resolve(name, server="127.0.0.11"):
    """The IPv4 addresses that the engine's DNS has for a name: what a client in a container gets."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = labels + b"\0" + struct.pack("!HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(PATIENCE)  # a name that it does not know is asked for in the world outside
        try:
            asker.sendto(struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + question, (server, 53))
            reply = asker.recv(4096)
        except OSError:
            return []
    count = struct.unpack("!H", reply[6:8])[0]
    at, found = 12 + len(question), []
    for _ in range(count):
        at = after_name(reply, at)
        kind, _, _, size = struct.unpack("!HHIH", reply[at:at + 10])
        if kind == 1:
            found.append(socket.inet_ntoa(reply[at + 10:at + 14]))
        at += 10 + size
    return found


def after_name(reply, at):
    while reply[at]:
        if reply[at] >= 0xC0:
            return at + 2
        at += 1 + reply[at]
    return at + 1
