#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controller/cli/cli.hpp"
#include "controller/cli/local_files.hpp"
#include "controller/running_server.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

struct Outcome {
  int status;
  std::string out, err;
};

Outcome run(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const CliContext context{.out = out, .err = err};
  const int status = run_command_line(std::move(arguments), context);
  return {status, out.str(), err.str()};
}

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// A small, right manifest directory.
struct Manifests {
  Manifests() {
    write(directory.path("instances.yaml"), "instances:\n  dev-1: { engine: unix:///var/run/docker.sock }\n");
    write(directory.path("apps/backend/compose.yaml"), "services:\n  api:\n    image: ghcr.io/acme/api:1.0.0\n");
    environment("environment: dev\ninstances: [dev-1]\napps:\n  backend:\n    images: { api: 1.4.2 }\n");
  }
  void environment(const std::string& text) const { write(directory.path("environments/dev.yaml"), text); }
  [[nodiscard]] std::string path() const { return directory.path(); }
  ScratchDirectory directory;
};

}  // namespace

TEST_CASE("validate is silent on stdout and exits 0 when all is well") {
  const Manifests manifests;
  const Outcome outcome = run({"validate", manifests.path()});
  INFO(outcome.out);
  CHECK(outcome.status == 0);
  CHECK(outcome.out.empty());
}

TEST_CASE("validate prints every error with file and line, and exits 1") {
  const Manifests manifests;
  manifests.environment("environment: dev\ninstances: [dev-2]\nappps: {}\n");
  const Outcome outcome = run({"validate", manifests.path()});
  CHECK(outcome.status == 1);
  CHECK(outcome.out.find("environments/dev.yaml:2:") != std::string::npos);
  CHECK(outcome.out.find("environments/dev.yaml:3:") != std::string::npos);
  const auto json = boost::json::parse(run({"validate", manifests.path(), "-o", "json"}).out);
  CHECK(json.at("diagnostics").as_array().size() >= 2);
  CHECK(run({"validate", manifests.path() + "/nowhere"}).status == 20);
}

TEST_CASE("render prints the resolved services of one environment and says when there is none") {
  const Manifests manifests;
  const Outcome rendered = run({"render", manifests.path(), "--environment", "dev"});
  CHECK(rendered.status == 0);
  CHECK(rendered.out.find("ghcr.io/acme/api:1.4.2") != std::string::npos);
  const Outcome json = run({"render", manifests.path(), "--environment", "dev", "--app", "backend", "-o", "json"});
  CHECK_NOTHROW(boost::json::parse(json.out));
  const Outcome none = run({"render", manifests.path(), "--environment", "prod"});
  CHECK(none.status == 20);
  CHECK(none.err.find("nothing to render for prod") != std::string::npos);
}

TEST_CASE("a directory that is no manifest directory is one error, which names the one below") {
  const Manifests manifests;
  std::filesystem::create_directory(manifests.directory.path("repository"));
  for (const char* name : {"apps", "environments", "instances.yaml"})
    std::filesystem::rename(manifests.directory.path(name),
                            manifests.directory.path(std::string("repository/") + name));
  const std::string repository = manifests.directory.path("repository");
  std::filesystem::rename(repository, manifests.directory.path("manifests"));
  const Outcome above = run({"validate", manifests.path()});
  const std::string meant = manifests.directory.path("manifests");
  CHECK(above.status == 1);
  CHECK(above.out == "instances.yaml: error: the file is missing; did you mean " + meant + "?\n");
  CHECK(above.err == manifests.path() + ": 1 error, 0 warnings\n");
  const Outcome rendered = run({"render", manifests.path(), "--environment", "dev"});
  CHECK(rendered.status == 20);
  CHECK(rendered.err.find("did you mean " + meant + "?") != std::string::npos);
  std::filesystem::remove(meant + "/instances.yaml");
  CHECK(run({"validate", meant}).out == "instances.yaml: error: the file is missing; add it\n");
}

