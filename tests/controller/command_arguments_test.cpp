#include "controller/cli/command_arguments.hpp"

#include <catch2/catch.hpp>

using namespace plimsoll;
using namespace plimsoll::controller;

TEST_CASE("a commit is given by its digits, with or without the branch, in any case") {
  const std::string whole = "4f1c2d3e5a6b7c8d9e0f11223344556677889900";
  CHECK(*parse_commit("4f1c") == "4f1c");
  CHECK(*parse_commit("4F1C2D3E") == "4f1c2d3e");
  CHECK(*parse_commit(whole) == whole);
  CHECK(*parse_commit("sha1:" + whole) == whole);
  CHECK(*parse_commit("main@sha1:" + whole) == whole);
  CHECK(*parse_commit("feature/x@sha1:4F1C") == "4f1c");
  for (const std::string text : {"", "4f1", "main", "v1.2", "main@sha1:", "mainsha1:4f1c", "x4f1c", "4f1c "}) {
    const auto refused = parse_commit(text);
    INFO(text);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.starts_with("'" + text + "' is no commit"));
  }
  CHECK_FALSE(parse_commit(whole + "0").ok());
}

TEST_CASE("a timeout is seconds or a Compose duration, from one second to a day") {
  for (const auto& [text, seconds] : std::vector<std::pair<std::string, int>>{
           {"1", 1}, {"300", 300}, {"5m", 300}, {"1h30m", 5400}, {"1.5s", 2}, {"100ms", 1}, {"24h", 86'400}}) {
    INFO(text);
    const auto parsed = parse_timeout(text);
    REQUIRE(parsed.ok());
    CHECK(*parsed == seconds);
  }
  for (const char* text : {"", "0", "-5", "-5m", "soon", "5 m", "86401", "99999999999999999999", "2d"}) {
    INFO(text);
    CHECK_FALSE(parse_timeout(text).ok());
  }
}

TEST_CASE("an instance is taken where one is asked for, and named where not") {
  const auto target = parse_target("dev/api@dev-1", TargetForm::any);
  REQUIRE(target.ok());
  CHECK(target->filter.app == "api");
  CHECK(target->filter.instance == "dev-1");
  CHECK(parse_target("dev/api@dev-1", TargetForm::environment_or_app).error().message ==
        "'dev/api@dev-1' names one instance, and this works on all of them; write dev/api");
  CHECK(parse_target("dev@dev-1", TargetForm::any).error().message ==
        "'dev@dev-1' is not ENV, ENV/APP or ENV/APP@INSTANCE");
}
