"""A unix socket in front of an engine's that understands HTTP/1.1, numbers requests, and acts on one of them.

Numbered, from 1 in the order of their arrival, is every request since `begin()`, but for what says nothing about the
progress of a pass: the long-lived stream of /events, and /_ping and /version, which come and go with connections.
Those are passed on and never acted upon. Bodies with a length and chunked ones are passed on piece by piece, so that
streams (/events, /images/create) flow; connections stay open between requests as the two sides wish. Upgrades are not
supported.

    with EngineProxy(folder + "/engine.sock", engine.socket) as proxy:
        proxy.begin(7, before(kill))     # kill() is called when request 7 has arrived; it never reaches the engine
        proxy.begin(7, after(kill))      # ... when the engine has answered it; the reply never reaches the controller
        proxy.begin(7, lose)             # the same with a controller that lives
        proxy.begin()                    # passes everything on, counting from 1 again
"""
import re
import socket
import threading
import time

UNNUMBERED = re.compile(r"^(/v[\d.]+)?/(_ping|version|events)\b")
BODYLESS = (204, 304)


# -- what can be done to a request: functions of an Exchange that tell whether its connection goes on ----------------

def refuse(exchange):
    """Closed, and the engine has heard nothing."""
    return False


def answer_500(exchange):
    """The engine has heard nothing."""
    body = b'{"message":"made by the test"}\n'
    exchange.send(b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body) + body)
    return True


