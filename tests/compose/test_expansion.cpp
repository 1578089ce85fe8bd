// A few bytes may stand for many, up to limits: each case is one error, and the load stops before it costs anything.
#include <catch2/catch.hpp>

#include "compose/load.hpp"
#include "compose/port_syntax.hpp"
#include "tests/compose/memory_files.hpp"

using namespace plimsoll;
using compose::LoadedProject;
using compose::LoadOptions;

namespace {

const std::string kHead = "services:\n  s:\n    image: a:1\n";

/// `text` once for each number from 0, with the number for `#`.
std::string times(int count, std::string_view text) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    for (char c : text) out += c == '#' ? std::to_string(i) : std::string(1, c);
  }
  return out;
}

LoadedProject load(std::map<std::string, std::string> files, LoadOptions options = {}) {
  std::map<std::string, std::string> placed;
  for (auto& [name, text] : files) placed["/p/" + name] = std::move(text);
  options.project_directory = "/p";
  options.project_name = "p";
  options.files = {"compose.yaml"};
  options.shown_without = "/p/";
  return compose::load_project(MemoryFiles(std::move(placed)), options);
}

std::vector<std::string> errors_of(const LoadedProject& loaded) {
  std::vector<std::string> out;
  for (const Diagnostic& one : loaded.diagnostics)
    if (one.severity == Severity::error) out.push_back(to_string(one));
  return out;
}

struct Row {
  std::string name;
  std::map<std::string, std::string> files;
  std::string error;
};

const std::string kTooHeavy = "the app weighs more than 33554432 bytes";

