#include <catch2/catch.hpp>

#include "compose/load.hpp"
#include "compose/scalar_resolution.hpp"
#include "compose/yaml_parser.hpp"

using namespace plimsoll::compose;
using Kind = Node::Kind;

TEST_CASE("plain scalars resolve as go-yaml resolves them") {
  struct Row {
    const char* text;
    Kind kind;
    const char* rendered;
  };
  const Row rows[] = {{"", Kind::null, ""},
                      {"~", Kind::null, ""},
                      {"null", Kind::null, ""},
                      {"NULL", Kind::null, ""},
                      {"true", Kind::boolean, "true"},
                      {"FALSE", Kind::boolean, "false"},
                      {"yes", Kind::string, "yes"},
                      {"on", Kind::string, "on"},
                      {"y", Kind::string, "y"},
                      {"12", Kind::integer, "12"},
                      {"-7", Kind::integer, "-7"},
                      {"+12", Kind::integer, "12"},
                      {"0x1F", Kind::integer, "31"},
                      {"0o17", Kind::integer, "15"},
                      {"0440", Kind::integer, "288"},
                      {"0b101", Kind::integer, "5"},
                      {"1_000", Kind::integer, "1000"},
                      {"089", Kind::floating, "89"},
                      {"1.10", Kind::floating, "1.1"},
                      {"1e6", Kind::floating, "1e+06"},
                      {"123456.5", Kind::floating, "123456.5"},
                      {"1234567.5", Kind::floating, "1.2345675e+06"},
                      {"0.0001", Kind::floating, "0.0001"},
                      {"0.00001", Kind::floating, "1e-05"},
                      {".5", Kind::floating, "0.5"},
                      {"5.", Kind::floating, "5"},
                      {".inf", Kind::floating, "+Inf"},
                      {"2020-01-01", Kind::date, "2020-01-01 00:00:00 +0000 UTC"},
                      {"2020-1-1", Kind::date, "2020-01-01 00:00:00 +0000 UTC"},
                      {"2020-01-01T10:00:00Z", Kind::date, "2020-01-01 10:00:00 +0000 UTC"},
                      {"2020-01-01t1:2:3.50+02:00", Kind::date, "2020-01-01 01:02:03.5 +0200 +0200"},
                      {"2020-01-01 10:00:00", Kind::date, "2020-01-01 10:00:00 +0000 UTC"},
                      {"2020-02-29", Kind::date, "2020-02-29 00:00:00 +0000 UTC"},
                      {"2021-02-29", Kind::string, "2021-02-29"},
                      {"2020-13-01", Kind::string, "2020-13-01"},
                      {"2020-01-01 10:00", Kind::string, "2020-01-01 10:00"},
                      {"2020-01-01T10:00:00", Kind::string, "2020-01-01T10:00:00"},
                      {"2020-01-01-preview", Kind::string, "2020-01-01-preview"},
                      {"20-01-01", Kind::string, "20-01-01"},
                      {"22:22", Kind::string, "22:22"},
                      {"1.2.3", Kind::string, "1.2.3"},
                      {"0x", Kind::string, "0x"},
                      {"-", Kind::string, "-"},
                      {"1e", Kind::string, "1e"},
                      {"9223372036854775807", Kind::integer, "9223372036854775807"},
                      {"-9223372036854775808", Kind::integer, "-9223372036854775808"},
                      {"9223372036854775808", Kind::floating, "9223372036854775808"},
                      {"0xffffffffffffffff", Kind::floating, "18446744073709551615"},
                      {"18446744073709551616", Kind::floating, "1.8446744073709552e+19"},
                      {"-9223372036854775809", Kind::floating, "-9.223372036854776e+18"}};
  for (const Row& row : rows) {
    INFO(row.text);
    const Node node = resolve_plain_scalar(row.text, {});
    CHECK(node.kind() == row.kind);
    CHECK(node.as_text() == row.rendered);
    CHECK(node.source_text() == row.text);
  }
}

TEST_CASE("trees keep places, order, quoting and merge tags") {
  const auto parsed = parse_yaml(
      "f.yaml",
      "\xEF\xBB\xBF# c\r\nb: \"1\"\r\na:\r\n  - x\r\n  - !reset null\r\nc:\r\nd: |\r\n  text\r\ne: !override [1]\r\n");
  REQUIRE(parsed.documents.size() == 1);
  const Node& root = parsed.documents[0];
  CHECK(root.entries()[0].key == "b");
  CHECK(root.find("b")->is_string());
  CHECK(root.find("b")->quoted());
  CHECK(root.find("b")->position() == plimsoll::SourcePosition{"f.yaml", 2, 4});
  CHECK(root.find("a")->items()[1].tag() == Node::Tag::reset);
  CHECK(root.find("a")->items()[0].position().line == 4);
  CHECK(root.find("c")->position().line == 6);
  CHECK(root.find("d")->string() == "text\n");
  CHECK(root.find_entry("d")->key_place.line == 7);
  CHECK(root.find("e")->tag() == Node::Tag::override_);
}

