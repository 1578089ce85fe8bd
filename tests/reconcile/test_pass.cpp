#include <catch2/catch.hpp>

#include "reconcile/pass_bench.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using test::PassBench;

namespace {
using World = std::vector<std::string>;
const std::string kRevisionA = "main@sha1:" + std::string(40, 'a');
const std::string kRevisionB = "main@sha1:" + std::string(40, 'b');
}  // namespace

TEST_CASE("a first deployment starts everything, waits for health without sleeping, and is then synced") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.add("web", "acme/web:1");
  const auto first = bench.pass();
  CHECK(first.changed);
  CHECK(first.errors.empty());
  CHECK(first.images == "api: 1 (new), web: 1 (new)");
  CHECK(first.status.health == Health::progressing);
  CHECK(first.status.last_attempted_revision == kRevisionA);
  CHECK(first.status.last_applied_revision.empty());
  REQUIRE(first.wake_at);
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:1 running", "dev-backend-web-1 acme/web:1 running"});

  const auto last = bench.settle();
  CHECK(last.status.sync == SyncStatus::synced);
  CHECK(last.status.health == Health::healthy);
  CHECK(last.status.last_applied_revision == kRevisionA);
  CHECK_FALSE(last.wake_at);

  const auto again = bench.pass();
  CHECK(again.steps.empty());
  CHECK_FALSE(again.changed);
  CHECK(again.rounds == 1);
}

TEST_CASE("a start-first update never leaves the service without a healthy container") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  bench.begin_revision('b');
  bench.add("api", "acme/api:2");
  int fewest = 9;
  bench.engine.after_effect = [&](const test::MemoryEngine& engine) {
    int healthy = 0;
    for (const auto& [id, one] : engine.containers()) healthy += one.seen.health == HealthState::healthy ? 1 : 0;
    fewest = std::min(fewest, healthy);
  };
  const auto first = bench.pass();
  CHECK(first.images == "api: 1 → 2");
  CHECK(bench.running("api", "acme/api:1") == 1);
  CHECK(bench.running("api", "acme/api:2") == 1);
  CHECK(bench.settle().status.last_applied_revision == kRevisionB);
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:2 running"});
  CHECK(fewest == 1);
}

TEST_CASE("a stop-first update never runs both, and creates the new one before it stops the old one") {
  PassBench bench;
  const auto published = PortMapping{.published = "8080", .target = 80};
  bench.add("api", "acme/api:1").spec.ports = {published};
  bench.deploy();
  bench.begin_revision('b');
  bench.add("api", "acme/api:2").spec.ports = {published};
  int most = 0;
  bench.engine.after_effect = [&](const test::MemoryEngine& /*engine*/) {
    most = std::max(most, bench.running("api", "acme/api:1") + bench.running("api", "acme/api:2"));
  };
  CHECK(bench.settle().status.sync == SyncStatus::synced);
  CHECK(most == 1);
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:2 running"});
  const auto& calls = bench.engine.calls;
  const auto place = [&](const std::string& prefix) {
    return std::find_if(calls.begin(), calls.end(), [&](const auto& call) { return call.starts_with(prefix); });
  };
  REQUIRE(place("StopContainer") != calls.end());
  CHECK(place("CreateContainer") < place("StopContainer"));
}

TEST_CASE("an image that is not pushed yet leaves what runs alone and is waited for with back-off") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  bench.begin_revision('b');
  bench.add("api", "acme/api:2");
  bench.engine.images["acme/api:2"].in_registry = false;

  const auto start = bench.engine.now();
  auto outcome = bench.pass();
  CHECK(outcome.errors.at("api").kind == ErrorKind::missing);
  CHECK(outcome.status.reason == reason::kWaitingForImage);
  CHECK(outcome.status.last_attempted_revision == kRevisionB);
  CHECK(outcome.status.last_applied_revision == kRevisionA);
  CHECK(outcome.wake_at == start + 5s);
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:1 running"});

  CHECK(bench.pass().steps.empty());
  bench.engine.advance(5s);
  CHECK(bench.pass().wake_at == start + 15s);

  bench.engine.images["acme/api:2"].in_registry = true;
  CHECK(bench.settle().status.sync == SyncStatus::synced);
  CHECK(bench.memory.failures.empty());
}

TEST_CASE("a failing service does not keep the others from being deployed") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.engine.images["acme/api:1"].pull_error = Error{ErrorKind::unauthorized, "login refused"};
  bench.add("web", "acme/web:1");
  const auto outcome = bench.pass();
  CHECK(outcome.errors.size() == 1);
  CHECK(outcome.errors.count("api") == 1);
  CHECK(bench.running("web", "acme/web:1") == 1);
  CHECK(bench.memory.failures.at("api").retry_at == bench.engine.now() + 180s);
  CHECK(bench.memory.failures.count("web") == 0);
}

