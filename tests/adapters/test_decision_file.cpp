#include <catch2/catch.hpp>

#include "adapters/decision_file.hpp"
#include "adapters/temporary_directory.hpp"

using namespace plimsoll;
using adapters::DecisionFile;
using test::TemporaryDirectory;

TEST_CASE("decisions outlive the controller, for its owner only") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("decisions.json");
  CHECK(*DecisionFile(path).load() == Decisions{});
  Decisions decisions;
  decisions.suspended = {{"dev", ""}, {"prod", "web"}};
  decisions.pins = {{"dev", "web", std::string(40, 'a'), "one=v1:\"x\"", 12, std::string(40, 'b')}};
  REQUIRE(DecisionFile(path).save(decisions));
  CHECK(*DecisionFile(path).load() == decisions);
  CHECK(test::mode_of(path) == 0600);
  REQUIRE(DecisionFile(path).save({}));
  CHECK(*DecisionFile(path).load() == Decisions{});
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("pins of an earlier release, which knew of no commit that they left, are read") {
  const TemporaryDirectory directory;
  const auto path = directory.write("decisions.json", R"({"version":1,"suspended":[],"pins":[
      {"environment":"dev","app":"web","commit":"aa","left":"one=v1:x","history_id":12}]})");
  const auto loaded = DecisionFile(path).load();
  REQUIRE(loaded);
  CHECK(loaded->pins == std::vector<Pin>{{"dev", "web", "aa", "one=v1:x", 12}});
}

TEST_CASE("a file of decisions that cannot be understood is refused, with what to do") {
  const TemporaryDirectory directory;
  for (const char* text : {"", "{", "[]", R"({"version":2,"suspended":[],"pins":[]})", R"({"version":1,"pins":[]})",
                           R"({"version":1,"suspended":[{"environment":1,"app":""}],"pins":[]})"}) {
    INFO(text);
    const auto path = directory.write("decisions.json", text);
    const auto loaded = DecisionFile(path).load();
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().kind == ErrorKind::rejected);
    CHECK_THAT(loaded.error().message, Catch::Contains(path) && Catch::Contains("remove it to forget"));
  }
  CHECK_FALSE(DecisionFile(directory.path("absent/decisions.json")).save({}));
}
