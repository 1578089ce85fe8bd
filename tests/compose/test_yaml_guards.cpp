#include <catch2/catch.hpp>

#include "compose/yaml_parser.hpp"
#include "model/repository_files.hpp"

using namespace plimsoll;
using compose::parse_yaml;

namespace {
std::string only_error(std::string_view bytes) {
  const auto parsed = parse_yaml("f.yaml", bytes);
  CHECK(parsed.documents.empty());
  REQUIRE(parsed.diagnostics.size() == 1);
  return to_string(parsed.diagnostics[0]);
}
std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}
}  // namespace

TEST_CASE("a flow sequence of any depth is refused, not followed") {
  for (int depth : {65, 10'000, 500'000}) {
    CHECK_THAT(only_error("a: " + repeat("[", depth) + repeat("]", depth)), Catch::Contains("nested deeper than 64"));
  }
  CHECK_THAT(only_error(repeat("- ", 10'000) + "x"), Catch::Contains("nested deeper than 64"));
  std::string block;
  for (int i = 0; i < 1000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK_THAT(only_error(block), Catch::Contains("nested deeper than 64"));
}

TEST_CASE("alias bombs are refused before they unfold") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  CHECK_THAT(only_error(bomb), Catch::Contains("more than 100000 values"));
  CHECK_THAT(only_error("a: &a [*a]"), Catch::Contains("own anchor"));
}

TEST_CASE("what is too big or holds control characters is refused") {
  CHECK_THAT(only_error(std::string(kMaxFileBytes + 1, ' ')), Catch::Contains("more than the limit"));
  CHECK_THAT(only_error("a: \x01"), Catch::Contains("f.yaml:1:4") && Catch::Contains("control character"));
  CHECK_THAT(only_error("a: \"x\\u0001y\""), Catch::Contains("control character"));
  CHECK_THAT(only_error("\"x\\x02\": 1"), Catch::Contains("control character"));
  CHECK_THAT(only_error(std::string_view("a: \0b", 5)), Catch::Contains("NUL"));
}

TEST_CASE("a duplicate key names both lines") {
  CHECK_THAT(only_error("a: 1\nb: 2\na: 3\n"),
             Catch::Contains("f.yaml:3:1") && Catch::Contains("already defined on line 1"));
  CHECK_THAT(only_error("x: {a: 1, 'a': 2}"), Catch::Contains("already defined"));
}

TEST_CASE("broken YAML is an error with a position") {
  for (const char* text : {"a: [1, 2", "a: 'x", "a: *b", "a:\n\t- x", "? [a]\n: b", "<<: 3", "a: b: c"})
    CHECK_THAT(only_error(text), Catch::StartsWith("f.yaml:1:") || Catch::StartsWith("f.yaml:2:"));
}
