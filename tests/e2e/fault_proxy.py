"""An HTTP proxy in front of a registry that fails as it is told: statuses, wrong credentials, stalls."""
import base64
import http.client
import http.server
import threading
import time


class FaultProxy:
    """Listens on 127.0.0.1 and passes requests to `backend` (host:port) unless a fault says otherwise.

    faults: {text in the path: (status, headers, message)}; stall: {text in the path: bytes to let through before silence};
    credentials: (user, password) asked for by HTTP Basic.
    """

    def __init__(self, backend, credentials=None):
        self.backend = backend
        self.credentials = credentials
        self.faults = {}
        self.stalls = {}
        self.requests = []
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # An engine speaks TLS first, and plain HTTP only to what refuses that in the words of HTTP.
            default_request_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802 - name set by the base class
                proxy._serve(self)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.handler, self.port = Handler, 0
        self.up()
        self.port = self.server.server_address[1]
        self.address = f"127.0.0.1:{self.port}"

    def up(self):
        """Listens, again after `down()`."""
        self.stopped = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def down(self):
        """Refuses connections, and ends the replies that stall."""
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    def fail(self, path_part, status, code, headers=None):
        self.faults[path_part] = (status, headers or {}, code)

    def heal(self):
        self.faults.clear()
        self.stalls.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    # -- inner ----------------------------------------------------------------------------------------------------

    def _serve(self, handler):
        self.requests.append((time.monotonic(), handler.command, handler.path))
        if self.credentials and not self._known(handler):
            return self._error(handler, 401, "UNAUTHORIZED", {"WWW-Authenticate": 'Basic realm="fault"'})
        for part, (status, headers, code) in list(self.faults.items()):
            if part in handler.path:
                return self._error(handler, status, code, headers)
        return self._forward(handler)

    def _known(self, handler):
        wanted = base64.b64encode(":".join(self.credentials).encode()).decode()
        return handler.headers.get("Authorization", "") == "Basic " + wanted

    def _error(self, handler, status, code, headers):
        body = ('{"errors":[{"code":"%s","message":"made by the test"}]}' % code).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    def _forward(self, handler):
        upstream = http.client.HTTPConnection(self.backend, timeout=30)
        upstream.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        upstream.putheader("Host", self.address)
        for name, value in handler.headers.items():  # with repetitions: an engine sends several Accept lines
            if name.lower() not in ("host", "authorization", "connection"):
                upstream.putheader(name, value)
        upstream.endheaders()
        reply = upstream.getresponse()
        handler.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                handler.send_header(name, value)
        handler.end_headers()
        if handler.command == "HEAD":
            upstream.close()
            return
        allowed = next((n for part, n in self.stalls.items() if part in handler.path), None)
        sent = 0
        while chunk := reply.read(16384):
            if allowed is not None and sent + len(chunk) > allowed:
                handler.wfile.write(chunk[:max(0, allowed - sent)])
                handler.wfile.flush()
                self.stopped.wait(120)
                handler.close_connection = True
                break
            handler.wfile.write(chunk)
            sent += len(chunk)
        upstream.close()
