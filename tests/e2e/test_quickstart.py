"""quickstart.sh without its engine: what it refuses to touch, and what it says. No root, no network."""
import http.server
import os
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import unittest

import harness

SCRIPT = os.path.join(harness.SOURCE, "helm-free-deploy", "quickstart.sh")


class Quickstart(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="quickstart-")
        self.addCleanup(scratch.cleanup)
        self.dir = os.path.join(scratch.name, "quick")
        self.env = dict(os.environ, QUICKSTART_DIR=self.dir)

    def call(self, *command, **env):
        return subprocess.run(command, env=dict(self.env, **env), capture_output=True, text=True, timeout=60)

    def function(self, text, **env):
        """The script's functions, sourced."""
        return self.call("bash", "-c", f". {SCRIPT}; {text}", **env)

    def refuses(self, reply, words):
        self.assertEqual(reply.returncode, 20, reply)
        self.assertIn(words, reply.stderr)

    def test_help_and_wrong_options_need_no_root(self):
        nobody = ["setpriv", "--reuid=65534", "--clear-groups"] if os.getuid() == 0 else []
        help_text = self.call(*nobody, "bash", SCRIPT, "--help")
        self.assertEqual(help_text.returncode, 0, help_text)
        self.assertIn("--down", help_text.stdout)
        self.refuses(self.call(*nobody, "bash", SCRIPT, "--dwon"), "there is no option '--dwon'; see --help")

    def test_a_directory_of_somebody_else_is_neither_filled_nor_removed(self):
        os.makedirs(self.dir)
        with open(self.dir + "/thesis", "w") as out:
            out.write("years")
        self.refuses(self.function("down"), f"{self.dir} was not made by this script; nothing is removed")
        self.refuses(self.function("claim_directory"), f"{self.dir} is not empty and was not made by this script")
        self.assertEqual(os.listdir(self.dir), ["thesis"])

    def test_a_directory_is_claimed_for_its_ports(self):
        self.assertEqual(self.function("claim_directory").returncode, 0)
        self.assertEqual(self.function("claim_directory").returncode, 0)
        self.refuses(self.function("claim_directory", QUICKSTART_PORT="18999"), "run --down first")

    def test_ports_that_are_taken_are_named_before_anything_is_made(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            reply = self.function("claim_directory", QUICKSTART_PORT=str(port))
        self.refuses(reply, f"taken by another program: 127.0.0.1:{port}; set QUICKSTART_REGISTRY_PORT")
        self.assertFalse(os.path.exists(self.dir))

    def test_waiting_ends_with_the_last_line_of_a_process_that_is_gone(self):
        reply = self.function("mkdir -p $dir; start x bash -c 'echo first; echo no moon; exit 3'; wait_for 30 X x false")
        self.refuses(reply, "X: it ended: no moon")

    def test_down_keeps_its_directory_while_the_engine_does_not_tell(self):
        """An engine that refuses every list: what --down would need for another try must stay."""
        path = self.dir + "-engine.sock"
        with RefusingEngine(path):
            reply = self.function(f"mkdir -p $dir; echo \"$ports\" >$marker; echo {path} >$dir/engine; down")
        self.refuses(reply, "does not tell what is to be removed")
        self.assertTrue(os.path.exists(self.dir + "/.plimsoll-quickstart"))
        self.refuses(self.function("down"), "does not answer, and holds what is to be removed")

    def test_another_system_is_named(self):
        reply = self.function("eval \"$(declare -f needs_debian_12 | sed s,/etc/os-release,$OS,)\"; needs_debian_12",
                              OS=self.os_release())
        self.refuses(reply, "needs Debian 12 (found ubuntu 24.04)")

    @unittest.skipUnless(os.getuid() == 0, "chown needs root")
    def test_after_sudo_the_caller_may_edit_push_and_ask(self):
        made = "mkdir -p $dir/manifests $dir/manifests.git; touch $control_socket; give_to_caller; "
        reply = self.function(made + "stat -c '%u %g' $dir/manifests $dir/manifests.git $control_socket",
                              SUDO_UID="1234", SUDO_GID="1235", PLIMSOLL="/bin/true")
        self.assertEqual(reply.stdout.split("\n"), ["1234 1235", "1234 1235", "0 1235", ""], reply)

    def busybox(self, installed, download, **env):
        """`static_busybox` on a machine with `installed` as its busybox, where `apt-get download` does `download`."""
        bin_dir = os.path.dirname(self.dir) + "/bin"
        os.makedirs(bin_dir, exist_ok=True)
        shutil.copy(installed, bin_dir + "/busybox")
        with open(bin_dir + "/apt-get", "w") as out:
            out.write(f"#!/bin/sh\necho \"$@\" >>{self.dir}.asked\n[ \"$1\" = download ] || exit 100\n{download}\n")
        os.chmod(bin_dir + "/apt-get", 0o755)
        return self.function('static_busybox "$dir/busybox" && "$PLIMSOLL_BUSYBOX" hello && echo "$PLIMSOLL_BUSYBOX"',
                             PATH=bin_dir + ":" + os.environ["PATH"], PACKAGES_LOG=self.dir + ".log",
                             **{"PLIMSOLL_BUSYBOX": "", **env})

    def test_a_static_busybox_comes_beside_another_one_that_is_installed(self):
        """The package busybox-static is in conflict with busybox, which stays."""
        tree = os.path.dirname(self.dir) + "/tree"
        os.makedirs(tree + "/bin")
        os.makedirs(tree + "/DEBIAN")
        with open(tree + "/DEBIAN/control", "w") as out:
            out.write("Package: busybox-static\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: a\n")
        static = tree + "/bin/busybox"
        with open(static, "w") as out:
            out.write("#!/bin/sh\necho static $1\n")
        os.chmod(static, 0o755)
        build = f"dpkg-deb --build --root-owner-group {tree} ./busybox-static_1_all.deb"

        unpacked = self.dir + "/busybox/bin/busybox"
        for _ in range(2):
            self.assertEqual(self.busybox("/bin/ls", build).stdout, f"static hello\n{unpacked}\n")
        with open(self.dir + ".asked") as asked:
            self.assertEqual(asked.read(), "download -qq busybox-static\n", "fetched once, and nothing is installed")

        installed = os.path.dirname(self.dir) + "/bin/busybox"
        self.assertEqual(self.busybox(static, "exit 1").stdout, f"static hello\n{installed}\n")
        self.assertEqual(self.busybox("/bin/ls", "exit 1", PLIMSOLL_BUSYBOX=static).stdout, f"static hello\n{static}\n")

    def test_a_busybox_that_cannot_be_fetched_is_told(self):
        reply = self.busybox("/bin/ls", "echo no such mirror; exit 100")
        self.assertNotEqual(reply.returncode, 0, reply)
        self.assertIn("set PLIMSOLL_BUSYBOX to a static busybox:\nno such mirror", reply.stderr)

    def os_release(self):
        path = os.path.dirname(self.dir) + "/os-release"
        with open(path, "w") as out:
            out.write("ID=ubuntu\nVERSION_ID=24.04\n")
        return path


class RefusingEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers the ping, and everything else with 400, as an engine does to a version of the API that it left."""
    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/_ping" else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    def __init__(self, path):
        super().__init__(path, self.Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


if __name__ == "__main__":
    unittest.main()
