#include <catch2/catch.hpp>

#include <iostream>

#include "manifest/desired_loader.hpp"
#include "manifest/render.hpp"
#include "manifest_tree.hpp"

using namespace plimsoll;
namespace fs = std::filesystem;

namespace {

/// A real Compose file as the one app of an environment, with the variables that its neighbour `expected/NAME.env`
/// sets.
RepositoryFiles as_app(const fs::path& file) {
  RepositoryFiles files;
  files["instances.yaml"] =
      test::file_entry("instances: { dev-1: { engine: unix:///var/run/docker.sock, data_dir: /srv } }\n");
  files["environments/dev.yaml"] = test::file_entry("environment: dev\ninstances: [dev-1]\napps: { app: {} }\n");
  files["apps/app/compose.yaml"] = test::file_entry(test::read_text(file));
  const fs::path variables = file.parent_path() / "expected" / (file.stem().string() + ".env");
  if (fs::exists(variables)) files["apps/app/.env"] = test::file_entry(test::read_text(variables));
  return files;
}

}  // namespace

/// Uses ../shared/corpus beside the checkout; passes with a notice when it is absent.
TEST_CASE("every real Compose file becomes a target, or an error that has a place") {
  const fs::path corpus = test::source_dir() / "../shared/corpus";
  if (!fs::exists(corpus)) {
    WARN("the corpus ../shared/corpus is absent: nothing was checked");
    return;
  }
  std::size_t good = 0, broken = 0;
  for (const auto& item : fs::recursive_directory_iterator(corpus)) {
    const std::string extension = item.path().extension().string();
    if (!item.is_regular_file() || (extension != ".yml" && extension != ".yaml")) continue;
    const RepositoryFiles files = as_app(item.path());
    const DesiredState state = manifest::load_desired(files, {}, {});
    INFO(item.path());
    REQUIRE(state.targets.size() + state.broken.size() == 1);
    if (state.targets.empty()) {
      ++broken;
      bool has_place = false;
      for (const Diagnostic& one : state.broken[0].diagnostics) {
        if (one.severity != Severity::error) continue;
        has_place = has_place || (!one.where.file.empty() && one.where.line > 0);
        if (std::getenv("PLIMSOLL_SHOW") != nullptr)
          std::cout << item.path().filename().string() << ": " << to_string(one) << "\n";
      }
      CHECK(has_place);
    } else {
      ++good;
      CHECK_FALSE(state.targets[0].services.empty());
      CHECK_FALSE(manifest::render(state, {}, manifest::RenderFormat::json).empty());
    }
  }
  INFO(good << " loaded, " << broken << " refused");
  CHECK(good > broken);
}
