#include "controller/wiring.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "controller/running_server.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

/// A configuration with a state directory of its own, which is not there yet.
struct Installation {
  explicit Installation(const std::string& source_url) {
    config.installation = "a";
    config.source.url = source_url;
    config.state_dir = directory.path("state");
  }
  [[nodiscard]] std::string state(const std::string& name) const { return config.state_dir + "/" + name; }

  ScratchDirectory directory;
  ControllerConfig config;
};

}  // namespace

TEST_CASE("a configuration that cannot be read is named with cause and mend") {
  const ScratchDirectory directory;
  const std::string file = directory.path("controller.yaml");
  const auto missing = read_config_text(file);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message ==
        "cannot read " + file + ": No such file or directory; name the controller's configuration with --config");
  std::filesystem::create_directory(file);
  const auto folder = read_config_text(file);
  REQUIRE_FALSE(folder.ok());
  CHECK(folder.error().message ==
        "cannot read " + file + ": it is not a regular file; name the controller's configuration with --config");
  std::filesystem::remove(file);
  std::ofstream(file) << "installation: a\n";
  CHECK(*read_config_text(file) == "installation: a\n");
}

TEST_CASE("a webhook secret that is not there says how to make one") {
  const ScratchDirectory directory;
  const auto missing = read_webhook_secret(directory.path("secret"));
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message == "webhook.secret_file: cannot read " + directory.path("secret") +
                                       ": No such file or directory; make it with: openssl rand -hex 32");
  std::ofstream(directory.path("secret")) << "short\n";
  CHECK_FALSE(read_webhook_secret(directory.path("secret")).ok());
  std::ofstream(directory.path("secret")) << "0123456789abcdef\n";
  CHECK(read_webhook_secret(directory.path("secret"))->reveal() == "0123456789abcdef");
}

TEST_CASE("a state directory that cannot be locked says why, and one that is in use says by whom") {
  const Installation here("file:///nowhere.git");
  const std::string lock = here.state("lock");
  std::filesystem::create_directories(lock);
  const auto no_file = wire(here.config);
  REQUIRE_FALSE(no_file.ok());
  CHECK(no_file.error().message == "cannot open and lock " + lock +
                                       ": Is a directory; Plimsoll keeps a file there: move the directory away, or " +
                                       "set another state_dir");
  std::filesystem::remove(lock);
  std::filesystem::create_symlink("lock", lock);
  CHECK(wire(here.config).error().message ==
        "cannot open and lock " + lock +
            ": Too many levels of symbolic links; mend that, or set another state_dir in controller.yaml");
  std::filesystem::remove(lock);
  const auto first = wire(here.config);
  INFO((first.ok() ? std::string() : first.error().message));
  REQUIRE(first.ok());
  const auto second = wire(here.config);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().message.starts_with("another plimsoll works with the state directory"));
}

TEST_CASE("an error of the source names its key once") {
  const Installation here("https://git.example.org/a.git?token=x");
  const auto wired = wire(here.config);
  REQUIRE_FALSE(wired.ok());
  CHECK(wired.error().message.starts_with("source.url: has a query"));
}

TEST_CASE("a mirror goes when the source has another URL, and stays when it has the same") {
  Installation here("file:///one.git");
  const auto mirrored = [&] {
    return std::filesystem::exists(here.state("mirror.git")) || std::filesystem::exists(here.state("queries.git"));
  };
  REQUIRE(wire(here.config).ok());
  std::filesystem::create_directories(here.state("mirror.git/objects"));
  std::filesystem::create_directories(here.state("queries.git"));
  REQUIRE(wire(here.config).ok());
  CHECK(mirrored());
  here.config.source.url = "file:///two.git";
  REQUIRE(wire(here.config).ok());
  CHECK_FALSE(mirrored());
  // A state directory from before there was the record.
  std::filesystem::create_directories(here.state("mirror.git"));
  std::filesystem::remove(here.state("source-url"));
  REQUIRE(wire(here.config).ok());
  CHECK(mirrored());
}

TEST_CASE("a state directory is closed to others when it is made, and one that was there is left as it is") {
  namespace fs = std::filesystem;
  const auto mode = [](const std::string& path) { return fs::status(path).permissions(); };
  Installation here("file:///nowhere.git");
  REQUIRE(wire(here.config));
  CHECK(mode(here.config.state_dir) == fs::perms::owner_all);
  // As /var/lib or /tmp by a slip: others need them.
  Installation there("file:///nowhere.git");
  fs::create_directory(there.config.state_dir);
  fs::permissions(there.config.state_dir, fs::perms::all | fs::perms::sticky_bit);
  REQUIRE(wire(there.config));
  CHECK(mode(there.config.state_dir) == (fs::perms::all | fs::perms::sticky_bit));
  const auto others = fs::perms::group_all | fs::perms::others_all;
  for (const auto& entry : fs::directory_iterator(there.config.state_dir))
    CHECK((mode(entry.path()) & others) == fs::perms::none);
}

TEST_CASE("a password that was written into the source's URL by mistake is not kept") {
  Installation here("https://deploy:canary@git.test/manifests.git");
  const auto wired = wire(here.config);
  REQUIRE_FALSE(wired.ok());
  CHECK(wired.error().message.find("canary") == std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(here.config.state_dir)) {
    std::ifstream file(entry.path());
    const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    CHECK(content.find("canary") == std::string::npos);
  }
}

TEST_CASE("a password that goes over http in the clear is warned about") {
  const auto warnings = [](const std::string& url, const std::string& password_file) {
    Installation here(url);
    here.config.source.credentials.password_file = password_file;
    const auto wired = wire(here.config);
    REQUIRE(wired);
    return (*wired)->warnings;
  };
  const auto plain = warnings("http://git.test/manifests.git", "/etc/plimsoll/git-token");
  REQUIRE(plain.size() == 1);
  CHECK(plain.front().find("anybody on the way to git.test can read the password") != std::string::npos);
  CHECK(warnings("http://git.test/manifests.git", "").empty());
  CHECK(warnings("https://git.test/manifests.git", "/etc/plimsoll/git-token").empty());
  CHECK(warnings("http://127.0.0.1:8080/manifests.git", "/etc/plimsoll/git-token").empty());
}
