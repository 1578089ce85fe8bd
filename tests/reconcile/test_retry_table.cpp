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

TEST_CASE("what a pass hands back replaces what was known of its target, and the planner sees it") {
  RetryTable table;
  table.replace_failures(kWeb, {{"api", {"v1:cc", ErrorKind::transient, 1, kNow, "registry is down"}}});
  table.replace_failures(kApi, {{"api", {"v1:aa", ErrorKind::transient, 2, kNow, "registry is down"}}});
  table.replace_failures(kApi, {{"worker", {"v1:bb", ErrorKind::conflict, 1, Instant::max(), "port taken"}}});
  const auto memory = table.memory_for(kApi);
  CHECK(memory.failures.count("api") == 0);
  CHECK(memory.failures.at("worker").retry_at == Instant::max());
  CHECK_FALSE(memory.retry_requested);
  table.replace_failures(kApi, {});
  CHECK(table.memory_for(kApi).failures.empty());
  CHECK(table.memory_for(kWeb).failures.at("api").spec_digest == "v1:cc");
}

TEST_CASE("what is cleared is forgotten, and counted afresh when it cannot be observed") {
  RetryTable table;
  table.replace_failures(kApi, {{"api", {"v1:aa", ErrorKind::transient, 2, kNow, "registry is down"}}});
  table.record_unobserved(kApi, kDown, kNow, 0.5);
  table.clear(kApi);
  CHECK(table.memory_for(kApi).failures.empty());
  CHECK(table.entries_for(kApi).empty());
  CHECK(table.record_unobserved(kApi, kDown, kNow, 0.5) == kNow + 5s);
}

TEST_CASE("a restart keeps the back-off: what is persisted counts on") {
  RetryTable before;
  before.replace_failures(kApi, {{"api", {"v1:aa", ErrorKind::transient, 2, kNow + 10s, "registry is down"}},
                                 {"", {"", ErrorKind::conflict, 1, Instant::max(), "network taken"}}});
  RetryTable after;
  after.load(before.entries_for(kApi));

  const auto memory = after.memory_for(kApi);
  REQUIRE(memory.failures.size() == 2);
  CHECK(memory.failures.at("").retry_at == Instant::max());
  CHECK(memory.failures.at("").kind == ErrorKind::conflict);
  const StepFailure& api = memory.failures.at("api");
  CHECK(api.message == "registry is down");
  CHECK(api.spec_digest == "v1:aa");
  CHECK(api.retry_at == kNow + 10s);
  CHECK(reconcile::next_failure(&api, "v1:aa", kDown, kNow, 0.5, {})->retry_at == kNow + 20s);
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