TEST_CASE("a step that failed is not tried again in the pass, even when nothing of the planner's holds it") {
  PassBench bench;
  bench.add("api", "acme/api:1").spec.ports = {{.published = "8080", .target = 80}};
  bench.deploy();
  bench.begin_revision('b');
  bench.add("api", "acme/api:2").spec.ports = {{.published = "8080", .target = 80}};
  // The way back is never held: whatever failed, what served before is to be started.
  bench.engine.on_apply = [](const Action& action) -> std::optional<test::Fault> {
    if (!std::holds_alternative<StartContainer>(action)) return std::nullopt;
    return test::Fault{test::Fault::Kind::before_effect};
  };
  const auto outcome = bench.pass();
  const auto tries = std::count_if(outcome.steps.begin(), outcome.steps.end(),
                                   [](const auto& step) { return step.error.has_value(); });
  CHECK(tries == 2);  // the new one, then the old one
  CHECK(outcome.rounds < 5);
  REQUIRE(outcome.wake_at);
  bench.engine.on_apply = nullptr;
  bench.engine.advance(*outcome.wake_at - bench.engine.now());
  CHECK(bench.settle().status.health == Health::healthy);
}

TEST_CASE("a lost reply is no harm: the next pass finds the effect and goes on") {
  for (const char* action : {"EnsureImage", "EnsureNetwork", "CreateContainer", "StartContainer"}) {
    CAPTURE(action);
    PassBench bench;
    bench.add("api", "acme/api:1");
    bench.engine.fail_next(test::Fault::Kind::after_effect, action);
    const auto failed = bench.pass();
    CHECK(failed.errors.size() == 1);
    REQUIRE(failed.wake_at);
    CHECK(bench.settle().status.sync == SyncStatus::synced);
    CHECK(bench.world() == World{"dev-backend-api-1 acme/api:1 running"});
  }
}

TEST_CASE("a stop request ends the pass between two steps, without a failure, and a later pass finishes") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.engine.on_apply = [&](const Action& action) -> std::optional<test::Fault> {
    if (std::holds_alternative<CreateContainer>(action)) bench.stop.request_stop();
    return std::nullopt;
  };
  const auto outcome = bench.pass();
  CHECK(outcome.stopped);
  CHECK_FALSE(outcome.superseded);
  CHECK(outcome.errors.empty());
  CHECK(outcome.memory.failures.empty());
  CHECK(outcome.status.last_applied_revision.empty());
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:1 created"});

  bench.stop = {};
  bench.engine.on_apply = nullptr;
  CHECK(bench.settle().status.sync == SyncStatus::synced);
}

TEST_CASE("a newer desired state ends the pass between two steps, and the next one deploys the newer") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  bench.begin_revision('b');
  bench.add("api", "acme/api:2");
  bool newer = false;
  bench.superseded = [&] { return newer; };
  bench.engine.on_apply = [&](const Action& action) -> std::optional<test::Fault> {
    newer = newer || std::holds_alternative<StartContainer>(action);
    return std::nullopt;
  };
  const auto outcome = bench.pass();
  CHECK(outcome.superseded);
  CHECK_FALSE(outcome.stopped);
  CHECK(bench.running("api", "acme/api:1") == 1);

  newer = false;
  bench.engine.on_apply = nullptr;
  bench.begin_revision('c');
  bench.add("api", "acme/api:3");
  CHECK(bench.settle().status.sync == SyncStatus::synced);
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:3 running"});
}

TEST_CASE("a request that is stopped or superseded from the start does nothing") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  SECTION("stopped") { bench.stop.request_stop(); }
  SECTION("superseded") {
    bench.superseded = [] { return true; };
  }
  const auto outcome = bench.pass();
  CHECK(bench.engine.calls.empty());
  CHECK(outcome.rounds == 0);
  CHECK((outcome.stopped || outcome.superseded));
}

TEST_CASE("an instance that cannot be observed makes the status Unknown and keeps what was known") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  const auto known = bench.status;
  bench.engine.unreachable = true;
  const auto outcome = bench.pass();
  REQUIRE(outcome.observe_error);
  CHECK(outcome.rounds == 0);
  CHECK(outcome.status.sync == SyncStatus::unknown);
  CHECK(outcome.status.health == Health::unknown);
  CHECK(outcome.status.reason == reason::kEngineUnreachable);
  CHECK_THAT(outcome.status.message, Catch::Contains("cannot reach the engine"));
  CHECK(outcome.status.last_applied_revision == known.last_applied_revision);
  CHECK(outcome.status.services.size() == known.services.size());
  CHECK(outcome.memory.failures.empty());
  bench.engine.unreachable = false;
  CHECK(bench.pass().status.sync == SyncStatus::synced);
}

TEST_CASE("an observation that was made for all apps saves the pass its first look") {
  PassBench bench;
  bench.add("api", "acme/api:1");
  bench.deploy();
  const auto all = bench.engine.observe({}, ports::within(1s));
  bench.engine.unreachable = true;
  const auto outcome = bench.pass(&*all);
  CHECK_FALSE(outcome.observe_error);
  CHECK(outcome.status.sync == SyncStatus::synced);
}
