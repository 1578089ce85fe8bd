#include "controller/operations.hpp"

#include <catch2/catch.hpp>

using namespace plimsoll;
using namespace plimsoll::controller;

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
