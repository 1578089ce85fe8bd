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
  CHECK_THAT(only_error("a: 1\n# caf\xE9\n"), Catch::Contains("f.yaml:2:6") && Catch::Contains("not UTF-8"));
  for (const char* text : {"a: \x07", "# \x1b[0m", "a: x\x7f", "a: \xED\xA0\x80"})
    CHECK_THAT(only_error(text), Catch::Contains("control character"));
  CHECK(parse_yaml("f", "\xEF\xBB\xBFk: \u00e9\U0001F600\t# \u00a0\r\nb: \"\\a\"\r\n").diagnostics.empty());
}

TEST_CASE("a duplicate key names both lines") {
  CHECK_THAT(only_error("a: 1\nb: 2\na: 3\n"),
             Catch::Contains("f.yaml:3:1") && Catch::Contains("already defined on line 1"));
  CHECK_THAT(only_error("x: {a: 1, 'a': 2}"), Catch::Contains("already defined"));
}

TEST_CASE("what follows a finished document needs a marker of its own") {
  for (const char* text : {"  a: 1\nb: 2", "- a\nb: 1", "a: 1\n...\nb: 2", "\"a\":1"})
    CHECK_THAT(only_error(text), Catch::Contains("text after the end of the document"));
  CHECK(parse_yaml("f", "a: 1\n---\nb: 2\n...\n--- # c\nc: 3\n").documents.size() == 3);
  CHECK(parse_yaml("f", "# c\n---\na: |\n  ---\n").documents.size() == 1);
}

TEST_CASE("the end of the file closes no quote") {
  for (const char* text : {"a: \"\nb: 1\n", "a: '", "\u00e9: '\u00e9''", "a: 1\nb: \"x\\\"\n", "a: \"",
                           "a: 'x''\nb: 1\n", "\xEF\xBB\xBF\"a: 1\n"})
    CHECK_THAT(only_error(text), Catch::Contains("quote") || Catch::Contains("EOF"));
  for (const char* text :
       {"a: \"\"", "\xEF\xBB\xBF\"a\": 'x'", "a: 'it''s'\n# isn't\n", "a: \"\\\\\"", "'a': \"'\"", "a: it's"}) {
    INFO(text);
    CHECK(parse_yaml("f", text).diagnostics.empty());
  }
}

TEST_CASE("a key needs a colon, but between braces") {
  CHECK_THAT(only_error("a:\n  b: 1\n  c=2\n"), Catch::Contains("f.yaml:3:3") && Catch::Contains("without a colon"));
  CHECK_THAT(only_error("a:\n  b:\n  c:d\n"), Catch::Contains("f.yaml:3:3") && Catch::Contains("without a colon"));
  CHECK_THAT(only_error("a: 1\n\u00e9x"), Catch::Contains("without a colon"));
  CHECK_THAT(only_error("a: 1\nb:x\n  - 1\n"), Catch::Contains("f.yaml:2:1") && Catch::Contains("without a colon"));
  const char* const fine =
      "{a, b: , c}\n---\na:\nb : \n'c d':\n\"e\\u0020\":\n? f\n\u00e9: {\n  g: 1\n  }\n&y h:\nz: &x i\n*x :\n";
  CHECK(parse_yaml("f", fine).diagnostics.empty());
}

TEST_CASE("broken YAML is an error with a position") {
  for (const char* text : {"a: [1, 2", "a: 'x", "a: *b", "a:\n\t- x", "? [a]\n: b", "<<: 3", "a: b: c", "a: !!int x"})
    CHECK_THAT(only_error(text), Catch::StartsWith("f.yaml:1:") || Catch::StartsWith("f.yaml:2:"));
}
