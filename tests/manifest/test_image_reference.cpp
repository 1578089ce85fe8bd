#include <catch2/catch.hpp>

#include "manifest/image_reference.hpp"

using namespace plimsoll::manifest;

namespace {
const std::string kDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
}

TEST_CASE("image references are split as Docker does") {
  struct Case {
    std::string text, repository, tag, digest;
  };
  const std::vector<Case> cases{
      {"nginx", "nginx", "", ""},
      {"nginx:1.27", "nginx", "1.27", ""},
      {"localhost:5000/a/b", "localhost:5000/a/b", "", ""},
      {"localhost:5000/a/b:1", "localhost:5000/a/b", "1", ""},
      {"ghcr.io/acme/api-server_x.y:v1.2.3-rc.1", "ghcr.io/acme/api-server_x.y", "v1.2.3-rc.1", ""},
      {"a/b@" + kDigest, "a/b", "", kDigest},
      {"a/b:1@" + kDigest, "a/b", "1", kDigest},
      {"10.0.0.1:5000/a", "10.0.0.1:5000/a", "", ""},
      {"a--b/c__d:1", "a--b/c__d", "1", ""},
      {"Registry.Example.org/a:1", "Registry.Example.org/a", "1", ""},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    const auto parsed = parse_image_reference(one.text);
    REQUIRE(parsed.ok());
    CHECK(parsed->repository == one.repository);
    CHECK(parsed->tag == one.tag);
    CHECK(parsed->digest == one.digest);
  }
}

TEST_CASE("what is no image reference is refused") {
  for (const std::string& text :
       {std::string(""), std::string("A"), std::string("a:"), std::string("a:b c"), std::string("a@sha256:12"),
        std::string("a//b"), std::string("/a"), std::string("a/"), std::string("a..b"), std::string("a___b"),
        std::string("-a"), std::string("a-"), std::string("a:" + std::string(129, 'x')), std::string("a\nb"),
        std::string("a:.x"), std::string(300, 'a'), std::string("ho st:5000/a"), std::string("a@md5:12")}) {
    INFO(text);
    CHECK_FALSE(parse_image_reference(text).ok());
  }
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
