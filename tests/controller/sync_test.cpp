#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

constexpr const char* kWeb = "registry.test/web:1";

OperationView ended(Bench& bench, const SyncRequest& request) {
  const auto id = bench.loop->sync(request);
  REQUIRE(id);
  bench.until("the sync", [&] { return bench.loop->operation(*id)->phase != OperationPhase::running; });
  return *bench.loop->operation(*id);
}

}  // namespace

TEST_CASE("a sync with nobody to ask what is wanted ends in an error that says so") {
  Bench bench;
  bench.git.fail_with(Error{ErrorKind::transient, "cannot reach https://git.test: no route"});
  bench.start();
  const auto without = ended(bench, {});
  CHECK(without.phase == OperationPhase::error);
  CHECK(without.message == "the source cannot be read: cannot reach https://git.test: no route");

  bench.git.fail_with({});
  CHECK(ended(bench, {}).message.find("branch main does not exist") != std::string::npos);

  bench.git.commit(tree("1", "  web: {}\n"));
  CHECK(ended(bench, {}).phase == OperationPhase::succeeded);
  bench.git.fail_with(Error{ErrorKind::transient, "cannot reach https://git.test: no route"});
  const auto with = ended(bench, {{"dev", "web"}, false, false});
  CHECK(with.phase == OperationPhase::error);
  CHECK(with.targets.size() == 1);
}

TEST_CASE("a retry that is asked for while a pass runs ends with its own outcome") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.steps.shut();
  bench.one.fail_next({.action = "CreateContainer", .error = {ErrorKind::rejected, "no such runtime"}});
  bench.start();
  bench.until("the pass", [&] { return bench.steps.holds_somebody(); });
  const int asked = bench.git.asked();
  const auto id = bench.loop->sync({{"dev", "web"}, true, false});
  REQUIRE(id);
  bench.until("the refresh", [&] { return bench.git.asked() > asked; });
  bench.events.run_for(Millis(50));
  bench.steps.open();
  bench.until("the sync", [&] { return bench.loop->operation(*id)->phase != OperationPhase::running; });
  CHECK(bench.loop->operation(*id)->phase == OperationPhase::succeeded);
}

TEST_CASE("a sync that is asked for before the first read covers what the read brings, and no more than there is") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  const auto nowhere = bench.loop->sync({{"dev", "nope"}, false, false});
  const auto all = bench.loop->sync({});
  REQUIRE(nowhere);
  REQUIRE(all);
  bench.until("both", [&] {
    return bench.loop->operation(*nowhere)->phase != OperationPhase::running &&
           bench.loop->operation(*all)->phase != OperationPhase::running;
  });
  CHECK(bench.loop->operation(*nowhere)->phase == OperationPhase::error);
  CHECK(bench.loop->operation(*nowhere)->message == no_match({"dev", "nope"}).message);
  CHECK(bench.loop->sync({{"dev", "nope"}, false, false}).error().message == no_match({"dev", "nope"}).message);
  CHECK(bench.loop->operation(*all)->phase == OperationPhase::succeeded);
  CHECK(bench.loop->operation(*all)->targets.size() == 1);
}

TEST_CASE("an app that leaves with the refresh of a sync is among its targets until it is removed") {
  Bench bench;
  bench.git.commit(tree("1", "  other: {}\n  third: {}\n  web: {}\n"));
  bench.start();
  bench.until("all three", [&] { return bench.one.containers_by_now() == 3 && bench.good("web", "one", kWeb); });
  bench.git.commit(tree("1", "  third: {}\n  web: {}\n"));
  bench.steps.shut();
  const auto id = bench.loop->sync({{"dev", "other"}, false, false});
  REQUIRE(id);
  bench.until("the removal", [&] { return bench.steps.holds_somebody(); });
  const auto meanwhile = *bench.loop->operation(*id);
  CHECK(meanwhile.phase == OperationPhase::running);
  REQUIRE(meanwhile.targets.size() == 1);
  CHECK(meanwhile.targets[0].target.app == "other");
  bench.steps.open();
  bench.until("the sync", [&] { return bench.loop->operation(*id)->phase != OperationPhase::running; });
  CHECK(bench.loop->operation(*id)->phase == OperationPhase::succeeded);
  CHECK(bench.one.containers_by_now() == 2);
  CHECK(bench.status("other", "one") == nullptr);
}

TEST_CASE("a sync whose refresh takes apps away ends as what becomes of them") {
  struct Case {
    std::string name, sync, apps;
    OperationPhase phase;
    std::string reason;
  };
  const std::vector<Case> cases{
      {"the guard holds them", "", "  {}\n", OperationPhase::failed, "RemovalBlocked"},
      {"prune is off", "sync: { prune: false }\n", "  web: {}\n", OperationPhase::succeeded, "PruneDisabled"},
  };
  for (const auto& one : cases) {
    INFO(one.name);
    Bench bench;
    auto manifests = tree("1", "  other: {}\n  web: {}\n");
    manifests["environments/dev.yaml"] += one.sync;
    bench.git.commit(manifests);
    bench.start();
    bench.until("both", [&] { return bench.good("other", "one", kWeb) && bench.good("web", "one", kWeb); });
    manifests = tree("1", one.apps);
    manifests["environments/dev.yaml"] += one.sync;
    bench.git.commit(manifests);
    const auto view = ended(bench, {});
    CHECK(view.phase == one.phase);
    CHECK(view.targets.size() == 2);
    CHECK(bench.status("other", "one")->reason == one.reason);
    CHECK(bench.one.containers_by_now() == 2);
  }
}

TEST_CASE("what leaves an instance that cannot be reached is not said to be removed") {
  Bench bench;
  bench.git.commit(tree("1", "  other: {}\n  third: {}\n  web: {}\n"));
  bench.start();
  bench.until("all three", [&] { return bench.one.containers_by_now() == 3 && bench.good("web", "one", kWeb); });
  bench.git.commit(tree("1", "  third: {}\n  web: {}\n"));
  bench.one.unreachable = true;
  CHECK(ended(bench, {{"dev", "other"}, false, false}).phase == OperationPhase::failed);
  CHECK(bench.status("other", "one")->reason == "EngineUnreachable");
  bench.one.unreachable = false;
  bench.until("the removal", [&] { return bench.status("other", "one") == nullptr; });
  CHECK(bench.one.containers_by_now() == 2);
}

TEST_CASE("a sync of one target is about no other instance of its app") {
  Bench bench;
  bench.git.commit(tree("1", "  web: { instances: [one, two] }\n"));
  bench.start();
  const auto view = ended(bench, {{"dev", "web", "two"}, false, false});
  CHECK(view.phase == OperationPhase::succeeded);
  REQUIRE(view.targets.size() == 1);
  CHECK(view.targets[0].target.instance == "two");
  CHECK(bench.loop->sync({{"dev", "web", "three"}, false, false}).error().message ==
        "no app matches dev/web@three; `plimsoll status` lists them");
}
