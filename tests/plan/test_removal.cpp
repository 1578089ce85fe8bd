#include <catch2/catch.hpp>

#include "plan/plan_target.hpp"
#include "plan/removal_guard.hpp"

namespace plimsoll::plan_test {
namespace {

const TargetId kTarget{"dev", "shop", "one"};
const Instant kNow{std::chrono::hours(500'000)};

ObservedContainer container(const std::string& app, const std::string& name, ContainerState state) {
  ObservedContainer made;
  made.id = "id-" + name;
  made.name = name;
  made.environment = "dev";
  made.app = app;
  made.service = "api";
  made.state = state;
  return made;
}

ObservedInstance two_apps() {
  ObservedInstance observed;
  observed.containers = {container("shop", "dev-shop-api-1", ContainerState::running),
                         container("shop", "dev-shop-api-1.next", ContainerState::exited),
                         container("other", "dev-other-api-1", ContainerState::running)};
  ObservedNetwork network;
  network.id = "n1";
  network.name = "dev-shop_default";
  network.environment = "dev";
  network.app = "shop";
  observed.networks = {network};
  return observed;
}

std::string text(const Plan& plan) {
  std::string all;
  for (const auto& step : plan.steps) all += to_string(step) + "\n";
  return all + std::string(to_string(plan.status.sync)) + " " + std::string(to_string(plan.status.health)) + " " +
         plan.status.reason;
}

std::vector<TargetId> targets(std::initializer_list<const char*> names) {
  std::vector<TargetId> list;
  for (const std::string name : names) {
    const auto slash = name.find('/');
    const auto at = name.find('@');
    list.push_back({name.substr(0, slash), name.substr(slash + 1, at - slash - 1), name.substr(at + 1)});
  }
  return list;
}

}  // namespace

TEST_CASE("removal stops and removes only the target's containers, and its networks after them") {
  ObservedInstance observed = two_apps();
  CHECK(text(plan::plan_removal(kTarget, {}, observed, {}, kNow)) ==
        "api: StopContainer dev-shop-api-1 (no manifest names the app any more)\n"
        "api: RemoveContainer dev-shop-api-1 (no manifest names the app any more)\n"
        "api: RemoveContainer dev-shop-api-1.next (no manifest names the app any more)\n"
        "OutOfSync Progressing Pruning");
  observed.containers.erase(observed.containers.begin(), observed.containers.begin() + 2);
  CHECK(text(plan::plan_removal(kTarget, {}, observed, {}, kNow)) ==
        "RemoveNetwork dev-shop_default (no manifest names it any more)\nOutOfSync Progressing Pruning");
  observed.networks->front().in_use = true;
  CHECK(text(plan::plan_removal(kTarget, {}, observed, {}, kNow)) == "Synced Healthy ");
  observed.networks.reset();
  CHECK(text(plan::plan_removal(kTarget, {}, observed, {}, kNow)) == "Synced Healthy ");
}

TEST_CASE("of an environment those shared networks go that nothing uses and nobody names") {
  ObservedInstance observed;
  observed.networks = {{"1", "dev_edge", "dev", ""},
                       {"2", "dev_bus", "dev", ""},
                       {"3", "dev_used", "dev", "", "", true},
                       {"4", "prod_edge", "prod", ""},
                       {"5", "dev-shop_default", "dev", "shop"}};
  const TargetId shared{"dev", "", "one"};
  CHECK(text(plan::plan_removal(shared, {}, observed, {}, kNow, {"dev_bus"})) ==
        "RemoveNetwork dev_edge (no manifest names it any more)\nOutOfSync Progressing Pruning");
  SyncPolicy kept;
  kept.prune = false;
  CHECK(text(plan::plan_removal(shared, kept, observed, {}, kNow)) == "Synced Healthy ");
}

TEST_CASE("removal only shows what it would do without prune, suspended, or before the retry time") {
  SyncPolicy no_prune;
  no_prune.prune = false;
  CHECK(text(plan::plan_removal(kTarget, no_prune, two_apps(), {}, kNow)) == "OutOfSync Healthy PruneDisabled");
  SyncPolicy suspended;
  suspended.suspended = true;
  CHECK(text(plan::plan_removal(kTarget, suspended, two_apps(), {}, kNow)) == "OutOfSync Suspended Suspended");
  TargetMemory memory;
  StepFailure failure;
  failure.retry_at = kNow + std::chrono::seconds(9);
  memory.failures[""] = failure;
  const Plan held = plan::plan_removal(kTarget, {}, two_apps(), memory, kNow);
  CHECK(text(held) == "OutOfSync Degraded Error");
  CHECK(held.wake_at == failure.retry_at);
}

TEST_CASE("the removal guard holds a revision that asks for almost nothing") {
  struct Row {
    const char* what;
    std::vector<TargetId> previous, next;
    bool allow, held;
    std::size_t removed;
  };
  const auto four = targets({"dev/a@x", "dev/b@x", "dev/c@x", "dev/d@x"});
  const Row rows[] = {
      {"nothing removed", four, four, false, false, 0},
      {"nothing known yet", {}, four, false, false, 0},
      {"one of four", four, targets({"dev/a@x", "dev/b@x", "dev/c@x"}), false, false, 1},
      {"exactly half", four, targets({"dev/a@x", "dev/b@x"}), false, false, 2},
      {"more than half", four, targets({"dev/a@x"}), false, true, 3},
      {"everything", four, {}, false, true, 4},
      {"more than half, allowed", four, targets({"dev/a@x"}), true, false, 3},
      {"replaced by as many", four, targets({"dev/e@x", "dev/f@x", "dev/g@x", "dev/a@x"}), false, true, 3},
      {"environment emptied, few apps", targets({"dev/a@x", "dev/b@x", "dev/c@x", "prod/a@y"}),
       targets({"dev/a@x", "dev/b@x", "dev/c@x"}), false, true, 1},
      {"one of two instances left", targets({"dev/a@x", "dev/a@y", "dev/b@x"}), targets({"dev/a@x", "dev/b@x"}), false,
       false, 1},
      {"moved to another instance", targets({"dev/a@x"}), targets({"dev/a@y"}), false, false, 1},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto verdict = plan::guard_removal(row.previous, row.next, row.allow);
    CHECK(verdict.held == row.held);
    CHECK(verdict.message.empty() != row.held);
    CHECK(verdict.removed.size() == row.removed);
  }
}

}  // namespace plimsoll::plan_test
