#include "model/printable.hpp"

#include <catch2/catch.hpp>

using namespace plimsoll;

TEST_CASE("what would steer a terminal or forge a line is replaced") {
  struct Case {
    std::string name, raw, shown;
  };
  const std::vector<Case> cases{
      {"plain", "GET /a?b=\"c\" 100%", "GET /a?b=\"c\" 100%"},
      {"other scripts", "서울 é e\u0301 🚢 עברית", "서울 é e\u0301 🚢 עברית"},
      {"line ends and tabs", "a\nb\r\nc\td", "a b  c d"},
      {"line ends of Unicode", "a\u0085b\u2028c\u2029d", "a\uFFFDb c d"},
      {"escape", "\x1b[31mred\x1b]0;title\x07", "\uFFFD[31mred\uFFFD]0;title\uFFFD"},
      {"NUL and DEL", std::string("a\0b\x7f", 4), "a\uFFFDb\uFFFD"},
      {"C1", "\u0080\u009b31m\u009f", "\uFFFD\uFFFD31m\uFFFD"},
      {"direction", "\u202Aa\u202E\u2066b\u2069\u200E\u200F\u061C",
       "\uFFFDa\uFFFD\uFFFD"
       "b\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"not UTF-8", "a\xff\xc3(\xed\xa0\x80", "a\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD"},
      {"a lone C1 byte",
       "\x9b"
       "31m",
       "\uFFFD31m"},
      {"cut off", "a\xe2\x82", "a\uFFFD\uFFFD"},
  };
  for (const auto& one : cases) {
    INFO(one.name);
    CHECK(printable(one.raw) == one.shown);
    CHECK(printable(one.shown) == one.shown);
  }
}

TEST_CASE("what is too long is cut at a character") {
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable("abcd", 3) == "abc…");
  CHECK(printable("\xc3\xa9\xc3\xa9", 3) == "\xc3\xa9…");
  CHECK(printable("\x1b", 2) == "…");
  CHECK(printable("", 0).empty());
}

TEST_CASE("a quoted value ends where it ends") {
  CHECK(quoted("plain") == "\"plain\"");
  CHECK(quoted("a\" phase=\"Succeeded") == "\"a\\\" phase=\\\"Succeeded\"");
  CHECK(quoted("\\") == "\"\\\\\"");
  CHECK(quoted("").size() == 2);
}
