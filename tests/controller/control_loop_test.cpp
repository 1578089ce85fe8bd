#include "controller/control_loop.hpp"

#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

TEST_CASE("a commit becomes containers, and the next commit replaces them") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the first deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  CHECK(bench.loop->not_ready_reason().empty());

  bench.git.commit(tree("2", "  web: {}\n"));
  bench.loop->refresh_source();
  bench.until("the second deployment", [&] { return bench.good("web", "one", "registry.test/web:2"); });
  CHECK(bench.one.containers_by_now() == 1);
}

TEST_CASE("an instance that says nothing delays no other") {
  Bench bench;
  bench.two_is_silent = true;
  bench.git.commit(tree("1", "  other: { instances: [two] }\n  third: { instances: [two] }\n  web: {}\n"));
  const auto begin = std::chrono::steady_clock::now();
  bench.start();
  bench.until("the healthy instance", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("an instance that moves gives back the engine that it had, even one that says nothing") {
  Bench bench;
  bench.two_is_silent = true;
  auto manifests = tree("1", "  other: { instances: [two] }\n  web: {}\n");
  bench.git.commit(manifests);
  bench.start();
  bench.until("the deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  CHECK(bench.engines_alive == 2);
  for (const std::string address : {"a", "b", "c"}) {
    manifests["instances.yaml"] = "instances:\n  one: { engine: unix:///one-" + address +
                                  ".sock }\n  two: { engine: unix:///two-" + address + ".sock }\n";
    const auto commit = bench.git.commit(manifests);
    bench.loop->refresh_source();
    bench.until("the revision", [&] { return bench.loop->status().revision.commit == commit; });
    bench.until("the old engines to go", [&] { return bench.engines_alive == 2; });
  }
  bench.until("the app on the moved instance", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  manifests["instances.yaml"] = "instances:\n  one: { engine: unix:///one-c.sock }\n";
  manifests["environments/dev.yaml"] = "environment: dev\ninstances: [one]\napps:\n  web: {}\n";
  bench.git.commit(manifests);
  bench.loop->refresh_source();
  bench.until("one engine", [&] { return bench.engines_alive == 1; });
}

TEST_CASE("one broken app keeps what it has and stops no other") {
  Bench bench;
  bench.git.commit(tree("1", "  other: {}\n  web: {}\n"));
  bench.start();
  bench.until("both", [&] {
    return bench.good("web", "one", "registry.test/web:1") && bench.good("other", "one", "registry.test/web:1");
  });
  auto broken = tree("2", "  other: {}\n  web: {}\n");
  broken["apps/other/compose.yaml"] = "services:\n  web:\n    imagee: x\n";
  bench.git.commit(broken);
  bench.loop->refresh_source();
  bench.until("the good app", [&] { return bench.good("web", "one", "registry.test/web:2"); });
  const auto* other = bench.status("other", "one");
  REQUIRE(other != nullptr);
  CHECK(other->reason == reason::kInvalidSpec);
  CHECK(other->message.find("apps/other/compose.yaml:3") != std::string::npos);
  CHECK(bench.one.containers_by_now() == 2);
}

TEST_CASE("an app that leaves the manifests is removed, but not most of them at once") {
  Bench bench;
  bench.git.commit(tree("1", "  other: {}\n  third: {}\n  web: {}\n"));
  bench.start();
  bench.until("all three",
              [&] { return bench.one.containers_by_now() == 3 && bench.good("web", "one", "registry.test/web:1"); });

  bench.git.commit(tree("1", "  third: {}\n  web: {}\n"));
  bench.loop->refresh_source();
  bench.until("one removed",
              [&] { return bench.one.containers_by_now() == 2 && bench.status("other", "one") == nullptr; });

  bench.git.commit(tree("1", "  {}\n"));
  bench.loop->refresh_source();
  bench.until("the removal held", [&] {
    const auto* web = bench.status("web", "one");
    return web != nullptr && web->reason == reason::kRemovalBlocked;
  });
  CHECK(bench.one.containers_by_now() == 2);

  // Neither does a pass that something else asks for, such as a poll or a sync.
  const auto asked = bench.loop->sync({{}, false, false});
  REQUIRE(asked);
  bench.until("the sync", [&] { return bench.loop->operation(*asked)->phase != OperationPhase::running; });
  CHECK(bench.loop->operation(*asked)->phase == OperationPhase::failed);
  CHECK(bench.one.containers_by_now() == 2);

  // Another revision on top does not let it through by the back door.
  auto later = tree("1", "  {}\n");
  later["environments/dev.yaml"] += "variables: { A: b }\n";
  bench.git.commit(later);
  bench.loop->refresh_source();
  bench.until("the next revision", [&] { return bench.loop->status().revision.commit.back() == '4'; });
  bench.until("still held", [&] {
    const auto* web = bench.status("web", "one");
    return web != nullptr && web->reason == reason::kRemovalBlocked;
  });
  CHECK(bench.one.containers_by_now() == 2);

  REQUIRE(bench.loop->sync({{}, false, true}));
  bench.until("the removal", [&] { return bench.one.containers_by_now() == 0; });
}

TEST_CASE("nobody reads Synced of a changed network from a look that had begun before the revision came") {
  Bench bench;
  auto manifests = tree("1", "  web: {}\n");
  bench.git.commit(manifests);
  bench.start();
  bench.until("the deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  bench.looks.shut();
  REQUIRE(bench.loop->sync({{}, false, false}));
  bench.until("a look", [&] { return bench.looks.holds_somebody(); });
  manifests["apps/web/compose.yaml"] += "networks: { default: { labels: { team: shop } } }\n";
  const auto revision = bench.git.commit(manifests);
  bench.loop->refresh_source();
  bench.until("the revision", [&] { return bench.loop->status().revision.commit == revision; });
  const int before = bench.looks.came();
  bench.looks.let_one();
  bench.until("the next look", [&] { return bench.looks.came() > before; });
  CHECK(bench.status("web", "one")->sync != SyncStatus::synced);
  bench.looks.open();
  bench.until("the new network", [&] { return bench.good("web", "one", "registry.test/web:1"); });
}

TEST_CASE("networks that are left over of many apps go without a word") {
  Bench bench;
  for (const auto* app : {"a", "b", "c", "d"}) {
    const std::string name = "dev-" + std::string(app) + "_default";
    bench.one.networks[name] = {"id-" + name, "dev", app, "v1:x"};
  }
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  bench.until("the networks are gone", [&] { return bench.one.networks_by_now() == 1; });
}

TEST_CASE("one pass ends, and is no good one, when the engine holds on to what nothing uses") {
  Bench bench;
  bench.one.networks["dev-gone_default"] = {"id-1", "dev", "gone", "v1:x"};
  bench.one.on_apply = [](const Action& action) -> std::optional<test::Fault> {
    if (!std::holds_alternative<RemoveNetwork>(action)) return std::nullopt;
    return test::Fault{.error = {ErrorKind::conflict, "network dev-gone_default has active endpoints"}};
  };
  bench.git.commit(tree("1", "  web: {}\n"));
  std::optional<bool> all_good;
  bench.start([&](bool good) { all_good = good; });
  bench.until("the end", [&] { return all_good.has_value(); });
  CHECK(all_good == false);
  CHECK(bench.good("web", "one", "registry.test/web:1"));
  const auto* gone = bench.status("gone", "one");
  REQUIRE(gone != nullptr);
  CHECK(gone->reason == reason::kPruning);
  CHECK(gone->message.find("active endpoints") != std::string::npos);
}

TEST_CASE("a source that fails keeps everything as it is and says why") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  bench.git.fail_with(Error{ErrorKind::transient, "cannot reach https://git.test: no route"});
  bench.loop->refresh_source();
  bench.until("the error", [&] { return !bench.loop->status().source_error.empty(); });
  CHECK(bench.loop->status().source_error.find("no route") != std::string::npos);
  CHECK(bench.good("web", "one", "registry.test/web:1"));
}

TEST_CASE("many asks for a refresh make few") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  const int before = bench.git.asked();
  for (int i = 0; i < 1000; ++i) bench.loop->refresh_source();
  const auto checked = bench.loop->status().source_checked;
  bench.until("the refresh", [&] { return bench.loop->status().source_checked != checked; });
  bench.until("the second", [&] { return bench.git.asked() >= before + 2; });
  CHECK(bench.git.asked() <= before + 2);
}

TEST_CASE("a sync can be followed to its end, and history tells of it") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the source", [&] { return bench.loop->not_ready_reason().empty(); });
  const auto id = bench.loop->sync({{"dev", "web"}, false, false});
  REQUIRE(id);
  bench.until("the operation", [&] {
    const auto view = bench.loop->operation(*id);
    return view && view->phase == OperationPhase::succeeded;
  });
  CHECK_FALSE(bench.loop->sync({{"dev", "nothing"}, false, false}));
  CHECK_FALSE(bench.loop->operation("sync-99"));

  std::vector<ports::HistoryEntry> entries;
  bool answered = false;
  bench.loop->history({"dev", "web", ""}, 10, [&](Result<std::vector<ports::HistoryEntry>> result) {
    answered = true;
    if (result) entries = *result;
  });
  bench.until("the history", [&] { return answered; });
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].phase == OperationPhase::succeeded);
  CHECK(entries[0].author == "A <a@example.org>");
}

TEST_CASE("diff tells what a sync would do, and does nothing") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  DiffRequest request;
  request.manifests = tree("2", "  web: {}\n");
  std::optional<Result<DiffView>> answer;
  bench.loop->diff(request, [&](Result<DiffView> view) { answer = std::move(view); });
  bench.until("the diff", [&] { return answer.has_value(); });
  REQUIRE(*answer);
  REQUIRE((*answer)->targets.size() == 1);
  const auto& diff = (*answer)->targets[0];
  REQUIRE(diff.changes.size() == 1);
  CHECK(to_string(diff.changes[0].field) == "image: registry.test/web:1 → registry.test/web:2");
  CHECK_FALSE(diff.steps.empty());
  CHECK(bench.good("web", "one", "registry.test/web:1"));

  answer.reset();
  bench.loop->diff({}, [&](Result<DiffView> view) { answer = std::move(view); });
  bench.until("the empty diff", [&] { return answer.has_value(); });
  REQUIRE(*answer);
  CHECK((*answer)->targets.empty());
}
