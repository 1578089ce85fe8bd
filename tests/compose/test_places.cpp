#include <catch2/catch.hpp>

#include "compose/load.hpp"
#include "tests/compose/memory_files.hpp"

using namespace plimsoll;
using namespace plimsoll::compose;

namespace {
LoadOptions options_for(std::vector<std::string> files) {
  LoadOptions options;
  options.project_directory = "/__repo__/apps/x";
  options.shown_without = "/__repo__/";
  options.files = std::move(files);
  options.project_name = "dev-x";
  return options;
}
}  // namespace

TEST_CASE("a resolved project still knows where everything was written, and which paths were relative") {
  const auto files = MemoryFiles::of(
      {{"/__repo__/apps/x/compose.yaml",
        "services:\n  a:\n    image: one\n    volumes:\n      - ./conf:/conf:ro\n      - /etc/host:/host\n    extends: "
        "{file: ../y/base.yaml, service: b}\n"},
       {"/__repo__/apps/y/base.yaml", "services:\n  b:\n    volumes: [\"./data:/data\"]\n    user: root\n"},
       {"/__repo__/apps/x/over.yaml", "services:\n  a:\n    image: two\n"}});
  const LoadedProject loaded = load_project(files, options_for({"compose.yaml", "over.yaml"}));
  REQUIRE(loaded.project);
  const Node& service = *loaded.project->find("services")->find("a");
  CHECK(service.find("image")->position() == SourcePosition{"apps/x/over.yaml", 3, 12});
  CHECK(service.find("user")->position() == SourcePosition{"apps/y/base.yaml", 4, 11});
  const auto& volumes = service.find("volumes")->items();
  REQUIRE(volumes.size() == 3);
  CHECK(volumes[0].find("source")->string() == "/__repo__/apps/y/data");
  CHECK(volumes[0].find("source")->was_relative_path());
  CHECK(volumes[1].find("source")->string() == "/__repo__/apps/x/conf");
  CHECK(volumes[1].find("source")->position() == SourcePosition{"apps/x/compose.yaml", 5, 9});
  CHECK(volumes[2].find("source")->string() == "/etc/host");
  CHECK_FALSE(volumes[2].find("source")->was_relative_path());
}

TEST_CASE("a refused file says why, a missing one what to do") {
  auto files = MemoryFiles::of(
      {{"/__repo__/apps/x/compose.yaml", "services:\n  a: {image: i, env_file: [link.env, gone.env]}\n"}});
  files.refuse("/__repo__/apps/x/link.env", "it is a symbolic link");
  const LoadedProject loaded = load_project(files, options_for({"compose.yaml"}));
  CHECK_FALSE(loaded.project);
  REQUIRE(loaded.diagnostics.size() == 2);
  CHECK(to_string(loaded.diagnostics[0]) ==
        "apps/x/compose.yaml:2:28: error: services.a.env_file: env file apps/x/link.env is refused: it is a symbolic "
        "link; use a plain file "
        "of the repository");
  CHECK_THAT(to_string(loaded.diagnostics[1]), Catch::Contains("apps/x/gone.env is not there; add the file"));
  CHECK_FALSE(load_project(files, options_for({"absent.yaml"})).project);
  CHECK_FALSE(load_project(files, options_for({})).project);
}

TEST_CASE("disabled services and the variables in force are told") {
  auto files =
      MemoryFiles::of({{"/__repo__/apps/x/compose.yaml", "services: {a: {image: i}, b: {image: i, profiles: [p]}}\n"},
                       {"/__repo__/apps/x/.env", "V=1\n"}});
  const LoadedProject loaded = load_project(files, options_for({"compose.yaml"}));
  REQUIRE(loaded.project);
  CHECK(loaded.disabled_services == std::set<std::string>{"b"});
  CHECK(loaded.variables.find("V") == "1");
  CHECK(loaded.variables.find("COMPOSE_PROJECT_NAME") == "dev-x");
}
