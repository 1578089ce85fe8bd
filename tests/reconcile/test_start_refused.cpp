#include <catch2/catch.hpp>

#include "reconcile/pass_bench.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using test::PassBench;

// An engine that died in the middle of a stop can refuse for ever to start that one container again, as Engine 20.10
// does with `task …: already exists`. It is made anew where it is as desired, and keeps nobody else down.

namespace {

using World = std::vector<std::string>;

/// Replicas that nothing but the controller starts again.
DesiredService& add_web(PassBench& bench, const std::string& tag, int replicas) {
  auto& web = bench.add("web", "acme/web:" + tag, test::runs());
  web.spec.restart.name = "no";
  web.canonical["restart"] = "no";
  web.replicas = replicas;
  web.rollout.min_ready = 1s;
  return web;
}

/// From now on the engine refuses to start what `refused` names now.
void refuse_to_start(PassBench& bench, const std::string& refused, ErrorKind kind) {
  const auto* found = bench.engine.find(refused);
  REQUIRE(found != nullptr);
  bench.engine.on_apply = [id = found->seen.id, kind](const Action& action) -> std::optional<test::Fault> {
    const auto* start = std::get_if<StartContainer>(&action);
    if (start == nullptr || start->container.id != id) return std::nullopt;
    return test::Fault{.error = {kind, "task " + id + ": already exists"}};
  };
}

/// The engine dies, and with it all programs; when it is back it refuses to start what `refused` names now.
void die(PassBench& bench, const std::string& refused, ErrorKind kind = ErrorKind::transient) {
  World names;
  for (const auto& [id, container] : bench.engine.containers()) names.push_back(container.seen.name);
  for (const auto& name : names) bench.engine.crash(name, 137);
  refuse_to_start(bench, refused, kind);
}

}  // namespace

TEST_CASE("a replica that cannot be started keeps no other one down") {
  PassBench bench;
  add_web(bench, "1", 3);
  bench.deploy();
  die(bench, "dev-backend-web-1");
  bench.engine.advance(60s);
  (void)bench.pass();
  CHECK(bench.world() == World{"dev-backend-web-1 acme/web:1 exited", "dev-backend-web-2 acme/web:1 running",
                               "dev-backend-web-3 acme/web:1 running"});
}

TEST_CASE("one that is as desired and can never be started again is made anew") {
  PassBench bench;
  add_web(bench, "1", 1);
  bench.deploy();
  const std::string before = bench.engine.find("dev-backend-web-1")->seen.id;
  bench.engine.advance(60s);
  SECTION("when the engine is at fault") {
    die(bench, "dev-backend-web-1");
    CHECK(bench.settle().status.health == Health::healthy);
    CHECK(bench.world() == World{"dev-backend-web-1 acme/web:1 running"});
  }
  SECTION("not when something is in its way, which another one would meet, too") {
    die(bench, "dev-backend-web-1", ErrorKind::conflict);
    CHECK(bench.settle(4).status.reason == reason::kConflict);
    CHECK(bench.engine.find("dev-backend-web-1")->seen.id == before);
  }
}

namespace {

/// An update through which `web` is, while `worker` is about to fail it.
void update_until_worker_fails(PassBench& bench, Rollout::Order order) {
  const auto app = [&](const std::string& tag, test::Behaviour worker) {
    bench.begin_revision(tag.front());
    add_web(bench, tag, 2).rollout.order = order;
    bench.add("worker", "acme/worker:" + tag, std::move(worker)).spec.healthcheck = HealthCheck{.interval = 60s};
  };
  app("1", test::becomes_healthy_after(0s));
  bench.deploy();
  app("2", test::becomes_unhealthy_after(60s));
  const Instant late = bench.engine.now() + 50s;
  while (bench.running("web", "acme/web:2") < 2 || bench.running("web", "acme/web:1") > 0) {
    (void)bench.pass();
    bench.engine.advance(1s);
    REQUIRE(bench.engine.now() < late);
  }
}

}  // namespace

TEST_CASE("when an app goes back, a replica that cannot be started keeps no other one down") {
  PassBench bench;
  update_until_worker_fails(bench, Rollout::Order::start_first);
  die(bench, "dev-backend-web-1.prev");
  bench.engine.advance(1s);
  (void)bench.pass();
  CHECK(bench.running("web", "acme/web:1") == 1);
  CHECK(bench.engine.find("dev-backend-web-2")->seen.image == "acme/web:1");
}

TEST_CASE("when an app goes back and a replica cannot, what serves in another one is not stopped") {
  PassBench bench;
  update_until_worker_fails(bench, Rollout::Order::stop_first);
  refuse_to_start(bench, "dev-backend-web-1.prev", ErrorKind::transient);
  bench.engine.advance(60s);
  const auto outcome = bench.pass();
  CHECK(outcome.errors.contains("web"));
  CHECK(bench.running("web", "acme/web:2") == 1);
  CHECK(bench.engine.find("dev-backend-web-2.undone") != nullptr);
}
