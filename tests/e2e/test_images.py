"""Images that nothing needs any more go: those that a pull of ours brought, but for the last two deployments of every app."""
import harness
from harness import ManifestRepo, Scenario, answer, free_port, push_image, surround, to_yaml

QUICK = {"healthcheck": False, "order": "stop-first", "service": {"x-plimsoll": {"min_ready": "200ms"}}}


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": range(1, 6), "other": range(1, 6)})


def tags(repository="web"):
    """The tags of a repository of ours that the engine has."""
    names = [tag for image in engine.request("GET", "/images/json") for tag in image["RepoTags"] or []]
    return sorted(name.rpartition(":")[2] for name in names if name.startswith(registry.name(repository) + ":"))


def digests():
    """The registry's digests of the images that the engine has. In containerd's store one whose tag has moved has no name
    any more, and its digest is its id."""
    images = engine.request("GET", "/images/json")
    return {image["Id"] for image in images} | {name.rpartition("@")[2] for image in images
                                                for name in image["RepoDigests"] or []}


class Images(Scenario):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def sweep(self):
        super().sweep()
        for image in engine.request("GET", "/images/json"):
            engine.request("DELETE", f"/images/{image['Id']}?force=1", expect=None)
        self.assertEqual(engine.request("GET", "/images/json"), [])

    def repo(self, **apps):
        return ManifestRepo(self.folder).basic({"one": engine.url}, registry, apps)

    def deploy(self, plimsoll, repo, tag, *apps):
        for app in apps:
            repo.set_tag(app, tag)
        commit = repo.commit(f"{apps} {tag}")
        plimsoll.settled(revision=commit)

    def test_the_last_two_deployments_keep_their_images(self):
        engine.request("POST", f"/images/create?fromImage={registry.name('other')}&tag=1")
        repo = self.repo(web=dict(QUICK, port=self.port), other=dict(QUICK, image="other"))
        repo.commit("first")
        plimsoll = self.install(repo.url).start()
        plimsoll.settled()
        self.deploy(plimsoll, repo, 2, "web", "other")
        self.assertEqual((tags(), tags("other")), (["1", "2"], ["1", "2"]))
        self.deploy(plimsoll, repo, 3, "web", "other")
        plimsoll.wait(lambda: tags() == ["2", "3"], "the first image is removed")
        self.assertNotIn(registry.digest("web:1"), digests())
        removed = "image clean-up instance=one removed"  # logged once all of them are gone
        plimsoll.wait(lambda: removed in plimsoll.log_text(), "the log says so")
        self.assertEqual(plimsoll.log_text().count(removed), 1)
        self.deploy(plimsoll, repo, 4, "other")
        plimsoll.wait(lambda: tags("other") == ["1", "3", "4"], "what was there before stays")
        self.assertEqual(tags(), ["2", "3"])
        registry.down()
        try:
            plimsoll.cli("rollback", "dev/web")
            plimsoll.wait(lambda: answer(self.port) == "2", "the rollback needs no registry")
            plimsoll.settled("dev/web")
        finally:
            registry.start()

    def test_an_environment_keeps_what_its_own_rollback_needs(self):
        repo = self.repo(web=dict(QUICK))
        prod = {"environment": "prod", "instances": ["one"], "apps": {"web": {"images": {"web": "1"}}}}

        def release(tag):
            prod["apps"]["web"]["images"]["web"] = str(tag)
            repo.write("environments/prod.yaml", to_yaml(prod))

        release(1)
        repo.commit("first")
        plimsoll = self.install(repo.url).start()
        plimsoll.settled("dev/web", "prod/web")
        release(2)
        for tag in (2, 3, 4, 5):
            self.deploy(plimsoll, repo, tag, "web")
        plimsoll.wait(lambda: tags() == ["1", "2", "4", "5"], "only what neither environment needs is removed")
        repo.delete("environments/prod.yaml")
        repo.commit("no prod")
        plimsoll.cli("sync", "--allow-removal", expect=None)
        plimsoll.wait(lambda: tags() == ["4", "5"], "an environment that is gone keeps nothing")

    def test_a_tag_that_moves_leaves_two_images(self):
        repo = self.repo(web=dict(QUICK, port=self.port))
        repo.environment["apps"]["web"]["images"]["web"] = {"tag": "moving", "follow": True}
        repo.write_environment()
        moved = []
        for version in ("a", "b", "c", "d"):
            push_image(registry.address, "web:moving", version=version)
            moved.append(registry.digest("web:moving"))
            if version == "a":
                repo.commit("first")
                plimsoll = self.install(repo.url).start()
            plimsoll.wait(lambda: answer(self.port) == version, f"version {version}")
            plimsoll.settled()
        plimsoll.wait(lambda: digests() & set(moved) == set(moved[2:]), "the versions before are removed")
        self.assertEqual(tags(), ["moving"])

    def test_what_somebody_else_uses_or_named_stays_as_long(self):
        repo = self.repo(web=dict(QUICK))
        repo.commit("first")
        plimsoll = self.install(repo.url).start()
        plimsoll.settled()
        foreign = engine.request("POST", "/containers/create?name=foreign", {"Image": registry.name("web:1")})
        self.deploy(plimsoll, repo, 2, "web")
        engine.request("POST", f"/images/{registry.name('web:2')}/tag?repo=kept&tag=1")
        for tag in (3, 4):
            self.deploy(plimsoll, repo, tag, "web")
        self.deploy(plimsoll, repo, 5, "web")
        # The clean-ups before this one have tried the images of versions 1 and 2.
        plimsoll.wait(lambda: "3" not in tags(), "the third image is removed")
        self.assertEqual(tags(), ["1", "2", "4", "5"])
        self.assertNotIn("image clean-up instance=one:", plimsoll.log_text())
        engine.request("DELETE", f"/containers/{foreign['Id']}")
        self.deploy(plimsoll, repo, 4, "web")
        plimsoll.wait(lambda: tags() == ["2", "4", "5"], "the container is gone, and the image after it")

    def test_a_single_run_cleans_up_before_it_ends(self):
        repo = self.repo(web=dict(QUICK))
        repo.commit("first")
        plimsoll = self.install(repo.url)
        for tag in (1, 2, 3):
            repo.deploy("web", tag)
            self.assertEqual(plimsoll.once().code, 0)
        self.assertEqual(tags(), ["2", "3"])


if __name__ == "__main__":
    harness.main()
