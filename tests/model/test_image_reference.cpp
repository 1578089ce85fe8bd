#include <catch2/catch.hpp>

#include "model/image_reference.hpp"

using namespace plimsoll;

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
  for (const std::string& text : {std::string(""),
                                  std::string("A"),
                                  std::string("a:"),
                                  std::string("a:b c"),
                                  std::string("a@sha256:12"),
                                  std::string("a//b"),
                                  std::string("/a"),
                                  std::string("a/"),
                                  std::string("a..b"),
                                  std::string("a___b"),
                                  std::string("-a"),
                                  std::string("a-"),
                                  std::string("a:" + std::string(129, 'x')),
                                  std::string("a\nb"),
                                  std::string("a:.x"),
                                  std::string("a?x=1"),
                                  std::string("a#b"),
                                  std::string("a%2f"),
                                  std::string("api@latest"),
                                  std::string(":1"),
                                  std::string(300, 'a'),
                                  std::string("ho st:5000/a"),
                                  std::string("a@md5:12")}) {
    INFO(text);
    CHECK_FALSE(parse_image_reference(text).ok());
  }
}

TEST_CASE("what an engine and a registry are asked for is spelled out") {
  struct Case {
    std::string text, pull_name, tagged_name, registry;
  };
  const std::vector<Case> cases{
      {"nginx", "nginx:latest", "nginx:latest", "docker.io"},
      {"acme/api:2", "acme/api:2", "acme/api:2", "docker.io"},
      {"index.docker.io/acme/api:2", "index.docker.io/acme/api:2", "index.docker.io/acme/api:2", "docker.io"},
      {"localhost/api", "localhost/api:latest", "localhost/api:latest", "localhost"},
      {"r:5000/api@" + kDigest, "r:5000/api@" + kDigest, "r:5000/api:latest", "r:5000"},
      {"api:1@" + kDigest, "api@" + kDigest, "api:1", "docker.io"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    const auto parsed = parse_image_reference(one.text);
    REQUIRE(parsed.ok());
    CHECK(parsed->pull_name() == one.pull_name);
    CHECK(parsed->tagged_name() == one.tagged_name);
    CHECK(parsed->registry() == one.registry);
  }
}

TEST_CASE("names of the same thing have one normal form") {
  CHECK(normal_image_name("nginx") == "docker.io/library/nginx:latest");
  CHECK(normal_image_name("docker.io/library/nginx:latest") == "docker.io/library/nginx:latest");
  CHECK(normal_image_name("127.0.0.1:5000/web:1") == "127.0.0.1:5000/web:1");
  CHECK(normal_image_name("acme/api:1@" + kDigest) == "docker.io/acme/api@" + kDigest);
  CHECK(normal_image_name("<none>:<none>") == "<none>:<none>");
  CHECK(same_repository("nginx", "docker.io/library/nginx"));
  CHECK(same_repository("acme/api", "index.docker.io/acme/api"));
  CHECK_FALSE(same_repository("ghcr.io/acme/api", "acme/api"));
}
