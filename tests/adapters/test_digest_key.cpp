#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "adapters/digest_key.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/temporary_directory.hpp"

using namespace plimsoll;
using adapters::load_or_make_digest_key;
using test::TemporaryDirectory;

TEST_CASE("the digest key is made at first use, for its owner only, and stays") {
  const TemporaryDirectory directory;
  const std::string state = directory.path("state/plimsoll");
  auto made = load_or_make_digest_key(state);
  REQUIRE(made);
  CHECK(made->size() == 32);
  CHECK(test::mode_of(state) == 0700);
  CHECK(test::mode_of(state + "/digest.key") == 0600);
  CHECK(*load_or_make_digest_key(state) == *made);
  CHECK(std::distance(std::filesystem::directory_iterator(state), {}) == 1);

  const TemporaryDirectory other;
  CHECK(*load_or_make_digest_key(other.path()) != *made);
}

namespace {
std::atomic<int> synced_directories = 0;
}  // namespace

/// Stands in for libc's, to see what is made to last.
extern "C" int fsync(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) ++synced_directories;
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

TEST_CASE("a new digest key has its name on the disk before anything is told with it") {
  const TemporaryDirectory directory;
  synced_directories = 0;
  REQUIRE(load_or_make_digest_key(directory.path()));
  CHECK(synced_directories == 1);
  REQUIRE(load_or_make_digest_key(directory.path()));
  CHECK(synced_directories == 1);
  REQUIRE(load_or_make_digest_key(directory.path("new")));
  CHECK(synced_directories == 3);  // the directory's own name, too
}

TEST_CASE("a digest key of another size or open to others is refused, with what to do") {
  const TemporaryDirectory directory;
  const auto key = directory.write("digest.key", "short");
  std::filesystem::permissions(key, std::filesystem::perms(0600));
  auto loaded = load_or_make_digest_key(directory.path());
  REQUIRE_FALSE(loaded);
  CHECK_THAT(loaded.error().message, Catch::Contains(key) && Catch::Contains("remove it"));

  directory.write("digest.key", std::string(32, 'k'));
  std::filesystem::permissions(key, std::filesystem::perms(0644));
  loaded = load_or_make_digest_key(directory.path());
  REQUIRE_FALSE(loaded);
  CHECK_THAT(loaded.error().message, Catch::Contains("0600"));
}

TEST_CASE("a state directory that cannot be made is an error that names it") {
  const TemporaryDirectory directory;
  const auto file = directory.write("file", "");
  auto loaded = load_or_make_digest_key(file + "/state");
  REQUIRE_FALSE(loaded);
  CHECK_THAT(loaded.error().message, Catch::Contains(file + "/state"));
}

TEST_CASE("the system clock does not run backwards between two looks and is in this century") {
  const adapters::SystemClock clock;
  const Instant first = clock.now();
  CHECK(clock.now() >= first);
  CHECK(to_rfc3339(first).substr(0, 2) == "20");
}
