"""The git adapter against real servers. Needs `git_probe`: GIT_PROBE=/path/to/git_probe python3 -m unittest test_git"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import git_servers
from git_servers import GitHttpServer, GitSshServer, Repository, SilentServer, StallingProxy

PROBE = os.environ.get("GIT_PROBE", "git_probe")
FILES = {"manifests/instances.yaml": "instances: {}\n", "manifests/apps/web/compose.yaml": "services: {}\n", "README.md": "hello\n"}
CANARY = "canary-s3cr3t-7f1c"


def children_of(pid):
    return [int(p) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for p in (task / "children").read_text().split()]


@unittest.skipUnless(shutil.which(PROBE), "git_probe is not built; set GIT_PROBE")
@unittest.skipIf(git_servers.missing_programs(), f"not installed: {git_servers.missing_programs()}")
class GitCase(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="plimsoll-probe-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.mirror = self.directory / "mirror"

    def serve(self, server):
        server.start()
        self.addCleanup(server.close)
        return server

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return str(path)

    def command(self, options, *commands):
        options = {"mirror_dir": str(self.mirror), **options}
        return [PROBE, self.write("options.json", json.dumps(options)), *commands]

    def probe(self, options, *commands):
        done = subprocess.run(self.command(options, *commands), capture_output=True, timeout=120, check=False)
        self.assertNotIn(CANARY.encode(), done.stdout + done.stderr, "a credential leaked")
        self.assertEqual(done.stderr, b"")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def assert_all_work(self, options, repository):
        first = repository.commit(FILES, "first subject\n\nbody")
        remote, fetched, read = self.probe(options, "remote", "fetch", f"read:{first}")
        self.assertEqual((remote, fetched), ({"commit": first}, {"commit": first}))
        self.assertEqual(sorted(read["files"]), ["apps/web/compose.yaml", "instances.yaml"])
        self.assertEqual((read["author"], read["subject"]), ("Test Author <author@example.org>", "first subject"))
        second = repository.commit({"manifests/instances.yaml": "instances: { a: {} }\n"})
        remote, fetched, read = self.probe(options, "remote", "fetch", f"read:{second}")
        self.assertEqual((remote, fetched), ({"commit": second}, {"commit": second}))
        self.assertEqual(read["files"]["instances.yaml"]["content"], "instances: { a: {} }\n")
        self.assert_mirror_is_clean()

    def assert_mirror_is_clean(self):
        left = [str(p) for p in self.directory.rglob("*") if "tmp_" in p.name or "_git2_" in p.name or p.name.endswith((".lock", ".new", ".home"))]
        self.assertEqual(left, [])

    def assert_error(self, answer, kind, *words):
        self.assertEqual(answer.get("error"), kind, answer)
        for word in words:
            self.assertIn(word, answer["message"])


class Http(GitCase):
    def test_anonymous_http_is_polled_fetched_and_read(self):
        server = self.serve(GitHttpServer())
        repository = server.repository("acme/manifests")
        self.assert_all_work({"url": repository.url}, repository)
        self.assertIn("version=2", {request[4] for request in server.requests()})

    def test_password_is_sent_and_a_rotated_one_is_read_anew(self):
        server = self.serve(GitHttpServer(password=CANARY))
        repository = server.repository("acme/manifests")
        password = self.write("password", CANARY + "\n")
        options = {"url": repository.url, "username": "deploy", "password_file": password}
        self.assert_all_work(options, repository)
        server.set_password(CANARY + "-new")
        self.assert_error(self.probe(options, "remote")[0], "unauthorized", "401")
        self.write("password", CANARY + "-new")
        self.assertEqual(self.probe(options, "remote")[0], {"commit": repository.head()})

    def test_wrong_and_missing_credentials_are_unauthorized(self):
        server = self.serve(GitHttpServer(password=CANARY))
        repository = server.repository("acme/manifests")
        repository.commit(FILES)
        wrong = {"url": repository.url, "username": "deploy", "password_file": self.write("password", CANARY + "x")}
        for answer in self.probe(wrong, "remote", "fetch"):
            self.assert_error(answer, "unauthorized", "refuses the credentials")
        for answer in self.probe({"url": repository.url}, "remote", "fetch"):
            self.assert_error(answer, "unauthorized", "password_file")

    def test_https_trusts_the_named_authority_only(self):
        server = self.serve(GitHttpServer(tls=True, password=CANARY))
        repository = server.repository("acme/manifests")
        options = {"url": repository.url, "username": "deploy", "password_file": self.write("password", CANARY)}
        self.assert_all_work({**options, "ca_file": str(server.ca_file)}, repository)
        for answer in self.probe(options, "remote", "fetch"):
            self.assert_error(answer, "unauthorized")

    def test_redirect_is_refused_and_named(self):
        server = self.serve(GitHttpServer())
        options = {"url": f"{server.base_url}/redirect/x.git", "username": "u", "password_file": self.write("password", CANARY)}
        remote, fetched = self.probe(options, "remote", "fetch")
        self.assert_error(remote, "rejected", "elsewhere.example")
        self.assertIn("error", fetched)

    def test_unknown_repository_is_missing(self):
        server = self.serve(GitHttpServer())
        for answer in self.probe({"url": f"{server.base_url}/none.git"}, "remote", "fetch"):
            self.assert_error(answer, "missing", "404")

    def test_server_that_is_down_is_transient(self):
        for answer in self.probe({"url": f"http://127.0.0.1:{git_servers.free_port()}/x.git"}, "remote", "fetch"):
            self.assert_error(answer, "transient")

    def test_vanished_branch_and_empty_repository_are_missing_and_told_apart(self):
        server = self.serve(GitHttpServer())
        repository = server.repository("acme/manifests")
        for answer in self.probe({"url": repository.url}, "remote", "fetch"):
            self.assert_error(answer, "missing", "is empty")
        commit = repository.commit(FILES)
        git_servers.git("branch", "other", "main", cwd=repository.bare)
        self.assertEqual(self.probe({"url": repository.url}, "fetch")[0], {"commit": commit})
        repository.delete_branch()
        remote, fetched, read = self.probe({"url": repository.url}, "remote", "fetch", f"read:{commit}")
        self.assert_error(remote, "missing", "branch 'main' does not exist", "other")
        self.assert_error(fetched, "missing", "branch 'main' does not exist", "other")
        self.assertEqual(read["commit"], commit)  # what ran can still be read

    def test_pack_over_the_limit_is_rejected(self):
        server = self.serve(GitHttpServer())
        repository = server.repository("acme/manifests")
        repository.commit({**FILES, "big.bin": os.urandom(3 << 20)})
        answer = self.probe({"url": repository.url, "max_pack_bytes": 1 << 20}, "fetch")[0]
        self.assert_error(answer, "rejected", "1 MiB")
        self.assert_mirror_is_clean()

    def test_idle_poll_costs_under_10_ms_of_cpu(self):
        server = self.serve(GitHttpServer())
        repository = server.repository("acme/manifests")
        commit = repository.commit(FILES)
        answer = self.probe({"url": repository.url}, "poll:50")[0]
        print(f"\nidle poll over http: {answer['cpu_ms_each']:.3f} ms CPU", file=sys.stderr)
        self.assertEqual(answer["commit"], commit)
        self.assertLess(answer["cpu_ms_each"], 10)


class Stalls(GitCase):
    def test_silent_server_ends_at_the_deadline_for_every_transport(self):
        for greeting, url in ((b"", "http://127.0.0.1:{}/x.git"), (b"SSH-2.0-silent\r\n", "ssh://git@127.0.0.1:{}/x.git")):
            with self.subTest(url=url), SilentServer(greeting) as server:
                options = {"url": url.format(server.port), "deadline_ms": 500}
                if url.startswith("ssh"):
                    git_key = self.directory / "key"
                    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(git_key)], check=True)
                    options.update(ssh_key_file=str(git_key), known_hosts_file=self.write("known_hosts", ""))
                begin = time.monotonic()
                for answer in self.probe(options, "remote", "fetch"):
                    self.assert_error(answer, "deadline")
                self.assertLess(time.monotonic() - begin, 3)
                self.assert_mirror_is_clean()

    def test_stall_before_refs_in_them_and_mid_pack_ends_at_the_deadline_and_the_next_fetch_works(self):
        server = self.serve(GitHttpServer())
        repository = server.repository("acme/manifests")
        old = repository.commit(FILES)
        self.assertEqual(self.probe({"url": repository.url}, "fetch")[0], {"commit": old})
        new = repository.commit({"big.bin": os.urandom(4 << 20)})
        for reply_bytes in (0, 100, 500, 100_000, 2_000_000):
            with self.subTest(reply_bytes=reply_bytes), StallingProxy(server.port, reply_bytes) as proxy:
                stalled = {"url": repository.url.replace(f":{server.port}", f":{proxy.port}"), "deadline_ms": 1500}
                answer, read = self.probe(stalled, "fetch", f"read:{old}")
                self.assert_error(answer, "deadline")
                self.assertEqual(read["commit"], old)
                self.assert_mirror_is_clean()
        self.assertEqual(self.probe({"url": repository.url}, "fetch")[0], {"commit": new})

    def test_child_dies_with_its_parent(self):
        with SilentServer() as silent:
            options = {"url": f"http://127.0.0.1:{silent.port}/x.git", "deadline_ms": 60000}
            parent = subprocess.Popen(self.command(options, "fetch"), stdout=subprocess.DEVNULL)
            git_servers.wait_until(lambda: children_of(parent.pid) and silent.connections, "the child's connection")
            child = children_of(parent.pid)[0]
            arguments = pathlib.Path(f"/proc/{child}/cmdline").read_bytes()
            parent.kill()
            parent.wait()
            git_servers.wait_until(lambda: not pathlib.Path(f"/proc/{child}").exists() or
                                   "State:\tZ" in pathlib.Path(f"/proc/{child}/status").read_text(), "the child's end")
        self.assertEqual(arguments.split(b"\0")[1:], [b"git-fetch", b""])


class Ssh(GitCase):
    def start(self):
        server = self.serve(GitSshServer())
        repository = server.repository("manifests")
        options = {"url": repository.url, "ssh_key_file": str(server.key_file), "known_hosts_file": str(server.known_hosts_file)}
        return server, repository, options

    def test_ssh_is_polled_fetched_and_read(self):
        _, repository, options = self.start()
        self.assert_all_work(options, repository)

    def test_unknown_host_key_is_refused_with_fingerprint_and_file(self):
        server, repository, options = self.start()
        repository.commit(FILES)
        known_hosts = self.write("known_hosts", "")
        for answer in self.probe({**options, "known_hosts_file": known_hosts}, "remote", "fetch"):
            self.assert_error(answer, "unauthorized", known_hosts, "SHA256:")
            shown = {server.fingerprint("host_ed25519"), server.fingerprint("host_ecdsa")}
            self.assertTrue(any(fingerprint in answer["message"] for fingerprint in shown), answer)

    def test_changed_host_key_is_refused(self):
        server, repository, options = self.start()
        repository.commit(FILES)
        server.make_key("another")
        self.write("known_hosts", server.known_hosts_line("another"))
        answer = self.probe({**options, "known_hosts_file": str(self.directory / "known_hosts")}, "remote")[0]
        self.assert_error(answer, "unauthorized", "differs", server.fingerprint("host_ed25519"))

    def test_hashed_and_ecdsa_known_hosts_are_trusted(self):
        server, repository, options = self.start()
        commit = repository.commit(FILES)
        for host_key in ("host_ed25519", "host_ecdsa"):
            known_hosts = self.write("hashed", server.known_hosts_line(host_key))
            subprocess.run(["ssh-keygen", "-q", "-H", "-f", known_hosts], capture_output=True, check=True)
            self.assertIn("|1|", pathlib.Path(known_hosts).read_text())
            self.assertEqual(self.probe({**options, "known_hosts_file": known_hosts}, "remote")[0], {"commit": commit})

    def test_key_that_is_not_let_in_is_unauthorized(self):
        server, repository, options = self.start()
        repository.commit(FILES)
        stranger = server.make_key("stranger")
        answer = self.probe({**options, "ssh_key_file": str(stranger)}, "remote")[0]
        self.assert_error(answer, "unauthorized", "refuses the key", str(stranger))

    def test_rsa_key_is_explained_and_a_passphrase_too(self):
        server, repository, options = self.start()
        repository.commit(FILES)
        rsa, locked = server.make_key("rsa", "rsa"), server.make_key("locked", passphrase=CANARY)
        server.authorize(rsa)
        self.assert_error(self.probe({**options, "ssh_key_file": str(rsa)}, "remote")[0], "unauthorized", "RSA", "ed25519")
        self.assert_error(self.probe({**options, "ssh_key_file": str(locked)}, "remote")[0], "unauthorized", "passphrase")

    def test_known_hosts_file_is_mandatory(self):
        _, _, options = self.start()
        del options["known_hosts_file"]
        self.assert_error(self.probe(options, "remote")[0], "rejected", "known_hosts_file", "ssh-keyscan")

    def test_vanished_branch_is_missing(self):
        _, repository, options = self.start()
        repository.commit(FILES)
        repository.delete_branch()
        for answer in self.probe(options, "remote", "fetch"):
            self.assert_error(answer, "missing")


class HostileTrees(GitCase):
    def setUp(self):
        super().setUp()
        self.repository = Repository(self.directory / "hostile.git", f"file://{self.directory}/hostile.git")
        self.options = {"url": self.repository.url}

    def read(self):
        commit = self.repository.head()
        return self.probe(self.options, "fetch", f"read:{commit}")[1]

    def test_symlinks_submodules_and_dash_names_are_recorded_not_followed(self):
        links = self.repository.work / "manifests" / "links"
        links.mkdir(parents=True)
        for name, target in (("absolute", "/etc/passwd"), ("relative", "../../README.md"), ("git", "../../.git/config"), ("chained", "absolute")):
            (links / name).symlink_to(target)
        git_servers.git("add", "manifests", cwd=self.repository.work)
        git_servers.git("commit", "-qm", "links", cwd=self.repository.work)
        (self.repository.work / "manifests" / "-x").write_text("dash\n")
        git_servers.git("add", "--", "manifests/-x", cwd=self.repository.work)
        git_servers.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},manifests/module", cwd=self.repository.work)
        git_servers.git("commit", "-qm", "dash", cwd=self.repository.work)
        self.repository.push()
        files = self.read()["files"]
        self.assertEqual({name: entry["kind"] for name, entry in files.items()},
                         {"-x": "file", "links/absolute": "symlink", "links/chained": "symlink", "links/git": "symlink",
                          "links/relative": "symlink", "module": "submodule"})
        self.assertFalse(any("content" in files[name] for name in files if name != "-x"))

    def test_dangerous_names_are_refused_and_shown_on_one_line(self):
        blob = git_servers.git("hash-object", "-w", "--stdin", cwd=self.repository.bare, data=b"x")
        for name in ("a\nb", "..", ".git", ".GiT", "x" * 5000, "bad\udcff"):
            with self.subTest(name=name[:10]):
                # Written by hand: the git command line refuses to make such trees.
                raw = b"100644 " + os.fsencode(name) + b"\0" + bytes.fromhex(blob)
                tree = git_servers.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", cwd=self.repository.bare, data=raw)
                root = git_servers.git("mktree", cwd=self.repository.bare, data=f"040000 tree {tree}\tmanifests\n".encode())
                commit = git_servers.git("commit-tree", "-m", "hostile", root, cwd=self.repository.bare)
                git_servers.git("update-ref", "refs/heads/main", commit, cwd=self.repository.bare)
                answer = self.read()
                self.assert_error(answer, "rejected", "manifests")
                self.assertNotIn("\n", answer["message"])

    def test_ten_thousand_files_are_read_and_one_more_is_refused(self):
        self.repository.commit({f"manifests/f/{i:05}": "x" for i in range(9_999)})  # the directory counts too
        self.assertEqual(len(self.read()["files"]), 9_999)
        self.repository.commit({"manifests/f/one-more": "x"})
        self.assert_error(self.read(), "rejected", "10000")

    def test_file_of_100_mb_is_listed_without_content(self):
        self.repository.commit({**FILES, "manifests/big": bytes(100_000_000)})
        files = self.read()["files"]
        self.assertNotIn("content", files["big"])
        self.assertIn("content", files["instances.yaml"])

    def test_repository_emptied_of_the_directory_is_rejected(self):
        self.repository.commit(FILES)
        self.read()
        self.repository.rewrite({"README.md": "unrelated\n"})
        self.assert_error(self.read(), "rejected", "no directory 'manifests'")


if __name__ == "__main__":
    unittest.main()
