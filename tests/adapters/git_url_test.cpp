#include <catch2/catch.hpp>

#include "adapters/git/git_options.hpp"
#include "adapters/git/source_url.hpp"

namespace plimsoll::adapters {
namespace {

using Scheme = SourceUrl::Scheme;

struct Accepted {
  std::string url;
  Scheme scheme;
  std::string user, host;
  int port;
  std::string path;
};

const Accepted kAccepted[] = {
    {"https://git.example.org/acme/m.git", Scheme::https, "", "git.example.org", 443, "/acme/m.git"},
    {"https://GIT.Example.org:8443/m", Scheme::https, "", "git.example.org", 8443, "/m"},
    {"http://127.0.0.1:3000/m.git", Scheme::http, "", "127.0.0.1", 3000, "/m.git"},
    {"https://[::1]:8443/m.git", Scheme::https, "", "::1", 8443, "/m.git"},
    {"ssh://git@host/acme/m.git", Scheme::ssh, "git", "host", 22, "/acme/m.git"},
    {"ssh://host:2222/m.git", Scheme::ssh, "", "host", 2222, "/m.git"},
    {"git@github.com:acme/m.git", Scheme::ssh, "git", "github.com", 22, "acme/m.git"},
    {"host:m.git", Scheme::ssh, "", "host", 22, "m.git"},
    {"file:///srv/m.git", Scheme::file, "", "", 0, "/srv/m.git"},
    {"file:///srv/a%20b.git", Scheme::file, "", "", 0, "/srv/a b.git"},
};

TEST_CASE("a source URL of a supported scheme is taken apart") {
  for (const Accepted& row : kAccepted) {
    INFO(row.url);
    const auto url = validate_source_url(row.url);
    REQUIRE(url.ok());
    CHECK(url->scheme == row.scheme);
    CHECK(url->user == row.user);
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->path == row.path);
    CHECK(url->text == row.url);
  }
}

struct Refused {
  std::string url;
  std::string says;
};

const Refused kRefused[] = {
    {"", "missing"},
    {"https://host/m.git\n", "control characters"},
    {"https://host/m\r\nHost: evil.git", "control characters"},
    {std::string("https://host/\0m", 15), "control characters"},
    {"ext::sh -c id", "not supported"},
    {"EXT::sh", "not supported"},
    {"git://host/m.git", "scheme is not supported"},
    {"ftp://host/m.git", "scheme is not supported"},
    {"ext://host/m.git", "scheme is not supported"},
    {"https://user:hunter2@host/m.git", "password_file"},
    {"https://hunter2@host/m.git", "password_file"},
    {"ssh://git:hunter2@host/m.git", "ssh_key_file"},
    {"https://host/m.git?private_token=hunter2", "password_file"},
    {"https://host/m.git#hunter2", "fragment"},
    {"ssh://-oProxyCommand=id/m.git", "host name"},
    {"ssh://-oProxyCommand/m.git", "host name"},
    {"https://-host/m.git", "host name"},
    {"-oProxyCommand:m.git", "host name"},
    {"ssh://-l@host/m.git", "user name"},
    {"ssh://host/-upload-pack", "begin with '-'"},
    {"git@host:--upload-pack=id", "begin with '-'"},
    {"git@host:m';id;'", "shell character"},
    {"ssh://host", "no path"},
    {"https://host:0/m.git", "port"},
    {"https://host:70000/m.git", "port"},
    {"/srv/m.git", "file:///path"},
    {"manifests", "file:///path"},
    {"file://host/srv/m.git", "file:///path"},
    {"https:///m.git", "host name"},
    {"https://host/" + std::string(5000, 'a'), "4096"},
};

TEST_CASE("a dangerous or unsupported source URL is refused without repeating a credential") {
  for (const Refused& row : kRefused) {
    INFO(row.url);
    const auto url = validate_source_url(row.url);
    REQUIRE_FALSE(url.ok());
    CHECK(url.error().kind == ErrorKind::rejected);
    CHECK_THAT(url.error().message, Catch::Contains(row.says));
    CHECK_THAT(url.error().message, !Catch::Contains("hunter2"));
    CHECK(url.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a branch name that could be anything else is refused") {
  for (const char* good : {"main", "release/1.2", "a-b_c.d", "feature/x.y"}) CHECK(validate_branch(good).ok());
  for (const char* bad :
       {"",       "-x",       "a/-x", "a..b", "../x", "a//b", "/a",  "a/",    ".a",   "a/.b", "a.",
        "a.lock", "a.lock/b", "a b",  "a:b",  "a*",   "a^",   "a~1", "a@{1}", "a\nb", "+a",   "\xc3\xa9"}) {
    INFO(bad);
    CHECK_FALSE(validate_branch(bad).ok());
  }
}

TEST_CASE("URLs in messages lose user info and query") {
  const std::pair<const char*, const char*> rows[] = {
      {"no url here", "no url here"},
      {"https://host/m.git", "https://host/m.git"},
      {"at https://u:p@host/m failed", "at https://***@host/m failed"},
      {"https://token@host/m", "https://***@host/m"},
      {"https://u:p@ss@host/m", "https://***@host/m"},
      {"ssh://git@host/m", "ssh://git@host/m"},
      {"ssh://git:p@host/m", "ssh://***@host/m"},
      {"https://host/m?token=x then text", "https://host/m?*** then text"},
      {"'https://u:p@a/' and 'http://v:q@b/'", "'https://***@a/' and 'http://***@b/'"},
      {"mail a@b.c", "mail a@b.c"},
  };
  for (const auto& [text, scrubbed] : rows) CHECK(scrub_url(text) == scrubbed);
}

GitOptions options(const std::string& url) {
  GitOptions made;
  made.url = url;
  made.mirror_dir = "/nonexistent/mirror";
  return made;
}

TEST_CASE("options that contradict each other are refused with the key to mend") {
  GitOptions ssh = options("git@host:m.git");
  ssh.ssh_key_file = "/key";
  CHECK_THAT(check_git_options(ssh).error().message,
             Catch::Contains("known_hosts_file") && Catch::Contains("ssh-keyscan"));
  ssh.known_hosts_file = "/known_hosts";
  CHECK(check_git_options(ssh).ok());
  ssh.password_file = "/password";
  CHECK_THAT(check_git_options(ssh).error().message, Catch::Contains("password_file"));
  ssh.password_file.clear();
  ssh.ssh_key_file.clear();
  CHECK_THAT(check_git_options(ssh).error().message, Catch::Contains("ssh_key_file"));
  GitOptions https = options("https://host/m.git");
  https.ssh_key_file = "/key";
  CHECK_FALSE(check_git_options(https).ok());
  GitOptions file = options("file:///srv/m.git");
  file.password_file = "/password";
  CHECK_FALSE(check_git_options(file).ok());
}

TEST_CASE("the manifest path is normalised and must stay inside the repository") {
  const std::pair<const char*, const char*> good[] = {
      {"", ""}, {".", ""}, {"./", ""}, {"manifests/", "manifests"}, {"./a//b/.", "a/b"}};
  for (const auto& [path, normal] : good) {
    GitOptions made = options("https://host/m.git");
    made.path = path;
    const auto checked = check_git_options(made);
    REQUIRE(checked.ok());
    CHECK(checked->options.path == normal);
  }
  for (const char* path : {"..", "a/../b", "/a", ".git", "a/.git/b"}) {
    GitOptions made = options("https://host/m.git");
    made.path = path;
    CHECK_FALSE(check_git_options(made).ok());
  }
}

}  // namespace
}  // namespace plimsoll::adapters
