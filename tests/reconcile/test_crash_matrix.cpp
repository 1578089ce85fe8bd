#include <catch2/catch.hpp>

#include "reconcile/pass_bench.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using test::PassBench;

// The controller may die before, within or after any step. A crash needs no recovery code: a fresh pass,
// which remembers nothing, converges from wherever the one before it ended.

namespace {

struct Scenario {
  std::string name;
  std::function<void(PassBench&)> before, change;
};

void two_services(PassBench& bench, const std::string& tag) {
  bench.add("api", "acme/api:" + tag);
  bench.add("web", "acme/web:" + tag).depends_on = {{.service = "api", .condition = Dependency::Condition::healthy}};
}

void published(PassBench& bench, const std::string& tag) {
  bench.add("api", "acme/api:" + tag).spec.ports = {{.published = "8080", .target = 80}};
}

void next(PassBench& bench, const std::function<void(PassBench&, const std::string&)>& services) {
  bench.begin_revision('b');
  services(bench, "2");
}

const std::vector<Scenario> kScenarios{
    {"first deployment", [](PassBench&) {}, [](PassBench& b) { two_services(b, "1"); }},
    {"start-first update", [](PassBench& b) { two_services(b, "1"); }, [](PassBench& b) { next(b, two_services); }},
    {"stop-first update", [](PassBench& b) { published(b, "1"); }, [](PassBench& b) { next(b, published); }},
    {"new version that fails its gate", [](PassBench& b) { published(b, "1"); },
     [](PassBench& b) {
       next(b, published);
       b.engine.images["acme/api:2"].health = test::becomes_unhealthy_after(4s);
     }},
    {"removal", [](PassBench& b) { two_services(b, "1"); }, [](PassBench& b) { b.desired = nullptr; }},
};

/// Everything up to the desired state, from a bench that may have been left anywhere.
std::vector<std::string> converge(PassBench& bench) {
  bench.settle(30);
  return bench.world();
}

/// Runs passes until `crash` has fired or nothing is left to do; returns whether it fired.
bool run_until_crash(PassBench& bench, const bool& fired) {
  auto outcome = bench.pass();
  for (int i = 0; i < 30 && !fired && outcome.wake_at; ++i) {
    bench.engine.advance(std::max(Millis{0}, *outcome.wake_at - bench.engine.now()));
    outcome = bench.pass();
  }
  return fired;
}

}  // namespace

TEST_CASE("a crash at any step, before or after its effect, and a fresh pass leads to the same world") {
  const auto& scenario = kScenarios.at(GENERATE(range<std::size_t>(0, 5)));
  const auto kind = GENERATE(test::Fault::Kind::before_effect, test::Fault::Kind::after_effect);
  PassBench straight;
  scenario.before(straight);
  straight.deploy();
  scenario.change(straight);
  const auto expected = converge(straight);

  bool crashed = true;
  int crashes = 0;
  for (int step = 0; crashed && step < 100; ++step) {
    CAPTURE(scenario.name, step, kind == test::Fault::Kind::after_effect);
    PassBench bench;
    scenario.before(bench);
    bench.deploy();
    scenario.change(bench);
    bool fired = false;
    int seen = 0;
    bench.engine.on_apply = [&](const Action& /*action*/) -> std::optional<test::Fault> {
      if (fired || seen++ < step) return std::nullopt;
      fired = true;
      bench.stop.request_stop();
      return test::Fault{kind, {}, {ErrorKind::cancelled, "the controller died here"}};
    };
    crashed = run_until_crash(bench, fired);
    crashes += crashed ? 1 : 0;
    bench.engine.on_apply = nullptr;
    bench.stop = {};
    bench.memory = {};  // what the database kept may be lost as well
    bench.status = {};
    CHECK(converge(bench) == expected);
  }
  CHECK(crashes >= 5);
}
