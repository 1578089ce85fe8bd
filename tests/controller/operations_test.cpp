#include "controller/operations.hpp"

#include <catch2/catch.hpp>

using namespace plimsoll;
using namespace plimsoll::controller;

TEST_CASE("nobody reads Synced of a new revision before a pass has looked") {
  const auto state_of = [](const std::string& commit, const std::string& digest) {
    DesiredState state;
    DesiredTarget target;
    target.id = {"dev", "web", "one"};
    target.revision = {"main", commit};
    target.digest = digest;
    state.targets.push_back(target);
    return std::make_shared<const DesiredState>(state);
  };
  TargetTable table;
  CHECK(table.apply(state_of("aaaaaaaa", "v1:1")).changed.size() == 1);
  auto& entry = *table.find({"dev", "web", "one"});
  entry.known = true;
  entry.progress.status.sync = SyncStatus::synced;
  entry.progress.status.health = Health::healthy;
  CHECK(table.apply(state_of("bbbbbbbb", "v1:2")).changed.size() == 1);
  CHECK(entry.progress.status.sync == SyncStatus::out_of_sync);
  CHECK(entry.progress.status.health == Health::progressing);
  CHECK(entry.progress.status.message == "revision bbbbbbbb is about to be applied");
  CHECK_FALSE(is_settled(entry));
}

TEST_CASE("an operation waits for a refresh that began after it was asked for") {
  TargetTable table;
  table.adopt_orphan({"dev", "web", "one"});
  table.find({"dev", "web", "one"})->known = true;
  table.find({"dev", "web", "one"})->progress.status.sync = SyncStatus::synced;
  table.find({"dev", "web", "one"})->progress.status.health = Health::healthy;
  Operations operations(Instant{});

  const auto early = operations.begin({}, /* under_way= */ true);
  const auto late = operations.begin({}, /* under_way= */ false);
  CHECK(operations.source_refreshed(table, "").targets.size() == 1);
  CHECK(operations.view(early, table)->phase == OperationPhase::running);
  CHECK(operations.view(late, table)->phase == OperationPhase::succeeded);
  CHECK(operations.source_refreshed(table, "").targets.size() == 1);
  CHECK(operations.view(early, table)->phase == OperationPhase::succeeded);
  CHECK(operations.source_refreshed(table, "").targets.empty());
}

TEST_CASE("an operation whose refresh failed has not succeeded") {
  TargetTable table;
  Operations operations(Instant{});
  const auto early = operations.begin({}, /* under_way= */ true);
  const auto late = operations.begin({}, /* under_way= */ false);
  (void)operations.source_refreshed(table, "no route");
  CHECK(operations.view(late, table)->phase == OperationPhase::error);
  CHECK(operations.view(late, table)->message == "the source cannot be read: no route");
  // The one that waits for the next refresh has its own.
  CHECK(operations.view(early, table)->phase == OperationPhase::running);
  (void)operations.source_refreshed(table, "");
  CHECK(operations.view(early, table)->phase == OperationPhase::succeeded);
  CHECK(operations.view(late, table)->phase == OperationPhase::error);
}

TEST_CASE("an operation of the controller before names nothing in this one") {
  const Instant begun(std::chrono::seconds(1'700'000'000));
  TargetTable table;
  Operations before(begun), now(begun + Millis(1));
  const auto id = before.begin({}, /* under_way= */ false);
  CHECK(now.begin({}, /* under_way= */ false) != id);
  REQUIRE_FALSE(now.view(id, table));
  CHECK(now.view(id, table).error().message.find("since the start of the controller") != std::string::npos);
}

TEST_CASE("only what a retry names begins anew, once the refresh has brought it") {
  TargetTable table;
  table.adopt_orphan({"dev", "web", "one"});
  Operations operations(Instant{});
  (void)operations.begin({}, /* under_way= */ false);
  CHECK(operations.source_refreshed(table, "").retried.empty());
  (void)operations.begin({{"dev", "web"}, /* retry= */ true, false}, /* under_way= */ false);
  CHECK(operations.source_refreshed(table, "").retried == std::vector<TargetId>{{"dev", "web", "one"}});
}

TEST_CASE("a condition has held since it came to, whatever else is said meanwhile") {
  const Instant begin(std::chrono::seconds(1000));
  TargetEntry entry;
  auto& status = entry.progress.status;
  const auto at = [&](int seconds, SyncStatus sync, Health health, std::string_view reason) {
    status = {};
    status.sync = sync;
    status.health = health;
    status.reason = std::string(reason);
    note_transitions(entry, begin + std::chrono::seconds(seconds));
    const auto since = [&](Instant time) {
      return std::chrono::duration_cast<std::chrono::seconds>(time - begin).count();
    };
    const auto& times = status.transitions;
    return std::vector<long>{since(times.ready), since(times.reconciling), since(times.stalled)};
  };
  using Times = std::vector<long>;
  CHECK(at(0, SyncStatus::out_of_sync, Health::progressing, reason::kChanged) == Times{0, 0, 0});
  CHECK(at(1, SyncStatus::out_of_sync, Health::progressing, reason::kWaitingForHealth) == Times{0, 0, 0});
  CHECK(at(2, SyncStatus::synced, Health::healthy, "") == Times{2, 2, 0});
  CHECK(at(3, SyncStatus::synced, Health::healthy, reason::kPinned) == Times{2, 2, 0});
  CHECK(at(4, SyncStatus::out_of_sync, Health::degraded, reason::kRolledBack) == Times{4, 2, 4});
}

TEST_CASE("a look that had begun before one was asked for does not count") {
  TargetEntry entry;
  entry.busy = true;
  entry.outdated = true;
  CHECK_FALSE(release(entry));
  CHECK_FALSE(entry.busy);
  entry.busy = true;
  CHECK(release(entry));
}
