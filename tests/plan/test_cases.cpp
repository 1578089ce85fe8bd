#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

#include "plan/case_file.hpp"

namespace plimsoll::plan_test {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<fs::path> case_paths() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(PLIMSOLL_SOURCE_DIR) / "tests/plan/cases")) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string planned(const fs::path& path) {
  try {
    return plan_text(read_case(read_file(path)));
  } catch (const std::exception& problem) {
    return std::string("malformed case: ") + problem.what() + "\n";
  }
}

}  // namespace

TEST_CASE("every situation in cases/ gives its reviewed plan") {
  const bool accept = std::getenv("PLIMSOLL_ACCEPT") != nullptr;
  const auto paths = case_paths();
  int rewritten = 0;
  for (const auto& path : paths) {
    const std::string plan = planned(path);
    fs::path expected_path = path;
    expected_path.replace_extension(".plan");
    if (accept && plan != read_file(expected_path)) {
      std::ofstream(expected_path, std::ios::binary) << plan;
      ++rewritten;
    }
    INFO("tests/plan/cases/" << path.filename().string());
    CHECK(plan == read_file(expected_path));
  }
  std::cout << paths.size() << " cases\n";
  CHECK(paths.size() >= 60);
  // A run that rewrote something says nothing about the planner: review the files, then run again without it.
  CHECK(rewritten == 0);
}

TEST_CASE("the plan of every situation is the same whatever the order of its inputs") {
  for (const auto& path : case_paths()) {
    Case situation = read_case(read_file(path));
    const std::string plan = plan_text(situation);
    std::reverse(situation.desired.services.begin(), situation.desired.services.end());
    std::reverse(situation.desired.networks.begin(), situation.desired.networks.end());
    std::reverse(situation.observed.containers.begin(), situation.observed.containers.end());
    if (situation.observed.networks)
      std::reverse(situation.observed.networks->begin(), situation.observed.networks->end());
    INFO("tests/plan/cases/" << path.filename().string());
    CHECK(plan_text(situation) == plan);
  }
}

}  // namespace plimsoll::plan_test
