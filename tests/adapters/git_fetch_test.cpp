#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <thread>

#include "adapters/file_descriptor.hpp"
#include "adapters/git/child_process.hpp"
#include "adapters/git/git_fetch_child.hpp"
#include "adapters/git/git_mirror.hpp"
#include "adapters/git/git_source.hpp"
#include "adapters/git/pack_compaction.hpp"
#include "adapters/git/revision_reader.hpp"
#include "tests/adapters/git_test_repository.hpp"

namespace plimsoll::adapters {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::GitTestRepository;
using test::TemporaryDirectory;

ports::Call soon() { return ports::within(seconds(60)); }

struct Fixture {
  TemporaryDirectory directory;
  GitTestRepository remote{directory.path("remote")};
  GitOptions options = test::git_test_options(remote.url(), directory);
  std::unique_ptr<ports::GitSource> source = *make_git_source(options);

  void use(const GitOptions& changed) { source = *make_git_source(changed); }
  void check_read(const std::string& commit, const std::string& expected) {
    const auto content = source->read(commit, nullptr);
    REQUIRE(content.ok());
    CHECK(*content->files.at("a").content == expected);
  }
  void fetch_and_check(const std::string& commit, const std::string& expected) {
    CHECK(source->remote_commit(soon()).value() == commit);
    const auto fetched = source->fetch(soon());
    INFO((fetched ? *fetched : fetched.error().message));
    REQUIRE(fetched.ok());
    CHECK(*fetched == commit);
    check_read(commit, expected);
  }
};

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

TEST_CASE_METHOD(Fixture, "a file source is polled, fetched and read") {
  fetch_and_check(remote.commit({{"manifests/a", "1"}}), "1");
  fetch_and_check(remote.commit({{"manifests/a", "2"}}), "2");
}

TEST_CASE_METHOD(Fixture, "a force-push to unrelated history moves the branch, and the old revision stays readable") {
  const auto before = remote.commit({{"manifests/a", "1"}});
  fetch_and_check(before, "1");
  fetch_and_check(remote.commit({{"manifests/a", "rewritten"}}, "main", true), "rewritten");
  check_read(before, "1");
}

TEST_CASE_METHOD(Fixture, "a deleted branch is missing, and what was fetched stays readable") {
  const auto commit = remote.commit({{"manifests/a", "1"}});
  remote.commit({{"manifests/a", "other"}}, "other");
  fetch_and_check(commit, "1");
  remote.delete_branch();
  for (const auto& answer : {source->remote_commit(soon()), source->fetch(soon())}) {
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().kind == ErrorKind::missing);
    CHECK_THAT(answer.error().message, Catch::Contains("branch 'main' does not exist") && Catch::Contains("other"));
  }
  check_read(commit, "1");
}

TEST_CASE_METHOD(Fixture, "an empty repository is missing, told apart from a missing branch") {
  for (const auto& answer : {source->remote_commit(soon()), source->fetch(soon())}) {
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().kind == ErrorKind::missing);
    CHECK_THAT(answer.error().message, Catch::Contains("is empty"));
  }
}

TEST_CASE_METHOD(Fixture, "a revision emptied of the manifest directory is rejected, never read as no files") {
  fetch_and_check(remote.commit({{"manifests/a", "1"}}), "1");
  const auto emptied = remote.commit({{"README.md", "moved away"}});
  CHECK(source->fetch(soon()).value() == emptied);
  CHECK(source->read(emptied, nullptr).error().kind == ErrorKind::rejected);
}

TEST_CASE_METHOD(Fixture, "a repository that is not there is missing") {
  GitOptions elsewhere = options;
  elsewhere.url = "file://" + directory.path("nowhere");
  use(elsewhere);
  for (const auto& answer : {source->remote_commit(soon()), source->fetch(soon())}) {
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().kind == ErrorKind::missing);
  }
}

