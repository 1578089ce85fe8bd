// Compares with what Docker Compose makes of real files. The files are not part of the project: ../shared/corpus beside
// it; without them this test says so and passes.
#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "compose/load.hpp"
#include "tests/compose/memory_files.hpp"

using namespace plimsoll;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Path and values of the first difference; empty when equal.
std::string first_difference(const json::value& expected, const json::value& actual, const std::string& path) {
  const auto differ = [&] {
    return path + ": expected " + json::serialize(expected) + ", got " + json::serialize(actual);
  };
  if (expected.is_object() && actual.is_object()) {
    for (const auto& [key, value] : expected.get_object()) {
      const auto* other = actual.get_object().if_contains(key);
      const std::string at = path + "." + std::string(key);
      if (other == nullptr) return at + ": missing, expected " + json::serialize(value);
      if (auto inner = first_difference(value, *other, at); !inner.empty()) return inner;
    }
    for (const auto& [key, value] : actual.get_object())
      if (!expected.get_object().contains(key))
        return path + "." + std::string(key) + ": not expected, got " + json::serialize(value);
    return {};
  }
  if (expected.is_array() && actual.is_array()) {
    const auto& a = expected.get_array();
    const auto& b = actual.get_array();
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
      if (auto inner = first_difference(a[i], b[i], path + "[" + std::to_string(i) + "]"); !inner.empty()) return inner;
    return a.size() == b.size() ? std::string{} : differ();
  }
  if (expected.is_number() && actual.is_number())
    return std::abs(expected.to_number<double>() - actual.to_number<double>()) < 1e-9 ? std::string{} : differ();
  return expected == actual ? std::string{} : differ();
}

compose::Variables variables_of(const fs::path& path) {
  compose::Variables variables;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);)
    if (const auto equals = line.find('='); equals != std::string::npos)
      variables.set(line.substr(0, equals), line.substr(equals + 1));
  return variables;
}

/// What differs, or nothing.
std::string compare(const fs::path& file, const fs::path& expected_json, std::vector<std::size_t>& weights) {
  compose::LoadOptions options;
  options.files = {"compose.yaml"};
  options.project_name = "project";
  options.project_directory = "/project";
  options.variables = variables_of(fs::path(expected_json).replace_extension(".env"));
  options.unset_is_error = false;
  options.strict = false;
  options.home_directory = "/";
  const auto files = MemoryFiles::of({{"/project/compose.yaml", read_file(file)}});
  const auto loaded = compose::load_project(files, options);
  weights.push_back(loaded.weight);
  const json::value expected = json::parse(read_file(expected_json));
  if (const auto* error = expected.get_object().if_contains("error"))
    return loaded.project ? "expected the error " + json::serialize(*error) : std::string{};
  if (!loaded.project) {
    for (const Diagnostic& d : loaded.diagnostics)
      if (d.severity == Severity::error) return to_string(d);
    return "no project and no error";
  }
  return first_difference(expected.at("model"), json::parse(compose::to_config_json(*loaded.project)), "");
}

/// `NAME  reason` lines; `#` comments.
std::map<std::string, std::string> deliberate_differences() {
  std::map<std::string, std::string> entries;
  std::istringstream lines(read_file(fs::path(PLIMSOLL_SOURCE_DIR) / "tests/compose/deliberate_differences.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto blank = line.find(' ');
    entries[line.substr(0, blank)] = blank == std::string::npos ? "" : line.substr(blank + 1);
  }
  return entries;
}

}  // namespace

TEST_CASE("real Compose files resolve as docker compose config resolves them") {
  const fs::path corpus = fs::path(PLIMSOLL_SOURCE_DIR).parent_path() / "shared/corpus";
  if (!fs::exists(corpus)) {
    std::cout << "notice: " << corpus.filename() << " is absent; nothing compared\n";
    return;
  }
  const auto deliberate = deliberate_differences();
  std::set<std::string> differing;
  std::size_t total = 0;
  std::vector<std::size_t> weights;
  for (const auto& entry : fs::recursive_directory_iterator(corpus)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".yml" && path.extension() != ".yaml") continue;
    const fs::path expected = path.parent_path() / "expected" / (path.stem().string() + ".json");
    if (!fs::exists(expected)) continue;
    ++total;
    const std::string name = path.parent_path().filename().string() + "/" + path.stem().string();
    const std::string difference = compare(path, expected, weights);
    if (difference.empty()) continue;
    differing.insert(name);
    if (!deliberate.contains(name)) std::cout << name << "\n    " << difference.substr(0, 600) << "\n";
  }
  std::cout << "corpus: " << total - differing.size() << " of " << total << " equal, " << deliberate.size()
            << " deliberate differences\n";
  CHECK(total > 200);
  // The limits are far from what people write.
  std::sort(weights.begin(), weights.end());
  std::cout << "they weigh " << weights[weights.size() / 2] << " (median) to " << weights.back() << "\n";
  CHECK(weights.back() < kMaxAppWeight / 20);
  for (const std::string& name : differing) {
    INFO(name);
    CHECK(deliberate.contains(name));
  }
  for (const auto& [name, reason] : deliberate) {
    INFO(name << " is listed as a deliberate difference, but is equal; remove it");
    CHECK(differing.contains(name));
    CHECK(!reason.empty());
  }
}
