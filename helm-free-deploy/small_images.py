#!/usr/bin/env python3
"""Puts small images into a registry, made on the spot: busybox and a few files, no engine and no download needed.

The image answers its version over HTTP and leaves at once on SIGTERM (busybox httpd as PID 1 would ignore the signal
and every stop would take the whole grace time). Used by quickstart.sh, the end-to-end tests and the benchmark.

  small_images.py --registry 127.0.0.1:5000 shop/api:1.0 shop/api:1.1 --port 8080
  small_images.py --registry 127.0.0.1:5000 --example manifests      every image that manifests/ names
  small_images.py --registry 127.0.0.1:5000 acme/frontend:2.8.0      one more tag of one of those
"""
import argparse
import gzip
import hashlib
import http.client
import io
import json
import os
import platform
import re
import sys
import tarfile
import urllib.parse

#: A static one: `static_busybox` of packages.sh says where, or has left it where the tests keep theirs.
_UNPACKED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build", "busybox", "bin", "busybox")
BUSYBOX = os.environ.get("PLIMSOLL_BUSYBOX") or (_UNPACKED if os.path.exists(_UNPACKED) else "/bin/busybox")
#: The machine as image configurations call it.
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}.get(
    platform.machine(), platform.machine())
APPLETS = ["sh", "httpd", "wget", "cat", "sleep", "echo", "env", "nc", "ls", "printf", "test", "[", "true", "false",
           "mkdir", "chmod", "kill", "id", "hostname", "head", "grep", "date", "touch", "rm"]

# `wait` returns when the trap runs: the shell is gone some microseconds after SIGTERM, and httpd with it.
INIT = """#!/bin/sh
trap 'exit 0' TERM INT
if [ -n "$FAIL_AFTER" ]; then sleep "$FAIL_AFTER"; exit 3; fi
if [ -n "$DELAY" ]; then sleep "$DELAY" & wait $!; fi
for port in ${PORTS:-8080}; do httpd -f -p "$port" -h /www & done
while :; do sleep 3600 & wait $!; done
"""


def layer_of(files):
    """A gzipped layer of {path: bytes | (bytes, mode) | "-> target"} with fixed times: same input, same digest."""
    raw = io.BytesIO()
    seen = set()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, content in files.items():
            parts = path.strip("/").split("/")
            for depth in range(1, len(parts)):
                folder = "/".join(parts[:depth])
                if folder not in seen:
                    seen.add(folder)
                    entry = tarfile.TarInfo(folder)
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
                    tar.addfile(entry)
            entry = tarfile.TarInfo("/".join(parts))
            if isinstance(content, str) and content.startswith("-> "):
                entry.type, entry.linkname = tarfile.SYMTYPE, content[3:]
                tar.addfile(entry)
                continue
            data, mode = content if isinstance(content, tuple) else (content, 0o644)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    tar_bytes = raw.getvalue()
    packed = gzip.compress(tar_bytes, compresslevel=1, mtime=0)
    return packed, "sha256:" + hashlib.sha256(tar_bytes).hexdigest()


_base = None


def base_layer():
    """busybox with its applets, and the shell that is PID 1. The same layer in every image."""
    global _base
    if _base is None:
        with open(BUSYBOX, "rb") as busybox:
            program = busybox.read()
        files = {"bin/busybox": (program, 0o755), "init": (INIT.encode(), 0o755),
                 "etc/passwd": b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
                 "etc/group": b"root:x:0:\nnogroup:x:65534:\n", "tmp/.keep": b"", "var/.keep": b""}
        files.update({f"bin/{name}": "-> busybox" for name in APPLETS})
        files.update({"usr/bin/env": "-> /bin/busybox"})
        _base = layer_of(files)
    return _base


