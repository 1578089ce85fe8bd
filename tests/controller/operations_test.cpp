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
  table.adopt_orphan({"dev", "web", "one"}, {});
  table.find({"dev", "web", "one"})->known = true;
  table.find({"dev", "web", "one"})->progress.status.sync = SyncStatus::synced;
  table.find({"dev", "web", "one"})->progress.status.health = Health::healthy;
  Operations operations;

  const auto early = operations.begin({}, /* under_way= */ true);
  const auto late = operations.begin({}, /* under_way= */ false);
  CHECK(operations.source_refreshed(table).size() == 1);
  CHECK(operations.view(early, table)->phase == "Running");
  CHECK(operations.view(late, table)->phase == "Succeeded");
  CHECK(operations.source_refreshed(table).size() == 1);
  CHECK(operations.view(early, table)->phase == "Succeeded");
  CHECK(operations.source_refreshed(table).empty());
}
