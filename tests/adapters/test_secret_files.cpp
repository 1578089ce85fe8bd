#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "adapters/secret_files.hpp"
#include "adapters/temporary_directory.hpp"

using namespace plimsoll;
using adapters::SecretFiles;
using test::TemporaryDirectory;

TEST_CASE("a secret is the content of its file without one newline at the end") {
  const auto [content, expected] = GENERATE(table<std::string, std::string>({
      {"hunter2", "hunter2"},
      {"hunter2\n", "hunter2"},
      {"hunter2\r\n", "hunter2"},
      {"hunter2\n\n", "hunter2\n"},
      {"two\nlines\n", "two\nlines"},
      {"", ""},
      {"\n", ""},
      {std::string("a\0b", 3), std::string("a\0b", 3)},
  }));
  const TemporaryDirectory directory;
  directory.write("dev/DATABASE_PASSWORD", content);
  auto secret = SecretFiles(directory.path()).read("dev", "DATABASE_PASSWORD");
  REQUIRE(secret);
  CHECK(secret->reveal() == expected);
}

TEST_CASE("a secret without a file names the path to create") {
  const TemporaryDirectory directory;
  auto secret = SecretFiles(directory.path()).read("dev", "API_KEY");
  REQUIRE_FALSE(secret);
  CHECK(secret.error().kind == ErrorKind::rejected);
  CHECK(secret.error().message == "secret API_KEY has no value; create the file " + directory.path("dev/API_KEY"));
}

TEST_CASE("names that would leave the directory are refused") {
  const TemporaryDirectory directory;
  directory.write("dev/GOOD", "x");
  const auto [environment, name] = GENERATE(table<std::string, std::string>({
      {"dev", "../dev/GOOD"},
      {"dev", ""},
      {"dev", "1GOOD"},
      {"dev", "GO-OD"},
      {"dev", "GOOD\n"},
      {"", "GOOD"},
      {"..", "GOOD"},
      {".hidden", "GOOD"},
      {"dev/../dev", "GOOD"},
  }));
  auto secret = SecretFiles(directory.path()).read(environment, name);
  REQUIRE_FALSE(secret);
  CHECK(secret.error().kind == ErrorKind::rejected);
}

TEST_CASE("a secret that is a link, a directory, a pipe or too large is refused without its content") {
  const TemporaryDirectory directory;
  directory.write("dev/BIG", std::string(SecretFiles::kMaxBytes + 1, 's'));
  directory.write("dev/LIMIT", std::string(SecretFiles::kMaxBytes, 's'));
  std::filesystem::create_symlink("/etc/hostname", directory.path("dev/LINK"));
  std::filesystem::create_directory(directory.path("dev/DIRECTORY"));
  REQUIRE(::mkfifo(directory.path("dev/PIPE").c_str(), 0600) == 0);
  SecretFiles secrets(directory.path());
  CHECK(secrets.read("dev", "LIMIT"));
  const auto [name, why] = GENERATE(table<std::string, std::string>({{"BIG", "larger than 1048576 bytes"},
                                                                     {"LINK", "symbolic link"},
                                                                     {"DIRECTORY", "not a regular file"},
                                                                     {"PIPE", "not a regular file"}}));
  auto secret = secrets.read("dev", name);
  REQUIRE_FALSE(secret);
  CHECK(secret.error().kind == ErrorKind::rejected);
  CHECK_THAT(secret.error().message, Catch::Contains(why) && Catch::Contains(directory.path("dev/" + name)));
  CHECK_THAT(secret.error().message, !Catch::Contains("ssss"));
}

TEST_CASE("all secrets of an environment are those that can be read one by one") {
  const TemporaryDirectory directory;
  directory.write("dev/ONE", "first\n");
  directory.write("dev/TWO", "second");
  directory.write("dev/not-a-name", "x");
  directory.write("dev/DIRECTORY/X", "x");
  directory.write("prod/THREE", "third");
  std::filesystem::create_symlink(directory.path("prod/THREE"), directory.path("dev/LINK"));
  SecretFiles files(directory.path());
  std::set<std::string> values;
  for (const auto& secret : files.all("dev")) values.insert(secret.reveal());
  CHECK(values == std::set<std::string>{"first", "second"});
  CHECK(files.all("nowhere").empty());
  CHECK(files.all("../prod").empty());
}
