// Runs the case files in tests/compose/cases. One file holds cases like this:
//
//   === name of the case, as an obligation
//   --- compose.yaml            a file of the project directory /project; any number, the first *.yaml ones are loaded
//   services: ...
//   --- options                 optional: files=a,b  profiles=x,y  unset=warn  strict=no  name=N  var A=B (one a line)
//   --- expect                  lines `path = JSON`, or `path absent`
//   --- errors                  one substring a line, for each error in order of place; must be all of them
//   --- warnings                the same for warnings
#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "compose/load.hpp"
#include "tests/compose/memory_files.hpp"

using namespace plimsoll;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

struct Case {
  std::string name;
  std::vector<std::pair<std::string, std::string>> sections;
  const std::string* section(const std::string& wanted) const {
    for (const auto& [key, text] : sections)
      if (key == wanted) return &text;
    return nullptr;
  }
};

std::vector<Case> read_cases(const fs::path& path) {
  std::vector<Case> cases;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== "))
      cases.push_back({line.substr(4), {}});
    else if (line.starts_with("--- ") && !cases.empty())
      cases.back().sections.emplace_back(line.substr(4), "");
    else if (!cases.empty() && !cases.back().sections.empty())
      cases.back().sections.back().second += line + "\n";
  }
  return cases;
}

std::vector<std::string> lines_of(const std::string* text) {
  std::vector<std::string> lines;
  std::istringstream in(text == nullptr ? "" : *text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

void take_option(compose::LoadOptions& options, const std::string& line) {
  const auto equals = line.find('=');
  const std::string key = line.substr(0, equals);
  const std::string value = line.substr(equals + 1);
  if (key == "files")
    options.files = split(value, ',');
  else if (key == "profiles")
    options.profiles = split(value, ',');
  else if (key == "env_files")
    options.env_files = split(value, ',');
  else if (key == "unset")
    options.unset_is_error = value != "warn";
  else if (key == "strict")
    options.strict = value != "no";
  else if (key == "name")
    options.project_name = value;
  else if (key.starts_with("var "))
    options.variables.set(key.substr(4), value);
  else
    FAIL("unknown option " << line);
}

const json::value* find(const json::value& root, const std::string& path) {
  const json::value* at = &root;
  for (const std::string& step : split(path, '.')) {
    const auto bracket = step.find('[');
    if (at == nullptr || !at->is_object()) return nullptr;
    at = at->get_object().if_contains(step.substr(0, bracket));
    if (at == nullptr || bracket == std::string::npos) continue;
    const auto index = static_cast<std::size_t>(std::stoi(step.substr(bracket + 1)));
    at = at->is_array() && index < at->get_array().size() ? &at->get_array()[index] : nullptr;
  }
  return at;
}

void check_messages(const Case& example, const std::string& section, Severity severity, const Diagnostics& found) {
  std::vector<std::string> messages;
  for (const Diagnostic& d : found)
    if (d.severity == severity) messages.push_back(to_string(d));
  const auto wanted = lines_of(example.section(section));
  std::string all;
  for (const std::string& message : messages) all += message + "\n";
  INFO(section << " are:\n" << all);
  if (severity == Severity::error || example.section(section) != nullptr) CHECK(messages.size() == wanted.size());
  for (std::size_t i = 0; i < std::min(wanted.size(), messages.size()); ++i)
    CHECK_THAT(messages[i], Catch::Contains(wanted[i]));
}

void check_expectations(const Case& example, const compose::LoadedProject& loaded) {
  const auto lines = lines_of(example.section("expect"));
  if (lines.empty()) return;
  CHECK(loaded.project);
  if (!loaded.project) return;
  const std::string text = compose::to_config_json(*loaded.project);
  const json::value actual = json::parse(text);
  for (const std::string& line : lines) {
    INFO(line);
    if (line.ends_with(" absent")) {
      CHECK(find(actual, line.substr(0, line.size() - 7)) == nullptr);
      continue;
    }
    const auto equals = line.find(" = ");
    REQUIRE(equals != std::string::npos);
    const json::value* value = find(actual, line.substr(0, equals));
    const json::value wanted = json::parse(line.substr(equals + 3));
    INFO("is: " << (value == nullptr ? "absent" : json::serialize(*value)));
    CHECK((value != nullptr && *value == wanted));
  }
}

void run(const Case& example) {
  compose::LoadOptions options;
  options.project_directory = "/project";
  options.files = {"compose.yaml"};
  options.project_name = "p";
  options.shown_without = "/project/";
  std::map<std::string, std::string> files;
  for (const auto& [name, text] : example.sections) {
    if (name == "options")
      for (const std::string& line : lines_of(&text)) take_option(options, line);
    else if (name != "expect" && name != "errors" && name != "warnings")
      files["/project/" + name] = text;
  }
  const auto loaded = compose::load_project(MemoryFiles(files), options);
  check_messages(example, "errors", Severity::error, loaded.diagnostics);
  check_messages(example, "warnings", Severity::warning, loaded.diagnostics);
  check_expectations(example, loaded);
}

}  // namespace

TEST_CASE("the case files hold") {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(PLIMSOLL_SOURCE_DIR) / "tests/compose/cases"))
    for (const Case& example : read_cases(entry.path())) {
      ++count;
      INFO(entry.path().filename().string() << ": " << example.name);
      run(example);
    }
  CHECK(count > 30);
}
