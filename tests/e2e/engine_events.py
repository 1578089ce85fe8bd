"""Everything that happens on an engine: its event stream, read as it comes, since it remembers 256 events only."""
import json
import socket
import threading
import urllib.parse


class EventLog:
    """`events` are the daemon's, decoded, in the order of their arrival, from `start()` to `stop()`.

        with EventLog(engine.socket) as log:
            ...
        log.owners()
    """

    def __init__(self, path, types=("container", "network")):
        self.events = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        query = urllib.parse.urlencode({"filters": json.dumps({"type": list(types)})})
        # HTTP/1.0: the stream then comes without chunks.
        self._socket.sendall(f"GET /events?{query} HTTP/1.0\r\nHost: engine\r\n\r\n".encode())
        self._reader = self._socket.makefile("rb")
        while self._reader.readline() not in (b"\r\n", b""):  # its head: from here on it listens
            pass
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def owners(self):
        """{id of a container: the installation that its label names}"""
        return {e["Actor"]["ID"]: e["Actor"]["Attributes"].get("io.plimsoll.controller", "")
                for e in list(self.events) if e["Type"] == "container"}

    def networks(self):
        """{id of a network: its name}"""
        return {e["Actor"]["ID"]: e["Actor"]["Attributes"]["name"] for e in list(self.events) if e["Type"] == "network"}

    def count(self, action, kind="container"):
        return sum(1 for e in list(self.events) if e["Type"] == kind and e["Action"] == action)

    def stop(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(timeout=5)
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _run(self):
        try:
            for line in self._reader:
                if line.startswith(b"{"):
                    self.events.append(json.loads(line))
        except (OSError, ValueError):  # stopped in the middle of a line
            pass