TEST_CASE_METHOD(Fixture, "a mirror that is damaged is made anew by the next fetch") {
  const auto commit = remote.commit({{"manifests/a", "1"}});
  fetch_and_check(commit, "1");
  const fs::path mirror = options.mirror_dir;
  SECTION("its HEAD is gone") { fs::remove(mirror / "HEAD"); }
  SECTION("its objects are gone") { fs::remove_all(mirror / "objects"); }
  SECTION("its packs are gone") { fs::remove_all(mirror / "objects" / "pack"); }
  SECTION("its configuration is rubbish") { std::ofstream(mirror / "config") << "[core\nbare = "; }
  SECTION("its branch is rubbish") { std::ofstream(mirror / "refs" / "heads" / "main") << "rubbish"; }
  SECTION("its branch names a commit that is not there") {
    std::ofstream(mirror / "refs" / "heads" / "main") << std::string(40, '1') << "\n";
  }
  SECTION("it is a file") {
    fs::remove_all(mirror);
    std::ofstream(mirror) << "x";
  }
  SECTION("a pack is cut off") {
    for (const auto& entry : fs::directory_iterator(mirror / "objects" / "pack")) {
      fs::permissions(entry.path(), fs::perms::owner_all);
      fs::resize_file(entry.path(), 20);
    }
  }
  SECTION("a lock was left behind") { std::ofstream(mirror / "refs" / "heads" / "main.lock") << ""; }
  fetch_and_check(commit, "1");
  fetch_and_check(remote.commit({{"manifests/a", "2"}}), "2");
}

TEST_CASE_METHOD(Fixture, "damage that only a read finds is mended by the next fetch") {
  const auto commit = remote.commit({{"manifests/a", std::string(5000, 'x')}});
  REQUIRE(source->fetch(soon()).ok());
  for (const auto& entry : fs::directory_iterator(fs::path(options.mirror_dir) / "objects" / "pack")) {
    if (entry.path().extension() != ".pack") continue;
    fs::permissions(entry.path(), fs::perms::owner_all);
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(14);  // inside the first object's compressed data
    file.write("\xff\xff\xff\xff\xff\xff\xff\xff", 8);
  }
  const auto damaged = source->read(commit, nullptr);
  REQUIRE_FALSE(damaged.ok());
  CHECK(damaged.error().kind == ErrorKind::transient);
  CHECK(source->fetch(soon()).value() == commit);
  CHECK(source->read(commit, nullptr).ok());
}

TEST_CASE_METHOD(Fixture, "the small packs of a mirror with too many become one, and nothing is lost") {
  options.max_packs = 2;
  use(options);
  std::vector<std::string> commits;
  for (int i = 0; i < 12; ++i) {
    commits.push_back(remote.commit({{"manifests/a", std::to_string(i)}}));
    fetch_and_check(commits.back(), std::to_string(i));
    CHECK(pack_totals(options.mirror_dir).count <= options.max_packs + 1);
  }
  for (int i = 0; i < 12; ++i) check_read(commits[i], std::to_string(i));
  // A pack of all that the others hold keeps its name.
  compact_packs(options.mirror_dir);
  compact_packs(options.mirror_dir);
  CHECK(pack_totals(options.mirror_dir).count == 1);
  check_read(commits.front(), "0");
}

/// Bytes that no pack makes smaller.
std::string noise(std::size_t bytes, unsigned seed) {
  std::string text(bytes, '\0');
  for (auto& byte : text) {
    seed = seed * 1664525U + 1013904223U;
    byte = static_cast<char>(seed >> 24U);
  }
  return text;
}

