#include <catch2/catch.hpp>

#include "compose/byte_size.hpp"
#include "compose/duration.hpp"
#include "compose/host_syntax.hpp"
#include "compose/port_syntax.hpp"
#include "compose/shell_words.hpp"
#include "compose/text_split.hpp"
#include "compose/volume_syntax.hpp"
#include "model/secret.hpp"

using namespace plimsoll;
using namespace plimsoll::compose;

TEST_CASE("durations are read and printed as Go does") {
  struct Row {
    const char* text;
    const char* printed;  // null: no duration
  };
  const Row rows[] = {{"10s", "10s"},
                      {"90s", "1m30s"},
                      {"1m30s", "1m30s"},
                      {"1h", "1h0m0s"},
                      {"1.5s", "1.5s"},
                      {"500ms", "500ms"},
                      {"1us", "1µs"},
                      {"1µs", "1µs"},
                      {"15ns", "15ns"},
                      {"2d", "48h0m0s"},
                      {"1w", "168h0m0s"},
                      {"0", "0s"},
                      {"-1m", "-1m0s"},
                      {"+3s", "3s"},
                      {"1h0m1s", "1h0m1s"},
                      {"0.1s", "100ms"},
                      {"2562047h", "2562047h0m0s"},
                      {".5s", "500ms"},
                      {"30", nullptr},
                      {"", nullptr},
                      {"s", nullptr},
                      {"1x", nullptr},
                      {"1s ", nullptr},
                      {"1 s", nullptr},
                      {"-", nullptr},
                      {"99999999w", nullptr},
                      {"1..5s", nullptr}};
  for (const Row& row : rows) {
    INFO(row.text);
    const auto value = parse_duration(row.text);
    CHECK(value.has_value() == (row.printed != nullptr));
    if (value && row.printed != nullptr) CHECK(duration_text(*value) == row.printed);
  }
}

TEST_CASE("sizes are base 1024 whatever the unit") {
  struct Row {
    const char* text;
    std::int64_t bytes;  // -2: no size
  };
  const Row rows[] = {{"0", 0},
                      {"1024", 1024},
                      {"1k", 1024},
                      {"1K", 1024},
                      {"1kb", 1024},
                      {"1KiB", 1024},
                      {"512m", 536870912},
                      {"1.5g", 1610612736},
                      {"10 kb", 10240},
                      {"2T", 2199023255552},
                      {"1p", 1125899906842624},
                      {"5b", 5},
                      {"-1", -1},
                      {"9007199254740993", 9007199254740993},
                      {"", -2},
                      {"m", -2},
                      {"1x", -2},
                      {"1kib2", -2},
                      {"1  k", -2},
                      {"-1k", -2},
                      {"1.", 1},
                      {".5g", 536870912},
                      {"1e3", 1000},
                      {"1e3m", 1048576000},
                      {"+5m", 5242880},
                      {"5 ", 5},
                      {"512Mi", -2},
                      {"1gi", -2},
                      {"1bb", -2},
                      {"+-5", -2},
                      {" 1", -2},
                      {"inf ", -2},
                      {"nan ", -2},
                      {"1.2.3k", -2},
                      {"99999999p", -2}};
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(parse_byte_size(row.text).value_or(-2) == row.bytes);
  }
}

TEST_CASE("commands are split into words as Compose does") {
  struct Row {
    const char* text;
    std::vector<std::string> words;
  };
  const Row rows[] = {{"", {}},
                      {"  a  b\tc\n", {"a", "b", "c"}},
                      {"a 'b c' \"d e\"", {"a", "b c", "d e"}},
                      {"a'b'\"c\"d", {"abcd"}},
                      {"'' \"\"", {"", ""}},
                      {"a\\ b \\n \\\\", {"a b", "\n", "\\"}},
                      {"'a\\b'", {"a\\b"}},
                      {"\"a\\\"b\"", {"a\"b"}},
                      {"sh -c 'x && y | z'", {"sh", "-c", "x && y | z"}},
                      {"echo $(date) x", {"echo", "$(date)", "x"}},
                      {"--a=\"x y\"", {"--a=x y"}},
                      {"a \\; b", {"a", ";", "b"}},
                      {"über öl", {"über", "öl"}}};
  for (const Row& row : rows) {
    INFO(row.text);
    const auto words = split_shell_words(row.text, true);
    REQUIRE(words);
    CHECK(*words == row.words);
  }
  for (const char* broken : {"'a", "\"a", "a\\", "(a)", "a)", "$(a", "`a"}) {
    INFO(broken);
    CHECK_FALSE(split_shell_words(broken, false));
  }
  for (const char* dropped : {"a ; b", "a && b", "a | b", "a > b", "a < b", "a 2> b"}) {
    INFO(dropped);
    CHECK_FALSE(split_shell_words(dropped, true));
    const auto words = split_shell_words(dropped, false);
    REQUIRE(words);
    CHECK(*words == std::vector<std::string>{"a"});
  }
}

TEST_CASE("port ranges pair up or stay for the engine to pick from") {
  const auto pairs = parse_port("[::1]:8000-8002:80-82/UDP");
  REQUIRE(pairs);
  CHECK(*pairs ==
        std::vector<ShortPort>{{"::1", "8000", 80, "udp"}, {"::1", "8001", 81, "udp"}, {"::1", "8002", 82, "udp"}});
  CHECK(*parse_port("a::b:8000-8010:80") == std::vector<ShortPort>{{"a::b", "8000-8010", 80, "tcp"}});
  CHECK(*parse_port("9-11") == std::vector<ShortPort>{{"", "", 10, "tcp"}, {"", "", 11, "tcp"}, {"", "", 9, "tcp"}});
  for (const char* bad : {"", "a", "80-79", "1-3:1-2", "1:80:", "localhost:1:2", "80/", "-1", "80:65536", "1 :2"}) {
    INFO(bad);
    CHECK(parse_port(bad).ok() == (std::string_view(bad) == "80/"));
  }
}

TEST_CASE("secret tokens are never cut") {
  const std::string token = secret_token("NAME", "ab:cd");
  const auto volume = parse_volume("/" + token + ":/data:ro");
  REQUIRE(volume);
  CHECK(volume->source == "/" + token);
  CHECK(volume->target == "/data");
  CHECK(*parse_extra_host("host:" + token) == std::vector<std::string>{"host=" + token});
  CHECK(split_outside_tokens("a:" + token + ":b", ':') == std::vector<std::string>{"a", token, "b"});
  const auto port = parse_port(token + ":80");
  REQUIRE_FALSE(port);
  CHECK_THAT(port.error().message, Catch::Contains("***:80") && !Catch::Contains("ab:cd"));
}

TEST_CASE("paths are cleaned as Go does") {
  const std::pair<const char*, const char*> rows[] = {{"", "."},           {"a/../b", "b"},  {"/../a", "/a"},
                                                      {"//a//b/", "/a/b"}, {"../a", "../a"}, {"a/../..", ".."},
                                                      {"/", "/"},          {"./", "."}};
  for (const auto& [path, clean] : rows) CHECK(clean_path(path) == clean);
  CHECK(join_path("/p", "../x") == "/x");
  CHECK(join_path("/p", "/x/") == "/x");
}
