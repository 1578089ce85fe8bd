"""Real git servers on loopback ports for end-to-end tests: smart HTTP (nginx, fcgiwrap, git http-backend), SSH (sshd) and
one that says nothing. Every server keeps its files in a temporary directory and is ended by its process id.

    with GitHttpServer() as server:
        repo = server.repository("acme/manifests")
        repo.commit({"manifests/instances.yaml": "instances: {}\n"})
        print(repo.url, repo.head())

Needs: git, nginx, fcgiwrap, openssl, openssh-server, ssh-keygen. `missing_programs()` says what is absent.
"""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from engines import free_port
from silent_servers import SilentServer, StallingProxy  # noqa: F401, offered to importers of this module

GIT_HTTP_BACKEND = "/usr/lib/git-core/git-http-backend"
NGINX_FALLBACK, FCGIWRAP_FALLBACK, SSHD_FALLBACK = "/usr/sbin/nginx", "/usr/sbin/fcgiwrap", "/usr/sbin/sshd"


def program(name, fallback):
    return shutil.which(name) or fallback


def missing_programs():
    """The programs that these servers need and that this machine does not have."""
    wanted = [program("nginx", NGINX_FALLBACK), program("fcgiwrap", FCGIWRAP_FALLBACK), program("sshd", SSHD_FALLBACK),
              program("git", "git"), program("openssl", "openssl"), program("ssh-keygen", "ssh-keygen"), GIT_HTTP_BACKEND]
    return [path for path in wanted if not os.access(path, os.X_OK)]


def git_environment():
    """An environment in which git reads no configuration of the machine or the user."""
    names = ("PATH", "TMPDIR", "LANG")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    environment.update(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0", HOME="/nonexistent",
                       GIT_AUTHOR_NAME="Test Author", GIT_AUTHOR_EMAIL="author@example.org",
                       GIT_COMMITTER_NAME="Test Committer", GIT_COMMITTER_EMAIL="committer@example.org")
    return environment


