"""Which Docker engine the tests run on: this machine's, or that whose programs are in the folder PLIMSOLL_ENGINE, as
`newer_engine` of tests/newer_packages.sh makes it. Standard library only.

PLIMSOLL_ENGINE_DEFAULTS=29 gives it what an Engine 29 has when it is new: images in containerd's store, and no API
version below 1.44.
"""
import os
import subprocess

FOLDER = os.environ.get("PLIMSOLL_ENGINE", "").rstrip("/")
LIKE_29 = os.environ.get("PLIMSOLL_ENGINE_DEFAULTS") == "29"
#: What ctest takes for "left out" (SKIP_RETURN_CODE).
LEFT_OUT = 77


def engine_environment(env=None):
    """The environment of a dockerd: `env` (this process's by default) with the chosen programs first in PATH."""
    env = dict(os.environ if env is None else env)
    if FOLDER:
        env["PATH"] = f"{FOLDER}:{env['PATH']}"
    if LIKE_29:
        env["DOCKER_MIN_API_VERSION"] = "1.44"
    return env


def daemon_settings():
    """What daemon.json says unless a test says something else."""
    return {"features": {"containerd-snapshotter": True}} if LIKE_29 else {}


def why_no_engine():
    """Why the chosen engine cannot be run, in one line, or ""."""
    if not FOLDER or os.path.exists(FOLDER + "/dockerd"):
        return ""
    try:
        with open(FOLDER + ".missing") as reason:
            return reason.read().strip()
    except OSError:
        return f"{FOLDER} is not there: tests/run.sh makes it"


def engine_version():
    """Such as "Docker version 28.5.2+dfsg4, build 3ef3c07"."""
    return subprocess.run(["dockerd", "--version"], env=engine_environment(), check=True, capture_output=True,
                          text=True).stdout.strip() + (" with the defaults of 29" if LIKE_29 else "")
