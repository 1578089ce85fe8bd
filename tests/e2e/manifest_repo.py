"""A manifest repository to commit to, and the few files most scenarios start from. Standard library only."""
import json
import os
import shutil
import subprocess


class ManifestRepo:
    """A bare repository and a clone to commit from. `url` is what the controller reads."""

    def __init__(self, folder, name="manifests", url=None, bare=None):
        self.bare = bare or os.path.join(folder, name + ".git")
        self.work = os.path.join(folder, name + ".work")
        self.url = url or "file://" + self.bare
        if not os.path.exists(self.bare):
            run_git(folder, "init", "-q", "--bare", "-b", "main", self.bare)
            run_git(self.bare, "config", "http.receivepack", "true")
        run_git(folder, "init", "-q", "-b", "main", self.work)
        self.git("remote", "add", "origin", self.bare)

    def git(self, *argv, **options):
        return run_git(self.work, *argv, **options)

    def write(self, path, text):
        """A file below manifests/ of the work tree."""
        full = os.path.join(self.work, "manifests", path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as out:
            out.write(text.encode() if isinstance(text, str) else text)

    def read(self, path):
        with open(os.path.join(self.work, "manifests", path)) as text:
            return text.read()

    def edit(self, path, old, new):
        text = self.read(path)
        if old not in text:
            raise AssertionError(f"{path} has no {old!r}")
        self.write(path, text.replace(old, new))

    def delete(self, path):
        full = os.path.join(self.work, "manifests", path)
        shutil.rmtree(full) if os.path.isdir(full) else os.unlink(full)

    def commit(self, message="change", force=False):
        """Commits everything and pushes; returns the 40 hex digits."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", *(["--force"] if force else []), "origin", "HEAD:refs/heads/main")
        return self.git("rev-parse", "HEAD").strip()

    def basic(self, engines, registry, apps=None, environment="dev", **extra):
        """instances.yaml, one environment and apps of one service `web`: {app: {port:, tag:, instances:, ...}}."""
        instances = {name: {"engine": url} for name, url in engines.items()}
        entries = {}
        for app, facts in (apps or {"web": {}}).items():
            self.write(f"apps/{app}/compose.yaml", facts.get("compose") or compose_of(registry, app, facts))
            entries[app] = {"images": {"web": str(facts.get("tag", "1"))}}
            entries[app].update({k: facts[k] for k in ("instances", "secrets", "variables") if k in facts})
        document = {"environment": environment, "instances": [next(iter(engines))], "apps": entries}
        document.update(extra)
        self.write("instances.yaml", to_yaml({"instances": instances}))
        self.environment = document
        self.write_environment()
        return self

    def write_environment(self):
        """`environment`, as it is now; scenarios change the dictionary."""
        self.write(f"environments/{self.environment['environment']}.yaml", to_yaml(self.environment))

    def set_tag(self, app, tag, service="web"):
        """The one-line change that a deployment is, not committed yet."""
        self.environment["apps"][app]["images"][service] = str(tag)
        self.write_environment()
        return self

    def deploy(self, app, tag, service="web"):
        """The same, committed; returns the 40 hex digits."""
        return self.set_tag(app, tag, service).commit(f"{app}: {service} {tag}")


def compose_of(registry, app, facts):
    """A one-service app: quick gates, so that scenarios take seconds."""
    service = {"image": f"{registry.address}/{facts.get('image', 'web')}",
               "deploy": {"update_config": {"order": facts["order"]}} if "order" in facts else {},
               "stop_grace_period": "2s"}
    if facts.get("healthcheck", True):
        service["healthcheck"] = {"test": ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"],
                                  "interval": "500ms", "timeout": "2s", "retries": 4}
    if "port" in facts:
        service["ports"] = [f"127.0.0.1:{facts['port']}:8080"]
    service.update(facts.get("service", {}))
    return to_yaml({"services": {"web": {k: v for k, v in service.items() if v != {}}}})


def to_yaml(value, indent=0):
    """Block YAML of plain data: readable in artifacts, with lines for diagnostics to name."""
    pad = "  " * indent
    if isinstance(value, dict):
        lines = []
        for key, item in value.items():
            if isinstance(item, dict) and item:
                lines.append(f"{pad}{key}:\n{to_yaml(item, indent + 1)}")
            else:
                lines.append(f"{pad}{key}: {json.dumps(item)}\n")
        return "".join(lines)
    return pad + json.dumps(value) + "\n"


def run_git(folder, *argv, check=True, env=None):
    environment = dict(os.environ, GIT_AUTHOR_NAME="Ann", GIT_AUTHOR_EMAIL="ann@example.org", GIT_COMMITTER_NAME="Ann",
                       GIT_COMMITTER_EMAIL="ann@example.org", GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null",
                       GIT_TERMINAL_PROMPT="0", **(env or {}))
    done = subprocess.run(["git", "-C", folder, *argv], env=environment, capture_output=True, text=True, timeout=60)
    if check and done.returncode != 0:
        raise RuntimeError(f"git {' '.join(argv)}: {done.stderr}")
    return done.stdout