TEST_CASE("tags say what a scalar is, and unknown ones that it is text") {
  const auto parsed =
      parse_yaml("f",
                 "{a: !!str 12, b: !!int \"3\", c: !!float 3, d: !!bool \"true\", e: !mine 12, f: !mine ~, "
                 "g: !mine [1], h: !override 5}");
  REQUIRE(parsed.documents.size() == 1);
  const Node& root = parsed.documents[0];
  const std::pair<const char*, Kind> rows[] = {{"a", Kind::string},  {"b", Kind::integer}, {"c", Kind::floating},
                                               {"d", Kind::boolean}, {"e", Kind::string},  {"f", Kind::string},
                                               {"h", Kind::string}};
  for (const auto& [key, kind] : rows) {
    INFO(key);
    CHECK(root.find(key)->kind() == kind);
  }
  CHECK(root.find("f")->string() == "~");
  CHECK(root.find("g")->items()[0].is_int());
}

TEST_CASE("binary scalars stand for the text that they encode") {
  const auto parsed =
      parse_yaml("f", "a: !!binary aGVsbG8=\nb: !!binary |\n  aGVs\n  bG8x\nc: !!binary \"w6k=\"\nd: !!binary");
  REQUIRE(parsed.documents.size() == 1);
  const std::pair<const char*, const char*> rows[] = {{"a", "hello"}, {"b", "hello1"}, {"c", "\u00e9"}, {"d", ""}};
  for (const auto& [key, wanted] : rows) CHECK(parsed.documents[0].find(key)->as_text() == wanted);
  for (const char* text : {"aGVsbG8", "a*==", "/w==", "AA==", "AQ==", "====", "a==="}) {
    INFO(text);
    const auto broken = parse_yaml("f", std::string("a: !!binary ") + text);
    REQUIRE(broken.diagnostics.size() == 1);
    CHECK(broken.diagnostics[0].where.column == 4);
  }
}

TEST_CASE("a plain date is a date in Compose files and text in ours") {
  CHECK(parse_yaml("f", "a: 2020-01-01", YamlRules::compose).documents.at(0).find("a")->is_date());
  CHECK(parse_yaml("f", "a: 2020-01-01").documents.at(0).find("a")->string() == "2020-01-01");
}

TEST_CASE("a carriage return alone ends a line, too") {
  const auto parsed = parse_yaml("f", "a: 1\rb: |\r  x\r\n  y\rc: 2\r");
  REQUIRE(parsed.documents.size() == 1);
  CHECK(parsed.documents[0].find("a")->as_int() == 1);
  CHECK(parsed.documents[0].find("b")->string() == "x\ny\n");
  CHECK(parsed.documents[0].find("c")->as_int() == 2);
}

TEST_CASE("blanks at the end of the file add nothing to a folded scalar") {
  const std::pair<const char*, const char*> rows[] = {{"a: >\n  x\n  ", "x\n"},   {"a: >-\n  x\n ", "x"},
                                                      {"a: >-\n  x\n  ", "x"},    {"a: |\n  x\n     ", "x\n   "},
                                                      {"a: >-\n  x\n  y", "x y"}, {"a: >\n  x\n  \n  ", "x\n"}};
  for (const auto& [text, wanted] : rows) {
    INFO(text);
    CHECK(parse_yaml("f", text).documents.at(0).find("a")->string() == wanted);
  }
}

TEST_CASE("blank lines between quotes are line feeds, wherever they stand") {
  const std::pair<const char*, const char*> rows[] = {
      {"a: \"x\n\n\n  y\"", "x\n\ny"},
      {"a: \"x\n\n \n\"", "x\n\n"},
      {"a: \"\n \t\n\n\"", "\n\n"},
      {"a: '\n\n  x''s\n\n\n '", "\nx's\n\n"},
      {"a: '\r\n\r\n\r\n '", "\n\n"},
      {"a: &b !!str \"x\n\n\n \"", "x\n\n"},
      {"a: \"x \\\n\n\n  y\\x41\\u00e9\\t\n\n\n\"", "x \n\nyA\u00e9\t\n\n"},
      {"a: \"x  y\"", "x  y"},
      {"a: |\n  \"x\n\n\n  \"\n", "\"x\n\n\n\"\n"},
      {"a: |\n  '\n\n\n  '\n", "'\n\n\n'\n"}};
  for (const auto& [text, wanted] : rows) {
    INFO(text);
    CHECK(parse_yaml("f", text).documents.at(0).find("a")->string() == wanted);
  }
}

TEST_CASE("merge keys take what is not set, earlier ones first, deep values whole") {
  const auto parsed = parse_yaml(
      "f",
      "a: &a {x: 1, deep: {p: 1}}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b], y: 3, deep: {q: 1}}\nd: {z: 1, <<: *b}\n");
  REQUIRE(parsed.documents.size() == 1);
  const Node& c = *parsed.documents[0].find("c");
  CHECK(c.find("x")->as_int() == 1);
  CHECK(c.find("y")->as_int() == 3);
  CHECK_FALSE(c.find("deep")->contains("p"));
  CHECK(parsed.documents[0].find("d")->find("y")->as_int() == 2);
  CHECK_FALSE(c.contains("<<"));
}

TEST_CASE("the YAML output reads back as the same project") {
  const auto parsed = parse_yaml(
      "f",
      R"(services: {a: {image: "x:1", command: ["-a", "b c", "", "yes", "1", "0x1", "# no", "é\n\"q\""], cpus: 0.5, tty: true, empty: {}, list: [], nested: [[1, [2]], {k: [v]}]}}
name: "1e3"
)");
  REQUIRE(parsed.documents.size() == 1);
  const std::string yaml = to_config_yaml(parsed.documents[0]);
  INFO(yaml);
  const auto again = parse_yaml("g", yaml);
  REQUIRE(again.documents.size() == 1);
  CHECK(again.documents[0].equals(parsed.documents[0]));
}
