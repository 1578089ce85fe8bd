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
  // Whatever the pass sets right makes something else wrong behind its back: something always remains to be done.
  bench.engine.after_effect = [&](const test::MemoryEngine& engine) {
    auto* container = bench.engine.find("dev-backend-api-1");
    if (container == nullptr) return;
    if (engine.calls.back().starts_with("UpdateContainer")) container->seen.networks.clear();
    if (engine.calls.back().starts_with("ConnectNetwork")) container->seen.restart.name = "always";
    if (engine.calls.back().starts_with("StartContainer")) container->seen.restart.name = "always";
  };
  const auto outcome = bench.pass();
  REQUIRE(outcome.errors.count("api") == 1);
  CHECK(outcome.errors.at("api").kind == ErrorKind::internal);
  CHECK(outcome.rounds == 7);  // three plans, then three that came before; with the next one it ends
  CHECK(outcome.status.reason == reason::kError);
  CHECK_THAT(outcome.status.message, Catch::Contains("api: "));
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

  (void)bench.pass();
  CHECK(bench.running("web", "web:1") == 1);  // without another look: `run --once` makes none
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

TEST_CASE("an update of which the registry refuses one image stops nothing, however often it is tried again") {
  PassBench bench;
  bench.add("api", "acme/api:1").spec.ports = {{.published = "8080", .target = 80}};
  bench.add("worker", "acme/worker:1");
  bench.deploy();
  const auto before = bench.world();
  bench.begin_revision('b');
  bench.add("api", "acme/api:2").spec.ports = {{.published = "8080", .target = 80}};
  bench.add("worker", "acme/worker:2");
  bench.engine.images["acme/worker:2"].pull_error = Error{ErrorKind::unauthorized, "login refused"};
  const auto end = bench.engine.now() + 15min;
  int tries = 0;
  while (bench.engine.now() < end) {
    const auto outcome = bench.pass();
    tries += static_cast<int>(outcome.errors.count("worker"));
    CHECK(outcome.status.reason == reason::kUnauthorized);
    CHECK(bench.world() == before);
    REQUIRE(outcome.wake_at);
    bench.engine.advance(std::max(Millis{1}, *outcome.wake_at - bench.engine.now()));
  }
  CHECK(tries >= 4);
  const auto touches = [](const std::string& call) {
    return call.rfind("StopContainer", 0) == 0 || call.rfind("StartContainer", 0) == 0;
  };
  CHECK(std::none_of(bench.engine.calls.begin(), bench.engine.calls.end(), touches));

  bench.engine.images["acme/worker:2"].pull_error.reset();
  CHECK(bench.settle().status.sync == SyncStatus::synced);
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:2 running", "dev-backend-worker-1 acme/worker:2 running"});
}

TEST_CASE("an update costs no more observations when its services wait for each other's preparation") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.add("web", "acme/web:1");
  bench.deploy();
  bench.begin_revision('b');
  bench.add("api", "acme/api:2");
  bench.add("web", "acme/web:1");
  CHECK(bench.pass().rounds == 2);
  bench.settle();
  bench.begin_revision('c');
  bench.add("api", "acme/api:3");
  bench.add("web", "acme/web:3");
  CHECK(bench.pass().rounds == 2);
  CHECK(bench.settle().status.sync == SyncStatus::synced);
}

TEST_CASE("limits that the engine does not keep are given up, and everything else of the app is still repaired") {
  PassBench bench;
  bench.add("api", "acme/api:1").spec.resources.memory = 512;
  bench.add("web", "acme/web:1");
  bench.engine.after_effect = [&](const test::MemoryEngine& /*engine*/) {
    if (auto* container = bench.engine.find("dev-backend-api-1")) container->seen.resources.memory = 0;
  };
  bench.settle();
  CHECK(bench.status.reason == reason::kConflict);
  CHECK(bench.status.message.find("does not keep the limits of dev-backend-api-1") != std::string::npos);
  REQUIRE(bench.memory.failures.count("(limits) api") == 1);
  CHECK(bench.memory.failures.size() == 1);
  const auto told = [&bench] {
    return std::count_if(bench.engine.calls.begin(), bench.engine.calls.end(),
                         [](const std::string& call) { return call.starts_with("UpdateContainer"); });
  };
  CHECK(told() == 2);
  CHECK(bench.pass().steps.empty());

  bench.engine.stop_by_hand("dev-backend-api-1");
  bench.engine.stop_by_hand("dev-backend-web-1");
  bench.settle();
  CHECK(bench.running("api", "acme/api:1") == 1);
  CHECK(bench.running("web", "acme/web:1") == 1);
  CHECK(told() == 2);

  bench.memory.retry_requested = true;
  bench.settle();
  CHECK(told() == 4);
  CHECK(bench.status.reason == reason::kConflict);
}

TEST_CASE("a step that succeeds and changes nothing is a conflict of its service alone") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.add("web", "acme/web:1");
  bench.engine.after_effect = [&](const test::MemoryEngine& /*engine*/) {
    if (auto* container = bench.engine.find("dev-backend-api-1")) container->seen.restart.name = "always";
  };
  const auto outcome = bench.pass();
  REQUIRE(outcome.errors.size() == 1);
  CHECK(outcome.errors.at("api").kind == ErrorKind::conflict);
  bench.engine.stop_by_hand("dev-backend-web-1");
  bench.settle();
  CHECK(bench.running("web", "acme/web:1") == 1);
}

TEST_CASE("an update of many replicas is no endless plan") {
  PassBench bench;
  const auto grow = [&bench](const std::string& image) {
    auto& service = bench.add("api", image, test::runs());
    service.replicas = 25;
    service.rollout.min_ready = 0ms;
  };
  grow("acme/api:1");
  bench.deploy();
  bench.begin_revision('b');
  grow("acme/api:2");
  const auto outcome = bench.pass();
  CHECK(outcome.errors.empty());
  CHECK(outcome.rounds > 25);
  CHECK(bench.running("api", "acme/api:2") == 25);
}
