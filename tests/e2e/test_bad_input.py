"""Bad manifests: a clear error with file, line, cause and mend; what runs stays; the other apps go on."""
import os
import re
import resource
import subprocess

import harness
from harness import ManifestRepo, Scenario, answer, compose_of, free_port, ours, runs, surround


def setUpModule():
    global registry, engine
    registry, engine = surround({"web": range(1, 40)})


def bomb():
    """Nine levels of nine aliases: 387 million nodes when expanded."""
    lines = ["x-a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for level in range(1, 9):
        lines.append(f"x-a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 9) + "]")
    return "\n".join(lines) + "\nservices:\n  web:\n    image: x\n"


def compose(extra="", service=""):
    return f"services:\n  web:\n    image: {registry.address}/web\n    stop_grace_period: 1s\n{service}{extra}"


#: name: (files of apps/bad, what the message must match). `None` as content removes nothing; a callable edits the tree.
CASES = {
    "duplicate key": (lambda: {"compose.yaml": compose(service="    init: true\n    init: false\n")},
                      r"apps/bad/compose\.yaml:6:\d+.*init"),
    "bad duration": (lambda: {"compose.yaml": compose(
        service="    healthcheck:\n      test: [CMD, 'true']\n      interval: 1 fortnight\n")},
        r"apps/bad/compose\.yaml:7:\d+.*interval"),
    "yaml bomb": (lambda: {"compose.yaml": bomb()}, r"apps/bad/compose\.yaml.*(node|alias)"),
    "10,000-deep flow sequence": (lambda: {"compose.yaml": "x-deep: " + "[" * 10000 + "]" * 10000 + "\n" + compose()},
                                  r"apps/bad/compose\.yaml:1:\d+.*(deep|depth|nest)"),
    "not yaml": (lambda: {"compose.yaml": "services:\n  web: {image: [\n"}, r"apps/bad/compose\.yaml:\d+"),
    "unknown key": (lambda: {"compose.yaml": compose(service="    imagee: x\n")},
                    r"apps/bad/compose\.yaml:5:\d+.*imagee"),
    "unset variable": (lambda: {"compose.yaml": compose(service="    command: ['echo', '${NOWHERE}']\n")},
                       r"apps/bad/compose\.yaml:5:\d+.*NOWHERE"),
    "path that leaves the directory": (lambda: {"compose.yaml": compose(
        service="    volumes: ['../../../etc/passwd:/etc/passwd:ro']\n")}, r"apps/bad/compose\.yaml:5:\d+"),
    "env_file that leaves the directory": (lambda: {"compose.yaml": compose(
        service="    env_file: ../../../../etc/passwd\n")}, r"apps/bad/compose\.yaml:5:\d+"),
    "a file over 1 MiB": (lambda: {"compose.yaml": compose() + "#" + "x" * (1 << 20) + "\n"},
                          r"apps/bad/compose\.yaml.*(1 MiB|large|limit|1048576)"),
    "nothing but a comment": (lambda: {"compose.yaml": "# empty\n"}, r"apps/bad/compose\.yaml"),
}


def many(count, text):
    return "".join(text.replace("#", str(number)) for number in range(count))


HEAD = "services:\n  s:\n    image: a:1\n"

#: name: (files of apps/bad, entries of the environment, what each error must match). A few bytes that stand for many.
SMALL_PUSHES = {
    "aliases": ({"compose.yaml": 'x-a: &a "' + "A" * 400000 + '"\nx-b: [' + "*a," * 90000 + "]\n" + HEAD},
                "  bad: {}\n", r"apps/bad/compose\.yaml:2:\d+: error: more than 8388608 bytes"),
    "variables": ({"compose.yaml": HEAD + '    environment:\n      X: "' + "$A" * 20000 + '"\n',
                   ".env": "A=" + "B" * 500000 + "\n"},
                  "  bad: {}\n", r"apps/bad/compose\.yaml:5:\d+: error: .*more than 1048576 bytes"),
    "dotenv": ({"compose.yaml": HEAD,
                ".env": "A0=" + "B" * 100 + "\n" + "".join(f"A{n + 1}=$A{n}$A{n}\n" for n in range(40))},
               "  bad: {}\n", r"apps/bad/\.env:14:1: error: .*more than 1048576 bytes"),
    "ports": ({"compose.yaml": HEAD + "    ports:\n" + many(60, '      - "127.0.0.#:1-65535:1-65535"\n')},
              "  bad: {}\n", r"apps/bad/compose\.yaml:5:\d+: error: .*more than 12000 ports"),
    "extends": ({"compose.yaml": HEAD + "    environment:\n" + many(4000, "      K#: v\n") +
                 many(400, "  t#: { extends: { service: s } }\n")},
                "  bad: {}\n", r"apps/bad/compose\.yaml:\d+:\d+: error: the app weighs more than 33554432 bytes"),
    "one app 300 times": ({"compose.yaml": HEAD + "    environment:\n" + many(4900, "      K#: " + "v" * 100 + "\n")},
                          many(300, "  bad#: { app: bad }\n"), r"environments/dev\.yaml:\d+:\d+: error: apps\.bad\d+"),
    "errors": ({"compose.yaml": HEAD + "    depends_on: [" + many(4900, "d#,") + "]\n"},
               many(10, "  bad#: { app: bad }\n"), r"apps/bad/compose\.yaml:4:\d+: error: "),
}


class SmallPush(Scenario):
    #: Of address space. The service that runs the controller has 512 MiB of memory.
    ROOM = 400 << 20

    def test_no_small_push_takes_much_memory_or_time(self):
        for name, (files, entries, wanted) in SMALL_PUSHES.items():
            with self.subTest(name):
                repo = ManifestRepo(self.folder, re.sub(r"\W", "-", name))
                repo.write("instances.yaml", "instances: { one: { engine: unix:///var/run/docker.sock } }\n")
                repo.write("environments/dev.yaml",
                           "environment: dev\ninstances: [one]\napps:\n" + many(9, "  good#: {}\n") + entries)
                for number in range(9):
                    repo.write(f"apps/good{number}/compose.yaml", HEAD)
                for path, text in files.items():
                    repo.write("apps/bad/" + path, text)
                done = subprocess.run(
                    [harness.BINARY, "validate", repo.work + "/manifests"], capture_output=True, text=True, timeout=30,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (self.ROOM, self.ROOM)))
                self.assertEqual(done.returncode, 1, done.stderr[-1000:])
                lines = done.stdout.splitlines()
                self.assertTrue(lines)
                for line in lines:
                    self.assertRegex(line, wanted)
                self.assertLess(len(done.stdout), 200000)

    def test_the_controller_ends_in_time_and_the_good_app_goes_on(self):
        files, _, _ = SMALL_PUSHES["one app 300 times"]
        port = free_port()
        repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry,
                                               {"good": {"healthcheck": False, "order": "stop-first", "port": port}})
        repo.write("apps/bad/compose.yaml", files["compose.yaml"])
        # Suspended, they are loaded but not deployed.
        for number in range(300):
            repo.environment["apps"][f"bad{number}"] = {"app": "bad", "sync": {"suspended": True}}
        repo.write_environment()
        repo.commit("heavy")
        plimsoll = self.install(repo.url).start(ready=False)
        plimsoll.wait(lambda: plimsoll.get("/api/v1/status")[0], "it answers while it loads")
        self.assertEqual(plimsoll.stop(), 0)
        plimsoll.start(ready=False)
        plimsoll.wait(lambda: answer(port) == "1", "the good app is deployed")
        repo.deploy("good", 2)
        plimsoll.wait(lambda: answer(port) == "2", "the good app goes on")
        self.assertLess(peak_memory(plimsoll.process.pid), 512 << 20)
        self.assertEqual(plimsoll.stop(), 0)


