#include <algorithm>
#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

constexpr const char* kImage = "registry.test/web:1";

test::MemoryGit::Tree with_broken(const std::string& app) {
  auto files = tree("1", "  other: {}\n  web: {}\n");
  files["apps/" + app + "/compose.yaml"] = "services:\n  web:\n    imagee: x\n";
  return files;
}

/// Ends once every target has been looked at.
OperationPhase looked_at(Bench& bench) {
  const auto id = bench.loop->sync({{}, false, false});
  REQUIRE(id);
  bench.until("the sync", [&] { return bench.loop->operation(*id)->phase != OperationPhase::running; });
  return bench.loop->operation(*id)->phase;
}

void check_invalid(Bench& bench) {
  const auto* other = bench.status("other", "one");
  REQUIRE(other != nullptr);
  CHECK(other->reason == reason::kInvalidSpec);
  CHECK(other->message.find("apps/other/compose.yaml:3") != std::string::npos);
  CHECK(other->health >= Health::degraded);
  CHECK(has_errors(bench.view_.diagnostics));
}

}  // namespace

TEST_CASE("an app that is broken in the first commit is shown, and stays shown") {
  Bench bench;
  bench.git.commit(with_broken("other"));
  bench.start();
  bench.until("the good app", [&] { return bench.good("web", "one", kImage); });
  CHECK(looked_at(bench) == OperationPhase::failed);
  check_invalid(bench);
  CHECK(bench.status("other", "one")->sync == SyncStatus::unknown);

  bench.git.commit(tree("1", "  other: {}\n  web: {}\n"));
  bench.loop->refresh_source();
  bench.until("the mended app", [&] { return bench.good("other", "one", kImage); });
}

TEST_CASE("an app that is broken when the controller starts is shown beside the container that it left") {
  Bench bench;
  bench.git.commit(tree("1", "  other: {}\n  web: {}\n"));
  bench.start();
  bench.until("both", [&] { return bench.good("web", "one", kImage) && bench.good("other", "one", kImage); });
  bench.loop->stop();
  bench.git.commit(with_broken("other"));
  bench.start();
  bench.until("the good app", [&] { return bench.good("web", "one", kImage); });
  CHECK(looked_at(bench) == OperationPhase::failed);
  check_invalid(bench);
  CHECK(bench.one.containers_by_now() == 2);
}

TEST_CASE("one pass over nothing but a broken app is no good one") {
  Bench bench;
  bench.git.commit({{"instances.yaml", kInstances},
                    {"apps/web/compose.yaml", "services:\n  web:\n    imagee: x\n"},
                    {"environments/dev.yaml", "environment: dev\ninstances: [one]\napps:\n  web: {}\n"}});
  std::optional<bool> all_good;
  bench.start([&](bool good) { all_good = good; });
  bench.until("the end", [&] { return all_good.has_value(); });
  CHECK(all_good == false);
  CHECK(has_errors(bench.loop->status().diagnostics));
}

TEST_CASE("one pass over a broken environment file is no good one") {
  Bench bench;
  bench.git.commit({{"instances.yaml", kInstances},
                    {"environments/dev.yaml", "environment: dev\nappps: {}\napps: { web: {}, other: {} }\n"}});
  std::optional<bool> all_good;
  bench.start([&](bool good) { all_good = good; });
  bench.until("the end", [&] { return all_good.has_value(); });
  CHECK(all_good == false);
  const auto diagnostics = bench.loop->status().diagnostics;
  const auto is_of_file = [](const Diagnostic& one) { return one.path == "appps"; };
  CHECK(std::count_if(diagnostics.begin(), diagnostics.end(), is_of_file) == 1);  // though it breaks two apps
}

TEST_CASE("an engine that cannot be reached does not hide why an app is broken") {
  Bench bench;
  bench.one.unreachable = true;
  bench.git.commit(with_broken("other"));
  bench.start();
  bench.until("the engine's error", [&] {
    const auto* web = bench.status("web", "one");
    return web != nullptr && web->reason == reason::kEngineUnreachable;
  });
  check_invalid(bench);
}

TEST_CASE(
    "an instances.yaml with errors leaves the instances as they were, and what runs there is still looked after") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the first", [&] { return bench.good("web", "one", kImage); });
  auto files = tree("2", "  web: {}\n");
  SECTION("no YAML") { files["instances.yaml"] = "instances: [\n"; }
  SECTION("no list") { files["instances.yaml"] = "instancess: {}\n"; }
  SECTION("no file") { files.erase("instances.yaml"); }
  SECTION("one broken entry") {
    files["instances.yaml"] = "instances:\n  one: { engin: unix:///one.sock }\n  two: { engine: unix:///two.sock }\n";
  }
  bench.git.commit(files);
  bench.loop->refresh_source();
  bench.until("the second", [&] { return bench.good("web", "one", "registry.test/web:2"); });
  const auto view = bench.loop->status();
  CHECK(has_errors(view.diagnostics));
  const auto is_of_instances = [](const Diagnostic& one) { return one.where.file == "instances.yaml"; };
  CHECK(std::any_of(view.diagnostics.begin(), view.diagnostics.end(), is_of_instances));

  // A file that can be read is obeyed.
  auto mended = tree("1", "  web: {}\n");
  mended["instances.yaml"] = "instances:\n  two: { engine: unix:///two.sock }\n";
  mended["environments/dev.yaml"] = "environment: dev\ninstances: [two]\napps:\n  web: {}\n";
  bench.git.commit(mended);
  bench.loop->refresh_source();
  bench.until("another instance", [&] { return bench.good("web", "two", kImage); });
  CHECK(bench.status("web", "one") == nullptr);
}
