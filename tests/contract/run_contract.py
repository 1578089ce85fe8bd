#!/usr/bin/env python3
"""Runs the contract suite on a real dockerd: run_contract.py TEST_BINARY [catch options]

Starts a private dockerd and registry in a network namespace of their own, makes the images that the suite names, and
tells the binary where they are. Exits 77 when this machine cannot do that. PLIMSOLL_TEST_PODMAN=1 uses Podman instead.
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from engines import (BUSYBOX, HTTP_SERVER, IDLE, DockerEngine, PodmanEngine, Registry, isolate_network,  # noqa: E402
                     make_image)

#: name:tag -> arguments of make_image; the same names and behaviours as in bench.cpp
IMAGES = {
    "idle:1": dict(script=IDLE),
    "idle:2": dict(script=IDLE),
    "serves:1": dict(script=HTTP_SERVER, files={"/www/index.html": "v1"}),
    "healthy:1": dict(script=IDLE, healthcheck="--interval=200ms --timeout=5s CMD true"),
    "unhealthy:1": dict(script=IDLE, healthcheck="--interval=100ms --timeout=5s --retries=2 CMD false"),
    "starting:1": dict(script=IDLE, healthcheck="--interval=1h --timeout=5s CMD true"),
    "exits0:1": dict(script="exit 0"),
    "exits3:1": dict(script="echo to stdout; echo to stderr >&2; exit 3"),
}


def missing():
    """What this machine lacks, or ""."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("dockerd", "docker-registry", "ip", "runc"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return "" if os.path.exists(BUSYBOX) else "busybox-static is not installed"


def main():
    why_not = missing()
    if why_not:
        print("contract suite on a real engine left out:", why_not)
        return 77
    isolate_network()
    podman = os.environ.get("PLIMSOLL_TEST_PODMAN") == "1"
    with Registry() as registry, DockerEngine(bip="172.31.1.1/24") as maker:
        for name, arguments in IMAGES.items():
            make_image(maker, registry.name(name), push=True, keep=False, **arguments)
        if podman:
            with PodmanEngine(registries=[registry.address]) as engine:
                return run(engine, registry)
        return run(maker, registry)


def run(engine, registry):
    environment = dict(os.environ, PLIMSOLL_TEST_ENGINE=engine.url, PLIMSOLL_TEST_REGISTRY=registry.address)
    code = subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    if code != 0:
        print(engine.log_tail(15))
    return code


if __name__ == "__main__":
    sys.exit(main())
