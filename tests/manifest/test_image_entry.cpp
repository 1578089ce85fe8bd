#include <catch2/catch.hpp>

#include "manifest/image_entry.hpp"

using namespace plimsoll::manifest;

namespace {
const std::string kDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
}

TEST_CASE("an environment's image entry is a tag, a digest or a whole reference") {
  struct Case {
    std::string image, entry, expected;
  };
  const std::vector<Case> cases{
      {"a/b", "1.2", "a/b:1.2"},
      {"a/b:1", "1.2", "a/b:1.2"},
      {"localhost:5000/a", "1", "localhost:5000/a:1"},
      {"a/b:1@" + kDigest, "1.2", "a/b:1.2"},
      {"a/b:1", kDigest, "a/b@" + kDigest},
      {"a/b:1", "c/d:2", "c/d:2"},
      {"a/b:1", "d:2", "d:2"},
      {"", "d:2", "d:2"},
      {"a/b", "c/d@" + kDigest, "c/d@" + kDigest},
  };
  for (const Case& one : cases) {
    INFO(one.image << " + " << one.entry);
    const auto applied = apply_image_entry(one.image, one.entry);
    REQUIRE(applied.ok());
    CHECK(*applied == one.expected);
  }
  CHECK_FALSE(apply_image_entry("", "1.2").ok());
  CHECK_FALSE(apply_image_entry("a/b", "not a tag").ok());
  CHECK_FALSE(apply_image_entry("a/b", "C/D:1").ok());
  CHECK_FALSE(apply_image_entry("a/b", "").ok());
}
