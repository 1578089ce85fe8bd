#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "manifest/desired_loader.hpp"
#include "manifest/render.hpp"
#include "manifest/validate.hpp"
#include "manifest_tree.hpp"

using namespace plimsoll;
namespace fs = std::filesystem;

namespace {

/// What a tree of manifests comes to: all diagnostics, then the targets.
std::string outcome(const RepositoryFiles& files) {
  std::string out;
  for (const Diagnostic& diagnostic : manifest::validate(files)) out += to_string(diagnostic) + "\n";
  DesiredState state = manifest::load_desired(files, {"main", std::string(40, '1')}, {});
  for (BrokenApp& app : state.broken) app.diagnostics.clear();
  return out + "---\n" + manifest::render(state, {}, manifest::RenderFormat::yaml);
}

}  // namespace

/// Each directory of tests/manifest/cases is a tree of manifests and what comes of it in expected.txt. Run with
/// PLIMSOLL_ACCEPT=1 to write expected.txt anew, and review the difference.
TEST_CASE("every case file gives the diagnostics and targets that were reviewed") {
  std::vector<fs::path> cases;
  for (const auto& item : fs::directory_iterator(test::source_dir() / "tests/manifest/cases")) {
    if (item.is_directory()) cases.push_back(item.path());
  }
  std::sort(cases.begin(), cases.end());
  REQUIRE(cases.size() > 5);
  for (const fs::path& directory : cases) {
    RepositoryFiles files = test::files_below(directory);
    files.erase("expected.txt");
    const std::string actual = outcome(files);
    const fs::path expected = directory / "expected.txt";
    if (std::getenv("PLIMSOLL_ACCEPT") != nullptr) std::ofstream(expected, std::ios::binary) << actual;
    INFO("case " << directory.filename());
    CHECK(actual == test::read_text(expected));
  }
}

TEST_CASE("the example of the project loads without a finding") {
  const RepositoryFiles files = test::files_below(test::source_dir() / "manifests");
  std::string findings;
  for (const Diagnostic& diagnostic : manifest::validate(files)) findings += to_string(diagnostic) + "\n";
  CHECK(findings == "");
  const DesiredState state = manifest::load_desired(files, {"main", std::string(40, '1')}, {});
  CHECK(state.broken.empty());
  CHECK(state.targets.size() == 10);
}