def git(*arguments, cwd=None, data=None):
    """Runs the git command line in isolation; returns its output without the last newline."""
    done = subprocess.run(["git", *arguments], cwd=cwd, env=git_environment(), input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace").rstrip("\n")


def wait_until(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)


def accepts(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


class Repository:
    """A bare repository with a work tree beside it to commit from."""

    def __init__(self, bare, url, branch="main"):
        self.bare, self.url, self.branch = pathlib.Path(bare), url, branch
        self.work = self.bare.with_name(self.bare.name + ".work")
        git("init", "-q", "--bare", "-b", branch, str(self.bare))
        git("init", "-q", "-b", branch, str(self.work))
        git("remote", "add", "origin", str(self.bare), cwd=self.work)

    def commit(self, files, message="change", push=True, force=False):
        """Writes files (None removes one), commits and pushes; returns the commit."""
        for name, content in files.items():
            path = self.work / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        git("add", "-A", cwd=self.work)
        git("commit", "-q", "--allow-empty", "-m", message, cwd=self.work)
        if push:
            self.push(force)
        return git("rev-parse", "HEAD", cwd=self.work)

    def push(self, force=False):
        git("push", "-q", *(["--force"] if force else []), "origin", f"HEAD:refs/heads/{self.branch}", cwd=self.work)

    def rewrite(self, files, message="rewritten"):
        """Replaces the branch by an unrelated history of one commit (a force-push); returns it."""
        git("checkout", "-q", "--orphan", "rewritten", cwd=self.work)
        git("rm", "-rqf", "--ignore-unmatch", ".", cwd=self.work)
        commit = self.commit(files, message, force=True)
        git("branch", "-M", self.branch, cwd=self.work)
        return commit

    def delete_branch(self):
        """Removes the branch at the remote, as a merged-and-deleted branch goes."""
        git("update-ref", "-d", f"refs/heads/{self.branch}", cwd=self.bare)

    def head(self):
        return git("rev-parse", f"refs/heads/{self.branch}", cwd=self.bare)


class Server:
    """Common life of a server: a directory and the processes to end."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="plimsoll-git-"))
        self.directory.chmod(0o755)
        self.processes = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        raise NotImplementedError

    def launch(self, *command, **options):
        log = open(self.directory / (pathlib.Path(command[0]).name + ".log"), "ab")  # the child keeps its own descriptor
        with log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options)
        self.processes.append(process)
        return process

    def stop(self):
        """Ends the processes; the files stay, so `start` brings the server back."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(process.pid, signal.SIGKILL)  # its session: fcgiwrap's workers outlive their parent
            except ProcessLookupError:
                pass
            process.wait()
        self.processes.clear()

    def close(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def logs(self):
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')}" for path in sorted(self.directory.glob("*.log")))


class GitHttpServer(Server):
    """Smart HTTP. With `password`, every request needs basic authentication as `username`; with `tls`, https with a
    certificate for localhost by an authority of its own (`ca_file`). `requests` are the paths asked so far."""

    def __init__(self, username="deploy", password=None, tls=False):
        super().__init__()
        self.username, self.password, self.tls = username, password, tls
        self.port = free_port()
        self.root = self.directory / "repositories"
        self.root.mkdir()
        self.ca_file = self.directory / "ca.pem"
        if tls:
            self._make_certificate()
        if password is not None:
            self.set_password(password)

    @property
    def base_url(self):
        return f"https://localhost:{self.port}" if self.tls else f"http://127.0.0.1:{self.port}"

    def repository(self, name, branch="main"):
        bare = self.root / f"{name}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        return Repository(bare, f"{self.base_url}/{name}.git", branch)

    def set_password(self, password):
        """Changes the password of `username`; takes effect at the next request."""
        self.password = password
        hashed = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=password.encode(), capture_output=True, check=True)
        (self.directory / "htpasswd").write_text(f"{self.username}:{hashed.stdout.decode().strip()}\n")
        (self.directory / "htpasswd").chmod(0o644)

    def requests(self):
        log = self.directory / "access.log"
        return [line.split("|") for line in log.read_text().splitlines()] if log.exists() else []

    def start(self):
        socket_path = self.directory / "fcgi.sock"
        socket_path.unlink(missing_ok=True)
        self.launch(program("fcgiwrap", FCGIWRAP_FALLBACK), "-f", "-c", "2", "-s", f"unix:{socket_path}", env=git_environment())
        wait_until(socket_path.exists, "fcgiwrap's socket")
        configuration = self.directory / "nginx.conf"
        configuration.write_text(self._nginx_configuration(socket_path))
        self.launch(program("nginx", NGINX_FALLBACK), "-p", str(self.directory), "-e", str(self.directory / "error.log"), "-c", str(configuration))
        wait_until(lambda: accepts(self.port), f"nginx on port {self.port}")

    def _nginx_configuration(self, socket_path):
        user = "user root;" if os.geteuid() == 0 else ""
        auth = f'auth_basic "git"; auth_basic_user_file {self.directory}/htpasswd;' if self.password is not None else ""
        certificate = f"ssl_certificate {self.directory}/server.pem; ssl_certificate_key {self.directory}/server.key;" if self.tls else ""
        temporary = " ".join(f"{kind}_temp_path {self.directory}/tmp-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""{user} daemon off; worker_processes 1; pid {self.directory}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  {temporary}
  log_format plain '$request_method|$request_uri|$status|$remote_user|$http_git_protocol';
  access_log {self.directory}/access.log plain;
  server {{
    listen 127.0.0.1:{self.port}{' ssl' if self.tls else ''}; {certificate} {auth}
    client_max_body_size 0;
    location /redirect/ {{ return 301 http://elsewhere.example$request_uri; }}
    location / {{
      fastcgi_pass unix:{socket_path};
      fastcgi_param SCRIPT_FILENAME {GIT_HTTP_BACKEND};
      fastcgi_param GIT_PROJECT_ROOT {self.root};
      fastcgi_param GIT_HTTP_EXPORT_ALL "";
      fastcgi_param PATH_INFO $uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param REMOTE_USER $remote_user;
      fastcgi_param GIT_PROTOCOL $http_git_protocol;
      fastcgi_buffering off;
    }}
  }}
}}
"""

    def _make_certificate(self):
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=self.directory, capture_output=True, check=True)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Plimsoll test authority",
                "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
        (self.directory / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "san", "-out", "server.pem")


class GitSshServer(Server):
    """sshd with ed25519 and ECDSA host keys. `key_file` is let in, `known_hosts_file` knows the ed25519 host key."""

    def __init__(self):
        super().__init__()
        self.port = free_port()
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        self.root = self.directory / "repositories"
        self.root.mkdir()
        for name, kind in (("host_ed25519", "ed25519"), ("host_ecdsa", "ecdsa"), ("client", "ed25519")):
            self.make_key(name, kind)
        self.key_file = self.directory / "client"
        self.authorize(self.key_file)
        self.known_hosts_file = self.directory / "known_hosts"
        self.known_hosts_file.write_text(self.known_hosts_line("host_ed25519"))

    def make_key(self, name, kind="ed25519", passphrase=""):
        path = self.directory / name
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", name, "-f", str(path)], check=True)
        return path

    def authorize(self, key_file):
        with open(self.directory / "authorized_keys", "a", encoding="ascii") as file:
            file.write(pathlib.Path(f"{key_file}.pub").read_text())

    def known_hosts_line(self, host_key):
        kind, key = (self.directory / f"{host_key}.pub").read_text().split()[:2]
        return f"[127.0.0.1]:{self.port} {kind} {key}\n"

    def fingerprint(self, host_key):
        shown = subprocess.run(["ssh-keygen", "-l", "-f", str(self.directory / f"{host_key}.pub")], capture_output=True, check=True)
        return shown.stdout.decode().split()[1]

    def repository(self, name, branch="main"):
        bare = self.root / f"{name}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        return Repository(bare, f"ssh://{self.user}@127.0.0.1:{self.port}{bare}", branch)

    def start(self):
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd's privilege separation directory
        configuration = self.directory / "sshd_config"
        configuration.write_text("\n".join([
            f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {self.directory}/host_ed25519",
            f"HostKey {self.directory}/host_ecdsa", f"AuthorizedKeysFile {self.directory}/authorized_keys",
            f"PidFile {self.directory}/sshd.pid", "StrictModes no", "UsePAM no", "PasswordAuthentication no",
            "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", "LogLevel VERBOSE",
            "SetEnv GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1", ""]))
        self.launch(program("sshd", SSHD_FALLBACK), "-D", "-e", "-f", str(configuration))
        wait_until(lambda: accepts(self.port), f"sshd on port {self.port}")
