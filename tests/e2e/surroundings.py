"""What a test file runs against: a network namespace of its own, a registry with images, engines, other servers.

    def setUpModule():
        global registry, engine, git_server
        registry, engine = surround({"web": "123", "web:sick": NEVER_READY})
        git_server = started(GitHttpServer())

There is no tearDownModule: what was started ends with the file, in reverse order, even when a later start fails.
"""
import unittest

from engines import DockerEngine, Registry, isolate_network
from small_images import push_image

#: Of an image that never answers on the port that its health check asks.
NEVER_READY = {"ports": (9999,)}
#: The third number of the first engine's bridge; what scenarios start for themselves has 7 and more.
FIRST_BRIDGE = 5
_engines = []


def surround(images, **options):
    """A registry with these images and an engine with these options of `DockerEngine`: (registry, engine).

    images: {"repository": its tags, "repository:tag": what `push_image` is to make differently}
    """
    isolate_network()
    registry = started(Registry())
    engine = another_engine(**options)
    for name, facts in images.items():
        if ":" in name:
            push_image(registry.address, name, **facts)
        else:
            for tag in facts:
                push_image(registry.address, f"{name}:{tag}")
    return registry, engine


def another_engine(**options):
    """One more engine with a bridge of its own, which `sweep()` knows."""
    engine = started(DockerEngine(bip=f"172.31.{FIRST_BRIDGE + len(_engines)}.1/24", **options))
    _engines.append(engine)
    unittest.addModuleCleanup(_engines.remove, engine)
    return engine


def started(server):
    """Starts an engine, a registry or another server that ends with the test file, also when it gets only half-way."""
    unittest.addModuleCleanup(server.__exit__, None, None, None)
    return server.__enter__()


def sweep():
    """Removes the containers and networks of all engines: else the next scenario finds apps that no manifest names."""
    for engine in _engines:
        for container in engine.containers():
            engine.request("DELETE", f"/containers/{container['Id']}?force=1", expect=None)
        engine.request("POST", "/networks/prune")