TEST_CASE("render of a broken app prints its errors and exits 20") {
  const Manifests manifests;
  write(manifests.directory.path("apps/backend/compose.yaml"), "services:\n  api:\n    imagge: x\n");
  const Outcome outcome = run({"render", manifests.path(), "--environment", "dev"});
  CHECK(outcome.status == 20);
  CHECK(outcome.err.find("compose.yaml:3:") != std::string::npos);
}

TEST_CASE("compose-config resolves files, env files and profiles") {
  ScratchDirectory directory;
  write(directory.path("a.yaml"),
        "name: shop\nservices:\n  web:\n    image: nginx:${TAG}\n  extra:\n    image: busybox\n    profiles: [more]\n");
  write(directory.path("b.yaml"), "services:\n  web:\n    environment: { A: b }\n");
  write(directory.path("tags.env"), "TAG=1.27\n");
  const std::vector<std::string> base{"compose-config",
                                      "-f",
                                      directory.path("a.yaml"),
                                      "-f",
                                      directory.path("b.yaml"),
                                      "--env-file",
                                      directory.path("tags.env"),
                                      "-o",
                                      "json"};
  const Outcome outcome = run(base);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  const auto project = boost::json::parse(outcome.out);
  CHECK(project.at("name") == "shop");
  CHECK(project.at("services").at("web").at("image") == "nginx:1.27");
  CHECK(project.at("services").at("web").at("environment").at("A") == "b");
  CHECK(project.at("services").as_object().size() == 1);
  auto more = base;
  more.insert(more.end(), {"--profile", "more", "--project-name", "other"});
  const auto wider = boost::json::parse(run(more).out);
  CHECK(wider.at("name") == "other");
  CHECK(wider.at("services").as_object().size() == 2);
}

TEST_CASE("compose-config names file and line of what is wrong and exits 20") {
  ScratchDirectory directory;
  write(directory.path("a.yaml"), "services:\n  web:\n    image: x:${TAG}\n    porst: []\n");
  const Outcome outcome = run({"compose-config", "-f", directory.path("a.yaml")});
  CHECK(outcome.status == 20);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.find("a.yaml:3:") != std::string::npos);
  CHECK(outcome.err.find("set it in .env or with --env-file, or give it a default: ${TAG:-}\n") != std::string::npos);
  CHECK(run({"compose-config", "-f", directory.path("none.yaml")}).status == 20);
}

TEST_CASE("compose-config reads standard input as the file -") {
  std::ostringstream out;
  std::ostringstream err;
  CliContext context{.out = out, .err = err};
  CHECK(run_command_line({"compose-config", "-f", "-"}, context) == 20);
  std::istringstream in("services:\n  web:\n    image: nginx\n");
  context.in = &in;
  CHECK(run_command_line({"compose-config", "-f", "-", "-p", "shop", "-o", "json"}, context) == 0);
  CHECK(boost::json::parse(out.str()).at("services").at("web").at("image") == "nginx");
}

TEST_CASE("a directory reads like a revision's tree: links are links, .git is left out, large files have no content") {
  ScratchDirectory directory;
  write(directory.path("a/b.yaml"), "b");
  write(directory.path(".git/HEAD"), "x");
  write(directory.path("sub/.git"), "gitdir: elsewhere");
  write(directory.path("large"), std::string(kMaxFileBytes + 1, 'x'));
  write(directory.path("limit"), std::string(kMaxFileBytes, 'x'));
  write(directory.path("run.sh"), "#!");
  std::filesystem::permissions(directory.path("run.sh"), std::filesystem::perms::owner_all);
  std::filesystem::create_directory_symlink("/", directory.path("loop"));
  const auto files = read_local_files(directory.path());
  REQUIRE(files.ok());
  std::string names;
  for (const auto& [path, entry] : *files) names += path + " ";
  CHECK(names == "a/b.yaml large limit loop run.sh ");
  CHECK(*files->at("a/b.yaml").content == "b");
  CHECK(files->at("loop").kind == RepositoryEntry::Kind::symlink);
  CHECK(files->at("run.sh").kind == RepositoryEntry::Kind::executable);
  CHECK_FALSE(files->at("large").content);
  CHECK(files->at("limit").content);
}
