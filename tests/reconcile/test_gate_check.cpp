#include <catch2/catch.hpp>

#include "reconcile/pass_bench.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using test::PassBench;

namespace {

using World = std::vector<std::string>;

/// Deploys acme/api:1, whose gate takes no time, and asks for acme/api:2.
void begin_update(PassBench& bench, test::Behaviour next) {
  for (const auto& [image, behaviour] : {std::pair{"acme/api:1", test::runs()}, std::pair{"acme/api:2", next}}) {
    bench.begin_revision(std::string_view(image).back());
    bench.add("api", image, behaviour).rollout.min_ready = 0ms;
    if (std::string_view(image).ends_with('1')) bench.deploy();
  }
}

std::vector<std::string> names_of(const reconcile::PassOutcome& outcome) {
  std::vector<std::string> names;
  for (const auto& step : outcome.steps) names.emplace_back(action_name(step.step.action));
  return names;
}

}  // namespace

TEST_CASE("a gate that takes no time is asked in the plan that starts, and the old container stops in it") {
  PassBench bench;
  begin_update(bench, test::runs());
  const auto outcome = bench.pass();
  CHECK(names_of(outcome) == World{"EnsureImage", "EnsureNetwork", "CreateContainer", "StartContainer", "CheckGate",
                                   "ConnectNetwork", "StopContainer", "RemoveContainer", "RenameContainer"});
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:2 running"});
  CHECK(outcome.status.health == Health::healthy);
  CHECK(outcome.rounds == 3);
}

TEST_CASE("one that ends at once does not pass it: the old container serves on, and nothing counts as refused") {
  PassBench bench;
  begin_update(bench, test::exits(1, 0ms));
  bench.engine.after_effect = [&bench](const test::MemoryEngine&) { bench.engine.advance(1ms); };
  const auto outcome = bench.pass();
  CHECK(bench.running("api", "acme/api:1") == 1);
  CHECK(outcome.errors.empty());
  CHECK(outcome.status.reason == reason::kRolledBack);
  for (const auto& step : outcome.steps) {
    const auto* stopped = std::get_if<StopContainer>(&step.step.action);
    CHECK((stopped == nullptr || stopped->container.name == "dev-backend-api-1.next"));
  }
}

TEST_CASE("one whose image brings a health check is waited for") {
  PassBench bench;
  begin_update(bench, test::becomes_healthy_after(3s));
  const auto outcome = bench.pass();
  CHECK(outcome.status.reason == reason::kWaitingForHealth);
  CHECK(outcome.wake_at.has_value());
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:1 running", "dev-backend-api-1.next acme/api:2 running"});
  (void)bench.settle();
  CHECK(bench.world() == World{"dev-backend-api-1 acme/api:2 running"});
}
