#include <catch2/catch.hpp>

#include "reconcile/retry_table.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using reconcile::RetryTable;

namespace {
const TargetId kApi{"dev", "backend", "dev-1"};
const TargetId kWeb{"dev", "frontend", "dev-1"};
const Instant kNow{1'000'000ms};
const Error kDown{ErrorKind::transient, "registry is down"};
}  // namespace

TEST_CASE("failures count by target and service, and memory shows them to the planner") {
  RetryTable table;
  CHECK(table.record_failure(kApi, "api", "v1:aa", kDown, kNow, 0.5)->retry_at == kNow + 5s);
  CHECK(table.record_failure(kApi, "api", "v1:aa", kDown, kNow, 0.5)->retry_at == kNow + 10s);
  CHECK(table.record_failure(kApi, "worker", "v1:bb", kDown, kNow, 0.5)->retry_at == kNow + 5s);
  CHECK(table.record_failure(kWeb, "api", "v1:aa", kDown, kNow, 0.5)->retry_at == kNow + 5s);
  CHECK_FALSE(table.record_failure(kWeb, "web", "v1:cc", {ErrorKind::cancelled, ""}, kNow, 0.5));

  const auto memory = table.memory_for(kApi);
  REQUIRE(memory.failures.size() == 2);
  CHECK(memory.failures.at("api").attempts == 2);
  CHECK(memory.failures.at("worker").attempts == 1);
  CHECK_FALSE(memory.retry_requested);
  CHECK(table.memory_for(kWeb).failures.size() == 1);
}

TEST_CASE("what is cleared is forgotten and counted afresh") {
  RetryTable table;
  table.record_failure(kApi, "api", "v1:aa", kDown, kNow, 0.5);
  table.record_failure(kApi, "worker", "v1:bb", kDown, kNow, 0.5);
  table.clear(kApi, "api");
  CHECK(table.memory_for(kApi).failures.count("api") == 0);
  CHECK(table.memory_for(kApi).failures.count("worker") == 1);
  CHECK(table.record_failure(kApi, "api", "v1:aa", kDown, kNow, 0.5)->attempts == 1);
  table.clear(kApi);
  CHECK(table.memory_for(kApi).failures.empty());
  CHECK(table.entries_for(kApi).empty());
}

TEST_CASE("what a pass hands back replaces what was known") {
  RetryTable table;
  table.record_failure(kApi, "api", "v1:aa", kDown, kNow, 0.5);
  table.replace_failures(kApi, {{"worker", {"v1:bb", ErrorKind::conflict, 1, Instant::max(), "port taken"}}});
  CHECK(table.memory_for(kApi).failures.count("api") == 0);
  CHECK(table.memory_for(kApi).failures.at("worker").retry_at == Instant::max());
  table.replace_failures(kApi, {});
  CHECK(table.memory_for(kApi).failures.empty());
}

TEST_CASE("a restart keeps the back-off: what is persisted counts on") {
  RetryTable before;
  before.record_failure(kApi, "api", "v1:aa", kDown, kNow, 0.5);
  before.record_failure(kApi, "api", "v1:aa", kDown, kNow, 0.5);
  before.record_failure(kApi, "", "", {ErrorKind::conflict, "network taken"}, kNow, 0.5);
  RetryTable after;
  after.load(before.entries_for(kApi));

  const auto memory = after.memory_for(kApi);
  REQUIRE(memory.failures.size() == 2);
  CHECK(memory.failures.at("").retry_at == Instant::max());
  CHECK(memory.failures.at("").kind == ErrorKind::conflict);
  CHECK(memory.failures.at("api").message == "registry is down");
  CHECK(memory.failures.at("api").spec_digest == "v1:aa");
  CHECK(after.record_failure(kApi, "api", "v1:aa", kDown, kNow, 0.5)->retry_at == kNow + 20s);
}

TEST_CASE("an instance that cannot be observed is looked at again for ever, and the planner hears nothing of it") {
  RetryTable table;
  CHECK(table.record_unobserved(kApi, kDown, kNow, 0.5) == kNow + 5s);
  CHECK(table.record_unobserved(kApi, kDown, kNow, 0.5) == kNow + 10s);
  CHECK(table.record_unobserved(kApi, {ErrorKind::rejected, "no such API version"}, kNow, 0.5) == kNow + 180s);
  CHECK(table.memory_for(kApi).failures.empty());
  CHECK(table.entries_for(kApi).empty());
  table.clear_unobserved(kApi);
  CHECK(table.record_unobserved(kApi, kDown, kNow, 0.5) == kNow + 5s);
  CHECK(table.record_unobserved(kApi, {ErrorKind::cancelled, ""}, kNow, 0.5) == kNow);
}
