"""Hooks of an app: before a sync, after it, and when it failed, each once for every content of the app."""
import harness
from harness import NEVER_READY, ManifestRepo, Scenario, ours, surround, to_yaml


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": "123", "web:sick": NEVER_READY, "job": "1"})


def job(line, then="true"):
    """A service that writes a line into the journal and ends as `then` does."""
    return {"image": f"{registry.address}/job:1", "volumes": ["journal:/journal"],
            "command": ["/bin/sh", "-c", f"echo {line} >> /journal/lines; {then}"]}


class Hooks(Scenario):
    def journal(self):
        with open(f"{engine.root}/data/volumes/dev-web_journal/_data/lines") as lines:
            return lines.read().split()

    def web(self):
        """The container that serves."""
        return [c["Id"] for c in ours(engine, service="web") if c["State"] == "running"]

    def deploy(self, tag):
        revision = self.repo.deploy("web", tag)
        self.plimsoll.cli("sync", expect=None)
        return revision

    def fails(self, reason):
        def stands_still():
            target = self.plimsoll.status()["targets"][0]
            return target["reason"] == reason and "next try" in target["message"]
        self.plimsoll.wait(stands_still, f"the target is {reason} and waits for its next try")

    def test_hooks_run_once_for_every_content_and_a_failing_one_takes_the_app_back(self):
        compose = to_yaml({
            "x-plimsoll": {"hooks": {"pre_sync": "migrate", "post_sync": "smoke", "sync_fail": ["page"]}},
            "services": {
                "web": {"image": f"{registry.address}/web", "stop_grace_period": "1s", "healthcheck": {
                    "test": ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"], "interval": "500ms",
                    "timeout": "2s", "retries": 3}},
                "migrate": job("migrate"),
                "smoke": job("smoke", "wget -q -O - http://web:8080/ | grep -q '[12]'"),
                "page": job("page")},
            "volumes": {"journal": {}}})
        self.repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, {"web": {"compose": compose}})
        self.repo.commit("first")
        self.plimsoll = self.install(self.repo.url, poll="1h").start()
        self.plimsoll.settled()
        self.assertEqual(self.journal(), ["migrate", "smoke"])

        self.plimsoll.settled(revision=self.deploy(2))
        self.assertEqual(self.journal(), ["migrate", "smoke"] * 2, "they run again for another content")
        self.plimsoll.kill()
        self.plimsoll.start()
        self.plimsoll.settled()
        self.assertEqual(self.journal(), ["migrate", "smoke"] * 2, "and not for the same one")
        serving = self.web()

        self.deploy("sick")
        self.fails("RolledBack")
        self.plimsoll.wait(lambda: self.journal()[4:] == ["migrate", "page"], "the hook for failures ran")
        self.assertEqual(self.web(), serving)

        self.deploy(3)
        self.plimsoll.wait(lambda: self.journal()[6:8] == ["migrate", "smoke"], "the new one is looked at")
        self.plimsoll.wait(lambda: self.web() == serving, "the failing hook took the app back to the same container")
        self.plimsoll.wait(lambda: "page" in self.journal()[8:], "the hook for failures ran for this content, too")

        self.plimsoll.settled(revision=self.deploy(1))
        self.assertEqual(self.journal()[-2:], ["migrate", "smoke"])
        self.assertEqual(self.journal().count("page"), 2, "once for each content that failed")


if __name__ == "__main__":
    harness.main()