def peak_memory(pid):
    with open(f"/proc/{pid}/status") as text:
        return next(int(line.split()[1]) << 10 for line in text if line.startswith("VmHWM"))


class BrokenApp(Scenario):
    """One controller; each case breaks `bad` and changes the tag of `good` in the same commit."""

    def start(self, apps=("good", "bad")):
        self.port = free_port()
        facts = {app: {"healthcheck": False, "order": "stop-first"} for app in apps}
        facts["good"].update(port=self.port)
        self.repo = ManifestRepo(self.folder).basic({"one": engine.url}, registry, facts)
        self.good_compose = compose_of(registry, "bad", {"healthcheck": False, "order": "stop-first"})
        self.repo.commit("first")
        plimsoll = self.install(self.repo.url).start()
        plimsoll.settled()
        self.tag = 1
        return plimsoll

    def goes_on(self, plimsoll, wanted, app="dev/bad", reason="InvalidSpecError"):
        """Commits with a new tag for `good`; it must be deployed, and the broken app must say what is wrong."""
        before = [c["Id"] for c in ours(engine, app="bad")]
        self.tag += 1
        self.repo.deploy("good", self.tag)
        status = plimsoll.shows(app, reason=reason, timeout=20)
        self.assertRegex(re.sub(r"\s+", " ", status["message"]), wanted)
        self.assertLess(len(status["message"]), 2000)
        plimsoll.wait(lambda: answer(self.port) == str(self.tag), "the good app goes on", 30)
        plimsoll.settled("dev/good")
        self.assertEqual([c["Id"] for c in ours(engine, app="bad")], before, "what runs stays")

    def test_every_kind_of_broken_compose_file(self):
        plimsoll = self.start()
        for name, (files, wanted) in CASES.items():
            with self.subTest(name):
                for path, text in files().items():
                    self.repo.write("apps/bad/" + path, text)
                self.goes_on(plimsoll, wanted)
                validated = plimsoll.cli("validate", self.repo.work + "/manifests", socket_option=False, expect=None)
                self.assertNotEqual(validated.code, 0)
                self.assertRegex(re.sub(r"\s+", " ", validated.out + validated.err), wanted)
                self.repo.write("apps/bad/compose.yaml", self.good_compose)
                self.repo.commit("mended")
                plimsoll.settled("dev/bad")

    def test_a_bad_duration_in_one_app_of_ten(self):
        names = ["good", "bad"] + [f"app{i}" for i in range(8)]
        plimsoll = self.start(names)
        self.assertEqual(len(ours(engine)), 10)
        self.repo.write("apps/bad/compose.yaml", compose(service="    stop_grace_period: soon\n").replace(
            "    stop_grace_period: 1s\n", "", 1))
        for name in names[2:]:
            self.repo.set_tag(name, 2)
        self.goes_on(plimsoll, r"apps/bad/compose\.yaml:4:\d+.*stop_grace_period")
        plimsoll.settled(*[f"dev/{name}" for name in names[2:]])
        self.assertEqual(sum(runs(c, registry, "web:2") for c in ours(engine)), 9)

    def test_a_symlink_for_a_compose_file(self):
        plimsoll = self.start()
        self.repo.delete("apps/bad/compose.yaml")
        os.symlink("/etc/passwd", self.repo.work + "/manifests/apps/bad/compose.yaml")
        self.goes_on(plimsoll, r"apps/bad/compose\.yaml.*sym(bolic )?link")

    def test_a_symlink_in_a_mounted_directory(self):
        plimsoll = self.start()
        self.repo.write("apps/bad/compose.yaml", compose(service="    volumes: ['./pages:/www:ro']\n"))
        self.repo.write("apps/bad/pages/index.html", "x")
        os.symlink("../../../../.git/config", self.repo.work + "/manifests/apps/bad/pages/link")
        self.goes_on(plimsoll, r"apps/bad/.*sym(bolic )?link")

    def test_a_submodule_in_a_mounted_directory(self):
        plimsoll = self.start()
        self.repo.write("apps/bad/compose.yaml", compose(service="    volumes: ['./pages:/www:ro']\n"))
        self.repo.write("apps/bad/pages/index.html", "x")
        self.repo.git("add", "-A")
        self.repo.git("update-index", "--add", "--cacheinfo",
                      f"160000,{self.repo.git('rev-parse', 'HEAD').strip()},manifests/apps/bad/pages/sub")
        self.repo.git("commit", "-qm", "a submodule")
        before = ours(engine, app="bad")[0]["Id"]
        self.repo.git("push", "-q", "origin", "HEAD:main")
        status = plimsoll.shows("dev/bad", reason="InvalidSpecError")
        self.assertIn("submodule", status["message"])
        self.assertEqual(ours(engine, app="bad")[0]["Id"], before)

    def test_an_app_on_an_unknown_instance(self):
        plimsoll = self.start()
        self.repo.environment["apps"]["bad"]["instances"] = ["nowhere"]
        self.tag += 1
        before = [c["Id"] for c in ours(engine, app="bad")]
        self.repo.deploy("good", self.tag)
        plimsoll.wait(lambda: answer(self.port) == str(self.tag), "the good app goes on")
        said = plimsoll.wait(lambda: "nowhere" in plimsoll.get("/api/v1/status")[1] and plimsoll.get("/api/v1/status")[1],
                             "the status names the instance")
        self.assertRegex(said, r"environments/dev\.yaml:\d+")
        self.assertEqual([c["Id"] for c in ours(engine, app="bad")], before, "what runs stays")

    def test_an_environment_file_that_is_broken_removes_nothing(self):
        plimsoll = self.start()
        before = sorted(c["Id"] for c in ours(engine))
        self.repo.write("environments/dev.yaml", "environment: dev\napps: [\n")
        self.repo.commit("broken environment")
        said = plimsoll.wait(lambda: "environments/dev.yaml" in plimsoll.get("/api/v1/status")[1] and
                             plimsoll.get("/api/v1/status")[1], "the status names the file")
        self.assertRegex(said, r"environments/dev\.yaml:\d+")
        self.assertEqual(sorted(c["Id"] for c in ours(engine)), before)
        self.repo.write_environment()
        self.repo.deploy("good", 3)
        plimsoll.wait(lambda: answer(self.port) == "3", "it goes on once mended")

    def test_files_with_strange_names_are_only_files(self):
        plimsoll = self.start()
        for name in ("-x", "sp ace", "ü", "$(reboot)"):
            self.repo.write("apps/good/" + name, "x")
        self.repo.deploy("good", 7)
        plimsoll.wait(lambda: answer(self.port) == "7", "it goes on")
        self.repo.write("apps/good/new\nline", "x")
        self.repo.deploy("good", 8)
        said = plimsoll.wait(lambda: plimsoll.status()["source_error"], "a control character is refused")
        self.assertIn("apps/good/new", said)
        self.assertEqual(answer(self.port), "7")


if __name__ == "__main__":
    harness.main()
