"""Servers that stall: one that never says anything, and a proxy that falls silent in the middle of a reply."""

import socket
import threading


class SilentServer:
    """Accepts connections, reads, and says `greeting` (nothing by default) and no more: the server that stalls."""

    def __init__(self, greeting=b""):
        self.greeting = greeting
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            if self.greeting:
                connection.sendall(self.greeting)

    def close(self):
        # shutdown wakes the thread in accept(); close alone would not.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(timeout=5)
        for connection in self.connections:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class StallingProxy:
    """Passes connections on to `target_port` of this machine, and falls silent after `reply_bytes` of the replies: the
    server that stalls in the middle of its references or of its pack."""

    def __init__(self, target_port, reply_bytes):
        self.target_port, self.left = target_port, reply_bytes
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets, self.threads = [], []
        self._run(self._accept)

    def _run(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target_port))
            self.sockets += [client, server]
            self._run(self._requests, client, server)
            self._run(self._replies, server, client)

    @staticmethod
    def _requests(client, server):
        try:
            while data := client.recv(65536):
                server.sendall(data)
        except OSError:
            pass

    def _replies(self, server, client):
        try:
            while self.left > 0 and (data := server.recv(min(self.left, 65536))):
                self.left -= len(data)
                client.sendall(data)
        except OSError:
            pass

    def close(self):
        for each in (self.listener, *self.sockets):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
        for thread in self.threads:
            thread.join(timeout=5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
