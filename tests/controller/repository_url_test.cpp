#include "controller/repository_url.hpp"

#include <catch2/catch.hpp>

using plimsoll::controller::repository_key;

TEST_CASE("all spellings of one repository have one key") {
  const auto* spelling =
      GENERATE("https://git.example.org/acme/manifests.git", "https://git.example.org/acme/manifests",
               "https://Git.Example.org:443/acme/manifests/", "ssh://git@git.example.org/acme/manifests.git",
               "ssh://git@git.example.org:22/acme/manifests", "git@git.example.org:acme/manifests.git",
               "http://git.example.org:80/acme/manifests", "git://git.example.org/acme/manifests.git");
  CHECK(repository_key(spelling) == "git.example.org/acme/manifests");
}

TEST_CASE("different repositories have different keys") {
  const auto own = repository_key("https://git.example.org/acme/manifests");
  const auto* other =
      GENERATE("https://git.example.org/acme/manifests2", "https://git.example.org/Acme/manifests",
               "https://git.example.org.evil.org/acme/manifests", "https://evil.org/git.example.org/acme/manifests",
               "https://git.example.org:8443/acme/manifests", "", "://", "@", ":");
  CHECK(repository_key(other) != own);
}
