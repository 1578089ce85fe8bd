"""Small images for tests, made of busybox and imported straight into an engine. Standard library only."""
import base64
import hashlib
import io
import json
import os
import re
import sys
import tarfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "helm-free-deploy"))
from small_images import BUSYBOX  # noqa: E402

#: PID 1 that idles and exits at once on SIGTERM (busybox httpd as PID 1 would ignore it).
IDLE = "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"
#: Serves /www on port 8080 and exits at once on SIGTERM.
HTTP_SERVER = "trap 'exit 0' TERM; httpd -f -p 8080 -h /www & wait"


def image_tar(files=None, layer_seed=None):
    """A root file system with busybox and its applets, plus {path: bytes-or-str}; deterministic."""
    out = io.BytesIO()
    applets = ("sh", "sleep", "cat", "ls", "echo", "httpd", "wget", "nc", "env", "id", "stat", "test", "true", "false",
               "touch", "rm", "mkdir", "kill", "head", "tail", "grep", "date", "hostname", "nslookup", "ip", "printf",
               "expr", "seq", "awk", "sed", "mount", "chmod", "ps")
    with tarfile.open(fileobj=out, mode="w") as tar:
        for directory in ("bin", "etc", "tmp", "www", "run", "var", "data"):
            _add(tar, directory, None, mode=0o1777 if directory == "tmp" else 0o755)
        with open(BUSYBOX, "rb") as busybox:
            _add(tar, "bin/busybox", busybox.read(), mode=0o755)
        for applet in applets:
            link = tarfile.TarInfo("bin/" + applet)
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        _add(tar, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")
        _add(tar, "etc/group", b"root:x:0:\nnobody:x:65534:\n")
        if layer_seed is not None:
            _add(tar, "etc/seed", str(layer_seed).encode())
        for path, content in sorted((files or {}).items()):
            _add(tar, path.lstrip("/"), content.encode() if isinstance(content, str) else content)
    return out.getvalue()


def make_image(engine, reference, script=IDLE, files=None, changes=(), healthcheck=None, push=False, keep=True, seed=None):
    """Imports a small image as `reference` into the engine; returns the registry's digest when pushed, else "".

    script:      what PID 1 runs: sh -c SCRIPT
    files:       {path: text}, such as {"/www/index.html": "v1"}
    healthcheck: text after HEALTHCHECK, such as "--interval=1s CMD test -e /tmp/ok"
    push:        push it to the registry that the reference names
    keep:        False removes the local image after the push, so that a test really pulls
    seed:        makes the layer's bytes unique (the reference by default, so every tag has its own digest)
    """
    changes = list(changes) + ["CMD " + json.dumps(["/bin/sh", "-c", script])]
    if healthcheck:
        changes.append("HEALTHCHECK " + healthcheck)
    repository, tag = split_reference(reference)
    query = [("fromSrc", "-"), ("repo", repository), ("tag", tag)] + [("changes", change) for change in changes]
    tar = image_tar(files, seed if seed is not None else hashlib.sha256(reference.encode()).hexdigest())
    reply = engine.request("POST", "/images/create?" + urllib.parse.urlencode(query), tar,
                           {"Content-Type": "application/x-tar"})
    _check_stream(reply)
    digest = push_image(engine, reference) if push else ""
    if push and not keep:
        engine.request("DELETE", f"/images/{reference}?force=1")
    return digest


def push_image(engine, reference, username=None, password=None):
    """Pushes a local image; returns its digest in the registry."""
    auth = {"username": username, "password": password} if username else {}
    repository, tag = split_reference(reference)
    header = base64.urlsafe_b64encode(json.dumps(auth).encode()).decode()
    reply = engine.request("POST", f"/images/{repository}/push?tag={tag}", headers={"X-Registry-Auth": header})
    _check_stream(reply)
    # With images in containerd's store only the last line for people tells it.
    told = re.search(r'"Digest":"(sha256:\w+)"', reply) or re.search(r"digest: (sha256:\w+) size", reply)
    if told:
        return told.group(1)
    raise RuntimeError(f"push of {reference}: no digest in {reply!r}")


def split_reference(reference):
    """("127.0.0.1:5000/web", "1") of "127.0.0.1:5000/web:1"."""
    head, colon, tag = reference.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (reference, "latest")


def _add(tar, path, content, mode=0o644):
    info = tarfile.TarInfo(path)
    info.mode = mode
    if content is None:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    else:
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))


def _check_stream(reply):
    for line in reply.splitlines() if isinstance(reply, str) else [json.dumps(reply)]:
        if line.strip() and "error" in json.loads(line):
            raise RuntimeError(json.loads(line)["error"])
