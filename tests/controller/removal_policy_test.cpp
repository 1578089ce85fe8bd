#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

constexpr const char* kImage = "registry.test/web:1";
constexpr const char* kAll = "  other: {}\n  third: {}\n  web: {}\n";
constexpr const char* kWithoutOther = "  third: {}\n  web: {}\n";

test::MemoryGit::Tree under(const std::string& policy, const std::string& apps) {
  auto files = tree("1", apps);
  files["environments/dev.yaml"] = "environment: dev\nsync: " + policy + "\ninstances: [one]\napps:\n" + apps;
  return files;
}

void deploy_all(Bench& bench, const test::MemoryGit::Tree& files) {
  bench.git.commit(files);
  bench.start();
  bench.until("all", [&] {
    return bench.good("web", "one", kImage) && bench.good("other", "one", kImage) && bench.good("third", "one", kImage);
  });
}

OperationPhase synced(Bench& bench, const SyncRequest& request = {}) {
  const auto id = bench.loop->sync(request);
  REQUIRE(id);
  bench.until("the sync", [&] { return bench.loop->operation(*id)->phase != OperationPhase::running; });
  return bench.loop->operation(*id)->phase;
}

std::string reason_of(Bench& bench, const std::string& app) {
  const auto* status = bench.status(app, "one");
  return status == nullptr ? "(gone)" : status->reason;
}

}  // namespace

TEST_CASE("without prune an app that leaves the manifests stays, also when it was busy") {
  Bench bench;
  deploy_all(bench, under("{ prune: false }", kAll));
  bench.steps.shut();
  bench.git.commit([] {
    auto files = under("{ prune: false }", kAll);
    files["apps/other/compose.yaml"] = compose_of("2");
    return files;
  }());
  bench.loop->refresh_source();
  bench.until("the pass", [&] { return bench.steps.holds_somebody(); });
  bench.git.commit(under("{ prune: false }", kWithoutOther));
  bench.loop->refresh_source();
  bench.until("the revision", [&] { return bench.loop->status().revision.commit.ends_with("3"); });
  bench.steps.open();
  bench.until("the reason", [&] { return reason_of(bench, "other") == reason::kPruneDisabled; });
  CHECK(synced(bench) == OperationPhase::succeeded);
  CHECK(bench.one.containers_by_now() >= 3);
}

TEST_CASE("one pass ends well with what prune: false keeps") {
  Bench bench;
  deploy_all(bench, tree("1", kAll));
  bench.loop->stop();
  bench.git.commit(under("{ prune: false }", kWithoutOther));
  std::optional<bool> all_good;
  bench.start([&](bool good) { all_good = good; });
  bench.until("the end", [&] { return all_good.has_value(); });
  CHECK(all_good == true);
  CHECK(reason_of(bench, "other") == reason::kPruneDisabled);
  CHECK(bench.one.containers_by_now() == 3);
}

TEST_CASE("a suspended app that leaves the manifests stays until it is resumed, its neighbours go") {
  Bench bench;
  deploy_all(bench, tree("1", kAll));
  REQUIRE(bench.loop->suspend({"dev", "other"}));
  bench.until("suspended", [&] { return reason_of(bench, "other") == reason::kSuspended; });
  bench.git.commit(tree("1", kWithoutOther));
  CHECK(synced(bench) == OperationPhase::failed);  // it is not what the manifests ask for
  CHECK(reason_of(bench, "other") == reason::kSuspended);
  CHECK(bench.one.containers_by_now() == 3);
  REQUIRE(bench.loop->resume({"dev", "other"}));
  bench.until("the removal",
              [&] { return bench.one.containers_by_now() == 2 && reason_of(bench, "other") == "(gone)"; });
}

TEST_CASE("the suspension of a neighbour keeps nothing that leaves the manifests") {
  Bench bench;
  deploy_all(bench, tree("1", kAll));
  bench.git.commit(tree("1", "  third: {}\n  web: { sync: { suspended: true } }\n"));
  bench.loop->refresh_source();
  bench.until("the removal",
              [&] { return bench.one.containers_by_now() == 2 && reason_of(bench, "other") == "(gone)"; });
}

TEST_CASE("a removal that the engine refuses ends one pass and a sync, badly") {
  Bench bench;
  deploy_all(bench, tree("1", kAll));
  bench.loop->stop();
  bench.one.on_apply = [](const Action& action) -> std::optional<test::Fault> {
    if (!std::holds_alternative<RemoveContainer>(action)) return std::nullopt;
    return test::Fault{.error = {ErrorKind::conflict, "driver failed to remove the root file system"}};
  };
  bench.git.commit(tree("1", kWithoutOther));
  std::optional<bool> all_good;
  bench.start([&](bool good) { all_good = good; });
  bench.until("the end", [&] { return all_good.has_value(); });
  CHECK(all_good == false);
  CHECK(bench.status("other", "one")->message.find("root file system") != std::string::npos);
  bench.loop->stop();
  bench.start();
  bench.until("the removal", [&] { return reason_of(bench, "other") == reason::kPruning; });
  CHECK(synced(bench) == OperationPhase::failed);
}

TEST_CASE("a removal that is let through by name lets nothing else through, and not by an older refresh") {
  Bench bench;
  deploy_all(bench, tree("1", kAll));
  bench.git.commit(tree("1", "  {}\n"));
  // Two refreshes: the first was under way when somebody asked.
  bench.loop->refresh_source();
  CHECK(synced(bench, {{"dev", "other"}, false, true}) != OperationPhase::running);
  bench.until("one removed",
              [&] { return bench.one.containers_by_now() == 2 && reason_of(bench, "other") == "(gone)"; });
  bench.until("the others held", [&] { return reason_of(bench, "web") == reason::kRemovalBlocked; });
  CHECK(reason_of(bench, "third") == reason::kRemovalBlocked);
}

TEST_CASE("what an app that no manifest names any more writes shows no secret of its environment") {
  Bench bench;
  bench.secrets.set("PASSWORD", "dev-other");  // these engines write the name of the container
  deploy_all(bench, under("{ prune: false }", kAll));
  bench.git.commit(under("{ prune: false }", kWithoutOther));
  bench.loop->refresh_source();
  bench.until("the reason", [&] { return reason_of(bench, "other") == reason::kPruneDisabled; });
  std::string text;
  bench.loop->logs({{"dev", "other"}, "", false, 10},
                   [&text](const auto& logs) { text = logs && logs->size() == 1 ? logs->front().text : "none"; });
  bench.until("the log", [&text] { return !text.empty(); });
  CHECK(text.find("dev-other") == std::string::npos);
  CHECK(text.starts_with("log of ***-"));
}