class Registry:
    """The few calls of the registry's HTTP API that a push needs (OCI distribution specification, section 4.4)."""

    def __init__(self, address):
        self.address = address

    def call(self, method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return reply.status, dict((k.lower(), v) for k, v in reply.getheaders()), reply.read()
        finally:
            connection.close()

    def put_blob(self, repository, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        if self.call("HEAD", f"/v2/{repository}/blobs/{digest}")[0] == 200:
            return digest
        status, headers, body = self.call("POST", f"/v2/{repository}/blobs/uploads/")
        if status != 202:
            raise RuntimeError(f"{self.address} refused an upload to {repository}: {status} {body[:200]!r}")
        where = urllib.parse.urlsplit(headers["location"])
        query = (where.query + "&" if where.query else "") + "digest=" + urllib.parse.quote(digest)
        status, _, body = self.call("PUT", f"{where.path}?{query}", data, {"Content-Type": "application/octet-stream"})
        if status != 201:
            raise RuntimeError(f"{self.address} refused a blob of {repository}: {status} {body[:200]!r}")
        return digest

    def push(self, reference, config, layers):
        """layers: [(gzipped bytes, digest of the tar)]. Returns the manifest's digest."""
        repository, _, tag = reference.rpartition(":")
        config = dict(config, architecture=ARCHITECTURE, os="linux",
                      rootfs={"type": "layers", "diff_ids": [diff for _, diff in layers]})
        config_bytes = json.dumps(config, sort_keys=True).encode()
        docker = "application/vnd.docker."
        manifest = {
            "schemaVersion": 2, "mediaType": docker + "distribution.manifest.v2+json",
            "config": {"mediaType": docker + "container.image.v1+json", "size": len(config_bytes),
                       "digest": self.put_blob(repository, config_bytes)},
            "layers": [{"mediaType": docker + "image.rootfs.diff.tar.gzip", "size": len(packed),
                        "digest": self.put_blob(repository, packed)} for packed, _ in layers]}
        body = json.dumps(manifest).encode()
        status, _, text = self.call("PUT", f"/v2/{repository}/manifests/{tag}", body,
                                    {"Content-Type": manifest["mediaType"]})
        if status != 201:
            raise RuntimeError(f"{self.address} refused {reference}: {status} {text[:200]!r}")
        return "sha256:" + hashlib.sha256(body).hexdigest()


def push_image(registry, reference, version=None, ports=(8080,), files=None, env=None, command=None,
               healthcheck=None, padding=0):
    """Pushes `repository:tag`, whose pages answer `version`. `files` come on top; `padding` adds so many random-like
    bytes, for pulls that take a while."""
    version = version if version is not None else reference.rpartition(":")[2]
    # Every tag has an own layer, as a real build would have.
    content = {"www/index.html": f"{version}\n".encode(), "version": f"{reference}\n".encode()}
    if padding:
        block, out = hashlib.sha512(reference.encode()).digest(), bytearray()
        while len(out) < padding:
            block = hashlib.sha512(block).digest()
            out += block
        content["padding"] = bytes(out)
    content.update(files or {})
    config = {"config": {"Env": ["PATH=/bin:/usr/bin:/usr/local/bin", "PORTS=" + " ".join(map(str, ports))] +
                         [f"{k}={v}" for k, v in (env or {}).items()],
                         "Cmd": command or ["/init"], "WorkingDir": "/"},
              "created": "2024-01-01T00:00:00Z"}
    if healthcheck:
        config["config"]["Healthcheck"] = healthcheck
    return Registry(registry).push(reference, config, [base_layer(), layer_of(content)])


#: Stand-ins for the images of the worked example: {service: (repository, port, page of its health check)}.
EXAMPLE = {
    "api": ("acme/backend", 8080, "actuator/health"),
    "web": ("acme/frontend", 80, "healthz"),
    "mysql": ("library/mysql", 3306, None),
    "maps": ("library/nginx", 80, "healthz"),
    "prometheus": ("prom/prometheus", 9090, "-/healthy"),
    "grafana": ("grafana/grafana", 3000, "api/health"),
}


def push_stand_in(registry, reference):
    """An image under the name of one of the example's, which answers `acme/frontend 2.7.0` and its health check."""
    repository, _, tag = reference.rpartition(":")
    port, health = next((port, health) for name, port, health in EXAMPLE.values() if name == repository)
    files = {"usr/bin/mysqladmin": (b"#!/bin/sh\nexit 0\n", 0o755)} if repository == "library/mysql" else {}
    if health:
        files["www/" + health] = b"ok\n"
    push_image(registry, reference, version=f"{repository} {tag}", ports=(port,), files=files)


def example_references(manifests):
    """Every `repository:tag` that the environments of the example name."""
    found = set()
    folder = os.path.join(manifests, "environments")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name)) as text:
            for images in re.findall(r"images: \{ *(.*?) *\}", text.read()):
                for service, tag in re.findall(r"([\w-]+): *\"?([\w.-]+)", images):
                    found.add(f"{EXAMPLE[service][0]}:{tag}")
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--registry", required=True, help="host:port")
    parser.add_argument("--port", type=int, action="append", help="port that answers (default 8080)")
    parser.add_argument("--example", metavar="DIRECTORY", help="every image that this manifest directory names")
    parser.add_argument("references", nargs="*", metavar="REPOSITORY:TAG")
    options = parser.parse_args()
    stand_ins = {name for name, _, _ in EXAMPLE.values()}
    for reference in options.references + (example_references(options.example) if options.example else []):
        if reference.rpartition(":")[0] in stand_ins:
            push_stand_in(options.registry, reference)
        else:
            push_image(options.registry, reference, ports=options.port or (8080,))
        print(f"{options.registry}/{reference}")


if __name__ == "__main__":
    sys.exit(main())
