#include <catch2/catch.hpp>

#include "reconcile/pass_bench.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using test::PassBench;

namespace {
using World = std::vector<std::string>;
}

TEST_CASE("a new version that never gets healthy is taken back, and the old one serves on") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  bench.begin_revision('b');
  bench.add("api", "acme/api:2", test::becomes_unhealthy_after(4s));
  auto outcome = bench.pass();
  for (int i = 0; i < 10 && outcome.status.reason != reason::kRolledBack; ++i) {
    bench.engine.advance(std::max(Millis{0}, *outcome.wake_at - bench.engine.now()));
    outcome = bench.pass();
  }
  CHECK(outcome.status.reason == reason::kRolledBack);
  CHECK(outcome.status.health == Health::degraded);
  CHECK(outcome.status.last_applied_revision == "main@sha1:" + std::string(40, 'a'));
  CHECK(bench.running("api", "acme/api:1") == 1);
  CHECK(bench.running("api", "acme/api:2") == 0);

  bench.begin_revision('c');
  bench.add("api", "acme/api:3");
  CHECK(bench.settle().status.sync == SyncStatus::synced);
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:3 running"});
}

TEST_CASE("a retry on request forgets failures once, not in every round") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.engine.images["acme/api:1"].pull_error = Error{ErrorKind::rejected, "manifest invalid"};
  CHECK_FALSE(bench.pass().wake_at);
  CHECK(bench.memory.failures.at("api").retry_at == Instant::max());
  CHECK(bench.pass().steps.empty());

  bench.memory.retry_requested = true;
  const auto again = bench.pass();
  CHECK(std::count_if(again.steps.begin(), again.steps.end(), [](const auto& one) { return one.error.has_value(); }) ==
        1);
  CHECK(bench.memory.failures.at("api").attempts == 1);

  bench.engine.images["acme/api:1"].pull_error.reset();
  CHECK(bench.pass().steps.empty());
  bench.memory.retry_requested = true;
  CHECK(bench.pass().changed);
  CHECK(bench.settle().status.sync == SyncStatus::synced);
}

TEST_CASE("a target that no manifest names any more is removed with its networks, others are left alone") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  bench.engine.add_foreign("dev-backend-db-1");
  bench.desired = nullptr;
  const auto outcome = bench.settle();
  CHECK(outcome.errors.empty());
  CHECK(bench.world() == World{"dev-backend-db-1  running"});
  CHECK(bench.engine.networks.empty());
  CHECK(bench.pass().steps.empty());
}

TEST_CASE("a removal that must not prune changes nothing") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  bench.desired = nullptr;
  reconcile::PassInput input{.target = bench.target,
                             .desired = nullptr,
                             .removal_sync = {.prune = false},
                             .engine = bench.engine,
                             .clock = bench.clock,
                             .progress = bench.silent};
  const auto outcome = reconcile::run_pass(input);
  CHECK(outcome.steps.empty());
  CHECK(bench.engine.calls.empty());
}

TEST_CASE("a suspended target is only observed and counts as no attempt") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  bench.begin_revision('b');
  bench.add("api", "acme/api:2");
  bench.desired->sync.suspended = true;
  const auto outcome = bench.pass();
  CHECK(outcome.steps.empty());
  CHECK(outcome.status.health == Health::suspended);
  CHECK(outcome.status.last_attempted_revision == "main@sha1:" + std::string(40, 'a'));
}

TEST_CASE("a plan that never settles is ended as a bug, with the step that would be next") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.policy.max_rounds = 3;
  // Whatever the pass sets right is set wrong again behind its back: something always remains to be done.
  bench.engine.after_effect = [&](const test::MemoryEngine& /*engine*/) {
    if (auto* container = bench.engine.find("dev-backend-api-1")) container->seen.restart.name = "always";
  };
  const auto outcome = bench.pass();
  REQUIRE(outcome.errors.count("") == 1);
  CHECK(outcome.errors.at("").kind == ErrorKind::internal);
  CHECK(outcome.rounds == 4);
  CHECK(outcome.status.reason == reason::kError);
  CHECK_THAT(outcome.status.message, Catch::Contains("UpdateContainer dev-backend-api-1"));
  CHECK(outcome.wake_at == bench.engine.now() + 5s);
}

TEST_CASE("a network of another owner stalls the services that need it until they change or a person asks") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.add("web", "acme/web:1").spec.networks.clear();
  bench.engine.networks["dev-backend_default"].ours = false;
  const auto outcome = bench.pass();
  REQUIRE(outcome.errors.size() == 1);
  CHECK(outcome.errors.at("api").kind == ErrorKind::conflict);
  CHECK(outcome.status.reason == reason::kConflict);
  CHECK(bench.settle().status.reason == reason::kConflict);
  CHECK(bench.world() == World{"dev-backend-web-1 acme/web:1 running"});

  bench.engine.networks.clear();
  CHECK(bench.pass().steps.empty());
  SECTION("a person asks") { bench.memory.retry_requested = true; }
  SECTION("the service changes") {
    bench.begin_revision('b');
    bench.add("api", "acme/api:2");
    bench.add("web", "acme/web:1").spec.networks.clear();
  }
  CHECK(bench.settle().status.sync == SyncStatus::synced);
}

TEST_CASE("a network that cannot be removed is told and tried again, and the target is still repaired") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  bench.begin_revision('b');
  bench.add("api", "acme/api:1");
  bench.engine.networks["dev-backend_old"] = {"id", "dev", "backend", "", true};
  bench.engine.fail_next({test::Fault::Kind::before_effect, "RemoveNetwork", {ErrorKind::transient, "still used"}});
  const auto outcome = bench.pass();
  CHECK(outcome.errors.count(std::string(kCleanup)) == 1);
  CHECK(outcome.status.reason == reason::kPruning);
  CHECK(outcome.status.message == "still used");
  CHECK(outcome.wake_at == bench.engine.now() + 5s);

  bench.engine.stop_by_hand("dev-backend-api-1");
  bench.settle();
  CHECK(bench.running("api", "acme/api:1") == 1);
  CHECK(bench.engine.networks.count("dev-backend_old") == 0);
  CHECK(bench.status.last_applied_revision == "main@sha1:" + std::string(40, 'b'));
  CHECK(bench.memory.failures.empty());
}

TEST_CASE("a swap that met a conflict is undone once, and not tried again until the input changes") {
  test::PassBench bench;
  auto& before = bench.add("web", "web:1");
  before.spec.ports = {{.published = "8080", .target = 80}};
  before.canonical["ports[0]"] = "8080:80/tcp";
  bench.deploy();
  bench.engine.add_foreign("squatter", {":9090/tcp"});
  bench.begin_revision('b');
  auto& after = bench.add("web", "web:1");
  after.spec.ports = {{.published = "9090", .target = 80}};
  after.canonical["ports[0]"] = "9090:80/tcp";
  after.digest = "v1:other";

  // What events would do: look again and again, without waiting for anything.
  for (int i = 0; i < 5; ++i) {
    (void)bench.pass();
    bench.engine.advance(Millis{2'000});
  }
  const auto swaps = std::count_if(bench.engine.calls.begin(), bench.engine.calls.end(),
                                   [](const std::string& call) { return call.rfind("StopContainer", 0) == 0; });
  CHECK(swaps == 1);
  const auto* serving = bench.engine.find("dev-backend-web-1");
  REQUIRE(serving != nullptr);
  CHECK(serving->seen.state == ContainerState::running);
  CHECK(serving->seen.spec_digest == "v1:web:1");
  CHECK(bench.status.message.find("9090") != std::string::npos);
}