TEST_CASE_METHOD(Fixture, "a repository that outgrows the limit of one fetch is followed on from its mirror") {
  options.max_packs = 2;
  options.max_pack_bytes = 200'000;
  use(options);
  std::string commit;
  int pushed = 0;
  const auto push = [&] {
    const std::string text = noise(50'000, static_cast<unsigned>(++pushed));
    commit = remote.commit({{"manifests/a", text}});
    return text;
  };
  while (pushed < 12) {
    const std::string text = push();
    fetch_and_check(commit, text);
  }
  CHECK(pack_totals(options.mirror_dir).bytes > 3 * options.max_pack_bytes);
  // Without its mirror it is too much, and what it says of that is not followed by a loss.
  GitOptions anew = options;
  anew.mirror_dir = directory.path("anew");
  CHECK((*make_git_source(anew))->fetch(soon()).error().kind == ErrorKind::rejected);
  const std::string served = commit;
  while (pushed < 17) {
    push();
    (void)source->fetch(soon());
  }
  push();
  const auto full = source->fetch(soon());
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().kind == ErrorKind::rejected);
  CHECK_THAT(full.error().message, Catch::Contains("is full: go on in a repository without this history"));
  check_read(served, noise(50'000, 12));
  // Cut down to what is needed, it goes on.
  const auto short_history = remote.commit({{"manifests/a", "small"}}, "main", true);
  fetch_and_check(short_history, "small");
  CHECK(pack_totals(options.mirror_dir).bytes < options.max_pack_bytes);
}

TEST_CASE_METHOD(Fixture, "a fetch leaves no child, no descriptor and no file behind") {
  remote.commit({{"manifests/a", "1"}});
  REQUIRE(source->fetch(soon()).ok());
  const auto before = open_descriptors();
  for (int i = 0; i < 5; ++i) {
    remote.commit({{"manifests/a", std::to_string(i)}});
    REQUIRE(source->fetch(soon()).ok());
  }
  CHECK(open_descriptors() == before);
  CHECK_FALSE(has_children());
  for (const auto& entry : fs::directory_iterator(directory.path()))
    CHECK((entry.path().filename() == "mirror" || entry.path().filename() == "remote"));
}

TEST_CASE_METHOD(Fixture, "leftovers of a killed fetch are removed, packs and branches are not") {
  const auto commit = remote.commit({{"manifests/a", "1"}});
  REQUIRE(source->fetch(soon()).ok());
  const std::string left[] = {"mirror/objects/pack/tmp_pack_x",
                              "mirror/objects/pack/pack_git2_x",
                              "mirror/refs/heads/main.lock",
                              "mirror/HEAD.lock",
                              "mirror.new/HEAD",
                              "mirror.home/.ssh/known_hosts"};
  for (const auto& name : left) directory.write(name, "x");
  remove_fetch_leftovers(options.mirror_dir);
  for (const auto& name : left) CHECK_FALSE(fs::exists(directory.path(name)));
  check_read(commit, "1");
}

TEST_CASE_METHOD(Fixture, "a fetch that was killed while it replaced the mirror leaves one of the two") {
  const auto commit = remote.commit({{"manifests/a", "1"}});
  REQUIRE(source->fetch(soon()).ok());
  const fs::path mirror = options.mirror_dir;
  SECTION("before the new one took its place") { fs::rename(mirror, directory.path("mirror.old")); }
  SECTION("before the old one was removed") {
    fs::copy(mirror, directory.path("mirror.old"), fs::copy_options::recursive);
  }
  directory.write("mirror.new/HEAD", "half");
  remove_fetch_leftovers(options.mirror_dir);
  check_read(commit, "1");
  CHECK_FALSE(fs::exists(directory.path("mirror.old")));
  CHECK_FALSE(fs::exists(directory.path("mirror.new")));
}

TEST_CASE_METHOD(Fixture, "a mirror is replaced in steps where the file system cannot do it at once") {
  const auto commit = remote.commit({{"manifests/a", "1"}});
  REQUIRE(source->fetch(soon()).ok());
  const std::string other = directory.path("other");
  fs::copy(options.mirror_dir, other, fs::copy_options::recursive);
  fs::remove(fs::path(options.mirror_dir) / "HEAD");
  REQUIRE(replace_mirror_in_steps(other, options.mirror_dir).ok());
  check_read(commit, "1");
  CHECK_FALSE(replace_mirror_in_steps(directory.path("absent"), options.mirror_dir).ok());
  check_read(commit, "1");
  CHECK_FALSE(fs::exists(directory.path("mirror.old")));
}

TEST_CASE_METHOD(Fixture, "who reads while the mirror is replaced notices nothing") {
  const auto commit = remote.commit({{"manifests/a", "1"}, {"manifests/b/c", "2"}});
  REQUIRE(source->fetch(soon()).ok());
  const std::string other = directory.path("other");
  std::atomic<int> good = 0, bad = 0;
  std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested())
      ++(read_revision({options.mirror_dir, "manifests", commit}, nullptr).ok() ? good : bad);
  });
  for (int i = 0; i < 100; ++i) {
    fs::copy(options.mirror_dir, other, fs::copy_options::recursive);
    REQUIRE(replace_mirror(other, options.mirror_dir).ok());
    for (const int before = good; good == before && bad == 0;) std::this_thread::yield();
  }
  reader.request_stop();
  reader.join();
  CHECK(good > 0);
  CHECK(bad == 0);
}