def cut(exchange):
    """Done, and the connection ends in the middle of the answer."""
    reply = exchange.ask()
    exchange.send(reply[:len(reply) // 2])
    return False


def lose(exchange):
    """Done, and the connection ends without an answer."""
    exchange.ask()
    return False


def lose_once(exchange):
    """Done, and the connection breaks a second later: the same request, sent again, finds it done."""
    exchange.ask()
    time.sleep(1)
    return False


def abandon(exchange):
    """The engine begins, and the connection breaks at once: the same request, sent again, meets itself."""
    exchange.engine.sock.sendall(exchange.request)
    return False


def delay(seconds):
    def held(exchange):
        time.sleep(seconds)
        exchange.send(exchange.ask())
        return True
    held.__name__ = "delay"
    return held


def before(callback):
    def killed_before(exchange):
        exchange.script.over = True
        callback()
        return False
    return killed_before


def after(callback):
    def killed_after(exchange):
        exchange.ask()
        exchange.script.over = True
        callback()
        return False
    return killed_after


def changing(requests):
    """Those that may change something: their number in a rollout does not depend on how often a gate was looked at."""
    return [text for text in requests if not text.startswith("GET ")]


class Script:
    """What happens to the requests of the connections that one `begin()` to the next one sees.

    An act that ends the connection is repeated when the next request is the same: HTTP clients send a request again by
    themselves when a connection that was kept open ends, and the fault would not be seen by the controller.
    """

    def __init__(self, number, act, changes=False):
        self.number, self.act = number, act
        self.changes = changes          # only requests that may change something are counted
        self.acted_on = None
        self.requests = []              # "POST /containers/create?name=x", without the version of the API
        self.first_at = None            # time.monotonic() of the first one
        self.acted = threading.Event()
        self.over = False               # the controller is dead: nothing more reaches the engine
        self.finished = False           # the rollout is: what follows is not counted
        self.taken = False
        self.lock = threading.Lock()
        self.under_way = 0              # requests that the engine has and has not answered
        self.answered = threading.Condition(self.lock)

    def act_for(self, verb, path):
        """Notes a request; the act when it is the one, else None."""
        if UNNUMBERED.match(path):
            return None
        text = f"{verb} {re.sub(r'^/v[0-9.]+', '', path)}"
        with self.lock:
            if self.finished:
                return None
            self.first_at = self.first_at or time.monotonic()
            self.requests.append(text)
            if self.changes and verb == "GET":
                return None
            count = len(changing(self.requests) if self.changes else self.requests)
            again = self.act in (refuse, cut, lose) and count - 1 == self.number and text == self.acted_on
            if count == self.number:
                self.taken, self.acted_on = True, text
            return self.act if count == self.number or again else None

    def finish(self):
        """Counts no further and acts no more; whether it has acted."""
        with self.lock:
            self.finished = True
        return self.taken and self.acted.wait(30)

    def enter(self):
        """Whether a request may go to the engine; leave() follows."""
        with self.lock:
            self.under_way += not self.over
            return not self.over

    def leave(self):
        with self.lock:
            self.under_way -= 1
            self.answered.notify_all()

    def told(self):
        """The request that was acted upon."""
        return self.acted_on if self.acted.is_set() else "not reached"


class Exchange:
    """One request on its way: what an act may do with it."""

    def __init__(self, script, client, engine, verb, request):
        self.script, self.client, self.engine, self.verb, self.request = script, client, engine, verb, request

    def ask(self):
        """Forwards the request; the engine's whole answer."""
        return b"".join(self.engine.answer(self.verb, self.request))

    def send(self, data):
        self.client.sock.sendall(data)

    def pass_on(self):
        for piece in self.engine.answer(self.verb, self.request):
            self.send(piece)
        return not self.engine.ended


class Peer:
    """One end of a connection, read message by message."""

    def __init__(self, sock):
        self.sock = sock
        self.reader = sock.makefile("rb")
        self.ended = False  # it closes after this message

    def head(self):
        """(first line, {header: value}, bytes), or None at the end of the connection."""
        lines = []
        while True:
            line = self.reader.readline()
            if not line:
                return None
            lines.append(line)
            if line == b"\r\n":
                break
        fields = (line.decode("latin-1").partition(":") for line in lines[1:-1])
        headers = {name.lower(): value.strip().lower() for name, _, value in fields}
        self.ended = headers.get("connection") == "close"
        return lines[0].decode("latin-1").split(), headers, b"".join(lines)

    def body(self, headers, until_closed):
        """The body in pieces as they come, as sent."""
        if headers.get("transfer-encoding") == "chunked":
            size = None
            while size != 0:
                line = self.reader.readline()
                size = int(line.split(b";")[0], 16)
                yield line + self.reader.read(size + 2)
        elif "content-length" in headers:
            yield self.reader.read(int(headers["content-length"]))
        elif until_closed:
            self.ended = True
            while piece := self.reader.read1(65536):
                yield piece

    def answer(self, verb, request):
        """Sends it a request; its answer in pieces."""
        self.sock.sendall(request)
        read = self.head()
        if read is None:
            raise ConnectionError("the engine closed")
        (_, status, *_), headers, raw = read
        yield raw
        if verb != "HEAD" and int(status) not in BODYLESS:
            yield from self.body(headers, True)

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class EngineProxy:
    """Listens at `path`; `script` has the requests since the last `begin()`."""

    def __init__(self, path, backend):
        self.url = "unix://" + path
        self.backend = backend
        self.peers = set()
        self.lock = threading.Lock()
        self.script = Script(None, None)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(self, number=None, act=None, changes=False):
        """Ends all connections, as the death of the controller does, and counts from 1 again."""
        with self.lock:
            self.script.over = True
            self.script = Script(number, act, changes)
            gone, self.peers = self.peers, set()
        for peer in gone:
            peer.close()
        return self.script

    def end(self):
        """After the death of the controller: nothing that it sent reaches the engine any more, and what the engine had
        already is done when this returns."""
        with self.script.lock:
            self.script.over = True
            if not self.script.answered.wait_for(lambda: self.script.under_way == 0, 60):
                raise TimeoutError("the engine does not answer what the controller had asked before its death")
        self.begin()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.begin()

    # -- inner ----------------------------------------------------------------------------------------------------

    def _accept(self):
        while True:
            try:
                client = Peer(self.listener.accept()[0])
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            try:
                engine.connect(self.backend)
            except OSError:  # the engine is down, and so is this socket for as long
                client.close()
                engine.close()
                continue
            engine = Peer(engine)
            with self.lock:
                script = self.script
                self.peers |= {client, engine}
            threading.Thread(target=self._serve, args=(script, client, engine), daemon=True).start()

    def _serve(self, script, client, engine):
        try:
            while self._serve_one(script, client, engine):
                pass
        except (OSError, ValueError):  # the other side is gone: so is this one
            pass
        finally:
            for peer in (client, engine):
                peer.close()
            with self.lock:
                self.peers -= {client, engine}

    def _serve_one(self, script, client, engine):
        read = client.head()
        if read is None:
            return False
        (verb, path, _), headers, raw = read
        request = raw + b"".join(client.body(headers, False))
        act = script.act_for(verb, path)
        exchange = Exchange(script, client, engine, verb, request)
        if act is None and UNNUMBERED.match(path):
            return not script.over and exchange.pass_on()
        if not script.enter():
            return False
        try:
            return exchange.pass_on() if act is None else act(exchange)
        finally:
            script.leave()
            if act is not None:
                script.acted.set()
