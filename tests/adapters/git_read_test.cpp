#include <catch2/catch.hpp>
#include <fstream>

#include "adapters/git/revision_reader.hpp"
#include "tests/adapters/git_test_repository.hpp"

namespace plimsoll::adapters {
namespace {

using Kind = RepositoryEntry::Kind;
using test::GitTestRepository;
using test::TemporaryDirectory;
using test::TreeFile;

struct Fixture {
  TemporaryDirectory directory;
  GitTestRepository repository{directory.path("mirror")};

  Result<ports::RevisionContent> read(const std::string& revision, const RepositoryFiles* known = nullptr,
                                      const std::string& path = "manifests") {
    return read_revision({directory.path("mirror"), path, revision}, known);
  }
};

const std::string kModule(40, '1');

TEST_CASE_METHOD(Fixture,
                 "a revision is read by object id: kinds are told apart, links and submodules have no content") {
  const auto commit = repository.commit({{"manifests/instances.yaml", "instances: {}\n"},
                                         {"manifests/apps/web/run.sh", "#!/bin/sh\n", GIT_FILEMODE_BLOB_EXECUTABLE},
                                         {"manifests/link", "/etc/passwd", GIT_FILEMODE_LINK},
                                         {"manifests/module", kModule, GIT_FILEMODE_COMMIT},
                                         {"manifests/-x", "dash", GIT_FILEMODE_BLOB},
                                         {"manifests/empty", ""},
                                         {"outside.txt", "not ours"}});
  const auto content = read(commit);
  REQUIRE(content.ok());
  CHECK(content->commit == commit);
  CHECK(content->author == "Ann Author <ann@example.org>");
  CHECK(content->subject == "subject");
  const auto& files = content->files;
  REQUIRE(files.size() == 6);
  CHECK(*files.at("instances.yaml").content == "instances: {}\n");
  CHECK(files.at("instances.yaml").kind == Kind::file);
  CHECK(files.at("apps/web/run.sh").kind == Kind::executable);
  CHECK(*files.at("apps/web/run.sh").content == "#!/bin/sh\n");
  CHECK(files.at("link").kind == Kind::symlink);
  CHECK(files.at("link").content == nullptr);
  CHECK(files.at("module").kind == Kind::submodule);
  CHECK(files.at("module").object_id == kModule);
  CHECK(files.at("module").content == nullptr);
  CHECK(*files.at("-x").content == "dash");
  CHECK(files.at("empty").content->empty());
}

TEST_CASE_METHOD(Fixture, "the whole repository is read when the path is its root") {
  const auto commit = repository.commit({{"instances.yaml", "x"}});
  CHECK(read(commit, nullptr, "")->files.count("instances.yaml") == 1);
}

TEST_CASE_METHOD(Fixture, "unchanged files share their content with the known snapshot and are not read again") {
  const auto first = repository.commit(
      {{"manifests/same", "same"}, {"manifests/other", "before"}, {"manifests/link", "same", GIT_FILEMODE_LINK}});
  const auto before = read(first);
  REQUIRE(before.ok());
  const auto second =
      repository.commit({{"manifests/same", "same"}, {"manifests/moved", "same"}, {"manifests/other", "after"}});
  const auto after = read(second, &before->files);
  REQUIRE(after.ok());
  CHECK(after->files.at("same").content == before->files.at("same").content);
  CHECK(after->files.at("moved").content == before->files.at("same").content);
  CHECK(*after->files.at("other").content == "after");
}

TEST_CASE_METHOD(Fixture, "a file with the bytes of a known symbolic link still has content") {
  const auto linked = read(repository.commit({{"manifests/a", "target", GIT_FILEMODE_LINK}}));
  REQUIRE(linked.ok());
  const auto filed = read(repository.commit({{"manifests/a", "target"}}), &linked->files);
  REQUIRE(filed.ok());
  REQUIRE(filed->files.at("a").content != nullptr);
  CHECK(*filed->files.at("a").content == "target");
}

TEST_CASE_METHOD(Fixture, "a file over the limit has no content, one at the limit has") {
  const auto commit = repository.commit(
      {{"manifests/over", std::string(kMaxFileBytes + 1, 'x')}, {"manifests/at", std::string(kMaxFileBytes, 'x')}});
  const auto content = read(commit);
  REQUIRE(content.ok());
  CHECK(content->files.at("over").content == nullptr);
  CHECK(content->files.at("at").content->size() == kMaxFileBytes);
  const auto again = read(commit, &content->files);
  CHECK(again->files.at("over").content == nullptr);
}

TEST_CASE_METHOD(Fixture, "a revision over the limit of bytes is rejected, also when all files are one object") {
  std::vector<TreeFile> files;
  for (int i = 0; i < 11; ++i) files.push_back({"manifests/f" + std::to_string(i), std::string(kMaxFileBytes, 'x')});
  const auto content = read(repository.commit(files));
  REQUIRE_FALSE(content.ok());
  CHECK(content.error().kind == ErrorKind::rejected);
  CHECK_THAT(content.error().message, Catch::Contains("10 MiB"));
  files.pop_back();
  CHECK(read(repository.commit(files)).ok());
}

TEST_CASE_METHOD(Fixture, "a commit or a directory of giant size is rejected before it is taken into memory") {
  const auto is_rejected = [&](const std::string& revision, const std::string& path, const char* why) {
    const auto content = read(revision, nullptr, path);
    REQUIRE_FALSE(content.ok());
    CHECK(content.error().kind == ErrorKind::rejected);
    CHECK_THAT(content.error().message, Catch::Contains(why) && Catch::Contains("What runs is left as it is"));
  };
  const std::string message(2U << 20U, 'm');
  const auto commit = repository.commit({{"manifests/a", "1"}}, "main", false, message);
  for (const auto& revision : {commit, commit.substr(0, 8), std::string("main")})
    is_rejected(revision, "manifests", "commit of more than 1 MiB");
  std::vector<TreeFile> files{{"manifests/a", "1"}};
  for (int i = 0; i < 80; ++i)
    files.push_back({"manifests/deep/er/" + std::to_string(i) + std::string(60'000, 'n'), "x"});
  const auto wide = repository.commit(files);
  is_rejected(wide, "manifests", "'deep/er' in 'manifests' has a directory whose list of names is over 4 MiB");
  is_rejected(wide, "manifests/deep/er", "over 4 MiB");
  files.resize(40);
  CHECK_THAT(read(repository.commit(files)).error().message, Catch::Contains("name"));  // taken, and looked at
}

TEST_CASE_METHOD(Fixture, "a directory below others is read, and what lies beside it is not") {
  const auto commit = repository.commit({{"a/b/c/x", "1"}, {"a/b/y", "2"}, {"a/b/link", "c", GIT_FILEMODE_LINK}});
  const auto content = read(commit, nullptr, "a/b/c");
  REQUIRE(content.ok());
  CHECK(content->files.size() == 1);
  CHECK_THAT(read(commit, nullptr, "a/b/d").error().message, Catch::Contains("no directory"));
  CHECK_THAT(read(commit, nullptr, "a/b/y/x").error().message, Catch::Contains("not a directory"));
  CHECK_THAT(read(commit, nullptr, "a/b/link").error().message, Catch::Contains("not a directory"));
}

TEST_CASE_METHOD(Fixture, "a missing directory, or one that is a file, is rejected by name") {
  const auto commit = repository.commit({{"README.md", "x"}, {"manifests2", "y"}});
  const auto missing = read(commit);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().kind == ErrorKind::rejected);
  CHECK_THAT(missing.error().message, Catch::Contains("no directory 'manifests' at revision " + commit.substr(0, 8)));
  const auto file = read(commit, nullptr, "manifests2");
  REQUIRE_FALSE(file.ok());
  CHECK(file.error().kind == ErrorKind::rejected);
  CHECK_THAT(file.error().message, Catch::Contains("not a directory"));
}

TEST_CASE_METHOD(Fixture, "a revision may be a branch, an abbreviation or the written form of a revision") {
  const auto commit = repository.commit({{"manifests/a", "1"}});
  for (const std::string& revision :
       {commit, std::string("main"), commit.substr(0, 8), "main@sha1:" + commit, "main@sha1:" + commit.substr(0, 7)}) {
    INFO(revision);
    const auto content = read(revision);
    REQUIRE(content.ok());
    CHECK(content->commit == commit);
  }
}

TEST_CASE_METHOD(Fixture, "an unknown revision is missing and its text is not interpreted") {
  const auto commit = repository.commit({{"manifests/a", "1"}});
  for (const std::string& revision :
       {std::string("none"), std::string(40, '0'), std::string(""), std::string("HEAD~1"), std::string("@{upstream}"),
        std::string("main:manifests"), "^" + commit, commit.substr(0, 3), std::string(":/subject"), commit + "0"}) {
    INFO(revision);
    const auto content = read(revision);
    REQUIRE_FALSE(content.ok());
    CHECK(content.error().kind == ErrorKind::missing);
  }
}

TEST_CASE_METHOD(Fixture, "text of a commit is made printable") {
  const auto commit = repository.commit({{"manifests/a", "1"}}, "main", false, "sub\x1b[31mject \xff end\n\nmore");
  CHECK(read(commit)->subject == "sub\uFFFD[31mject \uFFFD end");
}

TEST_CASE_METHOD(Fixture, "a mirror that lacks an object is transient: the next fetch mends it") {
  const auto commit = repository.commit({{"manifests/a", "to be lost"}});
  const auto id = read(commit)->files.at("a").object_id;
  std::filesystem::remove(directory.path("mirror/objects/" + id.substr(0, 2) + "/" + id.substr(2)));
  const auto content = read(commit);
  REQUIRE_FALSE(content.ok());
  CHECK(content.error().kind == ErrorKind::transient);
  CHECK(read_revision({directory.path("nothing"), "", commit}, nullptr).error().kind == ErrorKind::transient);
}

TEST_CASE("names that could leave the directory or break a line are refused") {
  for (const char* good :
       {"a", "-x", "...", "..a", ".gitignore", ".github", "git", "a b", "\xc3\xa9", "\xf0\x9f\x9a\xa2", "a:b", "a\\b"})
    CHECK(refused_name(good) == "");
  for (const std::string& bad :
       {std::string(""), std::string("."), std::string(".."), std::string(".git"), std::string(".GIT"),
        std::string("GIT~1"), std::string("a/b"), std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f"),
        std::string("\xff"), std::string("\xc0\xaf"), std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
        std::string("\xe2\x82"), std::string(4097, 'x')}) {
    INFO(bad);
    CHECK(refused_name(bad) != "");
  }
}

}  // namespace
}  // namespace plimsoll::adapters
