#include "controller/logging.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

using namespace plimsoll::controller;

TEST_CASE("a message is one line of text and one JSON string, whatever stands in it") {
  struct Case {
    std::string message, shown;
  };
  const std::vector<Case> cases{
      {"instance=one reachable again", "instance=one reachable again"},
      {"x\n2026-11-23T00:00:00.000Z info  forged", "x 2026-11-23T00:00:00.000Z info  forged"},
      {"\x1b]0;owned\x07\u009b31m\u202E", "\uFFFD]0;owned\uFFFD\uFFFD31m\uFFFD"},
      {"step=\"a \\\"b\" \xff", "step=\"a \\\"b\" \uFFFD"},
      {"\\n", "\\n"},
  };
  for (const auto& one : cases) {
    CHECK(log_message(one.message, false) == one.shown);
    CHECK(boost::json::parse(log_message(one.message, true)) == boost::json::value(one.shown));
  }
}
