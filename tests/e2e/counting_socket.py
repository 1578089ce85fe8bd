"""A unix socket in front of an engine's that writes down which requests went through."""
import re
import socket
import threading

REQUEST = re.compile(rb"^(GET|POST|PUT|DELETE|HEAD) (\S+) HTTP/1\.[01]\r$", re.MULTILINE)


class CountingSocket:
    """`requests` are ("GET", "/v1.41/containers/json?all=1"), in the order of their arrival."""

    def __init__(self, path, backend):
        self.url = "unix://" + path
        self.backend = backend
        self.requests = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def calls(self, path_part, method="GET"):
        return [path for verb, path in self.requests if verb == method and path_part in path]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.backend)
            threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source, target, note):
        try:
            while data := source.recv(65536):
                if note:
                    self.requests += [(verb.decode(), path.decode()) for verb, path in REQUEST.findall(data)]
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