std::vector<Row> rows() {
  const std::string environment = kHead + "    environment:\n";
  return {
      {"a long text with many aliases",
       {{"compose.yaml",
         "x-a: &a \"" + std::string(400'000, 'A') + "\"\nx-b: [" + times(4'000, "*a, ") + "]\n" + kHead}},
       "compose.yaml:2:79: error: more than 8388608 bytes of text once aliases are followed"},
      {"anchors in anchors",
       {{"compose.yaml", "x-a: " + times(50, "&a# [") + times(4'000, "x, ") + std::string(50, ']') + "\n" + kHead}},
       "more than 100000 values once aliases are followed"},
      {"a list too long",
       {{"compose.yaml", "x-a: [" + times(12'001, "x, ") + "]\n"}},
       "a list with more than 12000 entries"},
      {"a key too long",
       {{"compose.yaml", "? " + std::string(1'025, 'k') + "\n: x\n"}},
       "a key of more than 1024 bytes"},
      {"a long variable many times",
       {{".env", "A=" + std::string(500'000, 'B') + "\n"},
        {"compose.yaml", environment + "      X: \"" + times(20'000, "$A") + "\"\n"}},
       "compose.yaml:5:10: error: services.s.environment.X: more than 1048576 bytes once variables are put in"},
      {"a long variable, only asked for",
       {{".env", "A=" + std::string(500'000, 'B') + "\n"},
        {"compose.yaml", environment + "      X: \"" + times(20'000, "${A:+}") + "\"\n"}},
       "compose.yaml:5:10: error: services.s.environment.X: more than 1048576 bytes once variables are put in"},
      {"a long variable in many values",
       {{".env", "A=" + std::string(900'000, 'B') + "\n"}, {"compose.yaml", environment + times(60, "      X#: $A\n")}},
       kTooHeavy},
      {"a long variable, passed through",
       {{".env", "A=" + std::string(900'000, 'B') + "\n"},
        {"compose.yaml", "services:\n" + times(60, "  s#: { image: \"a:1\", environment: [A] }\n")}},
       kTooHeavy},
      {"a dotenv file that doubles",
       {{".env", "A0=" + std::string(100, 'B') + "\n" + times(1, "A1=$A0$A0\n") +
                     [] {
                       std::string out;
                       for (int i = 1; i < 40; ++i) {
                         const std::string last = "$A" + std::to_string(i);
                         out += "A" + std::to_string(i + 1) + "=" + last + last + "\n";
                       }
                       return out;
                     }()},
        {"compose.yaml", kHead}},
       ".env:14:1: error: values of more than 1048576 bytes once variables are put in"},
      {"an env file for every service",
       {{"e.env", times(4'000, "KEY#=value\n")},
        {"compose.yaml", "services:\n" + times(400, "  s#: { image: \"a:1\", env_file: e.env }\n")}},
       kTooHeavy},
      {"an env file with too many variables",
       {{"e.env", times(12'001, "K#=v\n")}, {"compose.yaml", kHead + "    env_file: e.env\n"}},
       "more than 12000 variables in the files of one service"},
      {"a range of all ports",
       {{"compose.yaml", kHead + "    ports:\n" + times(60, "      - \"127.0.0.#:1-65535:1-65535\"\n")}},
       "compose.yaml:5:9: error: services.s.ports[0]: more than 12000 ports of one service, ranges counted"},
      {"many ranges of ports",
       {{"compose.yaml", kHead + "    ports:\n" + times(130, "      - \"127.0.0.#:1-100:1-100\"\n")}},
       "compose.yaml:125:9: error: services.s.ports[120]: more than 12000 ports of one service, ranges counted"},
      {"many ports of many services",
       {{"compose.yaml", "services:\n" + times(400, "  s#: { image: \"a:1\", ports: [\"1-5000\"] }\n")}},
       kTooHeavy},
      {"a large service that many extend",
       {{"compose.yaml",
         environment + times(4'000, "      K#: v\n") + times(400, "  t#: { extends: { service: s } }\n")}},
       kTooHeavy},
      {"a document that is merged many times",
       {{"compose.yaml", environment + times(4'000, "      K#: v\n") + times(1'000, "---\nx-a: 1\n")}},
       kTooHeavy},
      {"a command of many words",
       {{"compose.yaml", "x-c: &c \"" + times(150'000, "a ") + "\"\nservices:\n" +
                             times(20, "  s#: { image: \"a:1\", command: *c }\n")}},
       kTooHeavy},
      {"a long directory before many paths",
       {{"x.yaml", "services:\n  t:\n    image: a:1\n    volumes: [" + times(4'000, "\"./a#:/b#\", ") + "]\n"},
        {"compose.yaml",
         "include:\n  - path: x.yaml\n    project_directory: \"" + times(100'000, "d/") + "\"\n" + kHead}},
       "compose.yaml:2:5: error: include[0]: a directory of more than 4096 bytes"},
      {"too many services",
       {{"compose.yaml", "services:\n" + times(501, "  s#: { image: \"a:1\" }\n")}},
       "compose.yaml:2:3: error: services: 501 services, more than the limit of 500"},
  };
}

}  // namespace

TEST_CASE("what a few bytes stand for has limits, and passing one is one error") {
  for (const Row& row : rows()) {
    INFO(row.name);
    const LoadedProject loaded = load(row.files);
    const auto errors = errors_of(loaded);
    CHECK_FALSE(loaded.project);
    CHECK(errors.size() == 1);
    if (!errors.empty()) CHECK_THAT(errors.front(), Catch::Contains(row.error) && Catch::Contains("; "));
    CHECK(loaded.too_heavy == (row.error == kTooHeavy));
  }
}

TEST_CASE("what is below the limits loads") {
  const std::string text =
      kHead + "    environment:\n" + times(4'900, "      K#: v\n") + "    ports: [\"10000-20000:10000-20000/udp\"]\n";
  const LoadedProject loaded = load({{"compose.yaml", text}});
  CHECK(errors_of(loaded).empty());
  CHECK_FALSE(loaded.too_heavy);
  CHECK(loaded.weight > text.size());
  CHECK(loaded.weight < kMaxAppWeight);
}

TEST_CASE("a load stops at the weight that it is allowed, or when it is asked to") {
  LoadOptions options;
  options.allowed_weight = 1'000;
  const std::string text = kHead + "    environment:\n" + times(100, "      K#: v\n");
  CHECK(load({{"compose.yaml", text}}, options).too_heavy);
  options.allowed_weight = kMaxAppWeight;
  CHECK(load({{"compose.yaml", text}}, options).project);
  std::stop_source stop;
  options.stop = stop.get_token();
  CHECK(load({{"compose.yaml", text}}, options).project);
  stop.request_stop();
  const LoadedProject stopped = load({{"compose.yaml", text}}, options);
  CHECK_FALSE(stopped.project);
  CHECK_FALSE(stopped.too_heavy);
}

TEST_CASE("of ten thousand errors the first hundred are told, and that there are more") {
  const auto errors = errors_of(load({{"compose.yaml", kHead + "    depends_on: [" + times(4'900, "d#, ") + "]\n"}}));
  REQUIRE(errors.size() == 101);
  CHECK_THAT(errors.front(), Catch::Contains("depends on undefined service d0"));
  CHECK_THAT(errors.back(), Catch::Contains("there are more errors, which are not shown"));
  const std::string in_one_value = kHead + "    command: [\"" + times(200'000, "$A") + "\"]\n";
  CHECK(errors_of(load({{"compose.yaml", in_one_value}})).size() <= 101);
}

TEST_CASE("a message is cut, not repeated at length") {
  const std::string text = kHead + "    restart: a\n    pull_policy: \"" + std::string(500'000, 'x') + "\"\n";
  const auto errors = errors_of(load({{"compose.yaml", text}}));
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().size() < 3'000);
}
