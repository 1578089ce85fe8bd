#include <catch2/catch.hpp>

#include "manifest/names.hpp"

using namespace plimsoll::manifest;

TEST_CASE("names are safe in project names, container names and labels") {
  for (const char* good : {"a", "0", "dev-1", "prod_ops", "a--b"}) CHECK(is_name(good));
  for (const char* bad : {"", "-a", "_a", "A", "a b", "a.b", "a/b", "ä", "a\n"}) CHECK_FALSE(is_name(bad));
  CHECK(is_name(std::string(63, 'a')));
  CHECK_FALSE(is_name(std::string(64, 'a')));
}

TEST_CASE("variables have names that interpolation can read") {
  for (const char* good : {"A", "_a", "A1"}) CHECK(is_variable_name(good));
  for (const char* bad : {"", "1A", "A-B", "A.B", "A B", "../A"}) CHECK_FALSE(is_variable_name(bad));
}

TEST_CASE("paths are normalised and never leave their root") {
  CHECK(normal_path("a/./b//c") == "a/b/c");
  CHECK(normal_path("a/../b") == "b");
  CHECK(normal_path("/a") == "a");
  CHECK(normal_path("a/..") == "");
  CHECK(normal_path("..") == std::nullopt);
  CHECK(normal_path("a/../../b") == std::nullopt);
  CHECK(join_path("", "a") == "a");
  CHECK(join_path("a", "") == "a");
  CHECK(parent_path("a/b/c") == "a/b");
  CHECK(parent_path("a") == "");
}
