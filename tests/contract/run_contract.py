#!/usr/bin/env python3
"""Runs the contract suite on a real engine: run_contract.py [--podman] TEST_BINARY [catch options]

Starts a private dockerd and registry in a network namespace of their own, makes the images that the suite names, and
tells the binary where they are. Exits 77 when this machine cannot do that. `chosen_engine` of the end-to-end tests says
which dockerd. With --podman the engine is Podman, and the tests that podman_differences.txt names have to fail.
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from chosen_engine import LEFT_OUT, engine_environment, engine_version, why_no_engine  # noqa: E402
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


def missing(podman):
    """What this machine lacks, or ""."""
    if os.geteuid() != 0:
        return "needs root"
    if why_no_engine():
        return why_no_engine()
    for program in ("dockerd", "docker-registry", "ip", "runc", *(["podman"] if podman else [])):
        if shutil.which(program, path=engine_environment()["PATH"]) is None:
            return f"{program} is not installed"
    return "" if os.path.exists(BUSYBOX) else f"{BUSYBOX} is not there"


def main():
    arguments = sys.argv[1:]
    podman = arguments[0] == "--podman"
    if podman:
        arguments = arguments[1:]
    why_not = missing(podman)
    if why_not:
        print("left out: contract suite on a real engine:", why_not)
        return LEFT_OUT
    print(engine_version(), flush=True)
    isolate_network()
    with Registry() as registry, DockerEngine(bip="172.31.1.1/24") as maker:
        for name, image in IMAGES.items():
            make_image(maker, registry.name(name), push=True, keep=False, **image)
        if podman:
            with PodmanEngine(registries=[registry.address]) as engine:
                return run_with_differences(engine, registry, arguments)
        return run(maker, registry, arguments)


def run(engine, registry, arguments, quiet=False):
    environment = dict(os.environ, PLIMSOLL_TEST_ENGINE=engine.url, PLIMSOLL_TEST_REGISTRY=registry.address)
    code = subprocess.run(arguments, env=environment, check=False,
                          stdout=subprocess.DEVNULL if quiet else None).returncode
    if code != 0 and not quiet:
        print(engine.log_tail(15))
    return code


def run_with_differences(engine, registry, arguments):
    """All tests but the known differences have to pass, and those still have to fail."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "podman_differences.txt")) as lines:
        known = [line.split("\t")[0] for line in lines if not line.startswith("#")]
    names = [name.replace(",", "\\,") for name in known]
    code = run(engine, registry, [*arguments, "".join(f'~"{name}"' for name in names)])
    gone = [name for name in names if run(engine, registry, [*arguments, f'"{name}"'], quiet=True) == 0]
    for name in gone:
        print(f"no difference any more, delete it from podman_differences.txt: {name}")
    print(f"{len(names) - len(gone)} known differences")
    return code or len(gone)


if __name__ == "__main__":
    sys.exit(main())