TEST_CASE_METHOD(Fixture, "a program that is no git-fetch, or none at all, is an error and not a hang") {
  remote.commit({{"manifests/a", "1"}});
  for (const char* program : {"/nonexistent/plimsoll", "/bin/true", "/bin/false", "/bin/echo"}) {
    INFO(program);
    options.self_executable = program;
    use(options);
    CHECK_FALSE(source->fetch(soon()).ok());
    CHECK_FALSE(has_children());
  }
}

/// A server that never says anything.
class StallingPort {
 public:
  StallingPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address_), size) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size) == 0);
  }
  ~StallingPort() { ::close(socket_); }
  /// Returns when a client has connected; the connection stays open and silent.
  void await_connection() { accepted_.push_back(FileDescriptor(::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC))); }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/m.git";
  }

 private:
  int socket_;
  sockaddr_in address_{};
  std::vector<FileDescriptor> accepted_;
};

TEST_CASE_METHOD(Fixture, "a server that says nothing ends at the deadline") {
  StallingPort server;
  options.url = server.url();
  use(options);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(source->remote_commit(ports::within(milliseconds(100))).error().kind == ErrorKind::deadline);
  CHECK(source->fetch(ports::within(milliseconds(300))).error().kind == ErrorKind::deadline);
  options.fetch_deadline = milliseconds(200);
  use(options);
  CHECK(source->fetch(soon()).error().kind == ErrorKind::deadline);
  CHECK(std::chrono::steady_clock::now() - begin < seconds(20));
  CHECK_FALSE(has_children());
}

TEST_CASE_METHOD(Fixture, "a stop token ends a stalled call at once") {
  StallingPort server;
  options.url = server.url();
  use(options);
  std::stop_source before;
  before.request_stop();
  CHECK(source->remote_commit(ports::within(seconds(60), before.get_token())).error().kind == ErrorKind::cancelled);
  CHECK(source->fetch(ports::within(seconds(60), before.get_token())).error().kind == ErrorKind::cancelled);
  for (const bool fetch : {false, true}) {
    std::stop_source stop;
    std::thread stopper([&] {
      server.await_connection();
      stop.request_stop();
    });
    const auto call = ports::within(seconds(60), stop.get_token());
    const auto answer = fetch ? source->fetch(call) : source->remote_commit(call);
    stopper.join();
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().kind == ErrorKind::cancelled);
  }
  CHECK_FALSE(has_children());
}

TEST_CASE("a password file is read anew for every request and its faults name the file") {
  const TemporaryDirectory directory;
  GitOptions options;
  CHECK_FALSE(git_password(options)->has_value());
  options.password_file = directory.write("password", "first\n");
  CHECK((*git_password(options))->reveal() == "first");
  directory.write("password", "second");
  CHECK((*git_password(options))->reveal() == "second");
  for (const std::string& bad :
       {std::string(), std::string("\n"), std::string("hunter2\nhunter3"), std::string("hunter2\0x", 9)}) {
    directory.write("password", bad);
    const auto password = git_password(options);
    REQUIRE_FALSE(password.ok());
    CHECK(password.error().kind == ErrorKind::unauthorized);
    CHECK_THAT(password.error().message, Catch::Contains(options.password_file) && !Catch::Contains("hunter2"));
  }
  options.password_file = directory.path("absent");
  CHECK(git_password(options).error().kind == ErrorKind::unauthorized);
}

}  // namespace
}  // namespace plimsoll::adapters
