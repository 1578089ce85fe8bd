#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

constexpr const char* kImage = "registry.test/web:1";

test::MemoryGit::Tree on_two(const std::string& instances, const std::string& apps) {
  return {{"instances.yaml", instances},
          {"apps/web/compose.yaml", compose_of("1")},
          {"apps/other/compose.yaml", compose_of("1")},
          {"environments/dev.yaml", "environment: dev\napps:\n" + apps}};
}

const std::string kMoved =
    "instances:\n  one: { engine: unix:///one.sock }\n  two: { engine: unix:///elsewhere.sock }\n";

}  // namespace

TEST_CASE("what waits for an instance is done when the instance gets another address") {
  Bench bench;
  bench.two_is_silent = true;
  bench.git.commit(on_two(kInstances, "  web: { instances: [two] }\n"));
  bench.start();
  bench.until("the first revision", [&] { return bench.loop->status().revision.commit.ends_with("1"); });
  bench.events.run_for(Millis(50));

  // Waits beside the observation that hangs.
  bench.git.commit(on_two(kInstances, "  other: { instances: [two] }\n  web: { instances: [two] }\n"));
  const auto asked = bench.loop->sync({});
  REQUIRE(asked);
  bench.until("the second revision", [&] { return bench.loop->status().revision.commit.ends_with("2"); });
  bench.events.run_for(Millis(50));

  bench.two_is_silent = false;
  bench.git.commit(on_two(kMoved, "  other: { instances: [two] }\n  web: { instances: [two] }\n"));
  bench.loop->refresh_source();
  bench.until("both", [&] { return bench.good("web", "two", kImage) && bench.good("other", "two", kImage); });
  CHECK(bench.loop->operation(*asked)->phase == OperationPhase::succeeded);
}

TEST_CASE("what waits for an instance that goes goes with it") {
  Bench bench;
  bench.two_is_silent = true;
  bench.git.commit(on_two(kInstances, "  other: { instances: [one] }\n  web: { instances: [two] }\n"));
  bench.start();
  bench.until("the other instance", [&] { return bench.good("other", "one", kImage); });
  bench.git.commit(on_two("instances:\n  one: { engine: unix:///one.sock }\n", "  other: { instances: [one] }\n"));
  bench.loop->refresh_source();
  bench.until("the target is gone", [&] { return bench.status("web", "two") == nullptr; });
}

TEST_CASE("an instance that cannot be used as described says why, and delays nobody") {
  Bench bench;
  const std::string ssh = "instances:\n  one: { engine: unix:///one.sock }\n  two: { engine: ssh://deploy@two }\n";
  const std::string apps = "  other: { instances: [two] }\n  web: { instances: [one] }\n";
  bench.git.commit(on_two(ssh, apps));
  bench.start();
  const auto asked = bench.loop->sync({});
  REQUIRE(asked);
  bench.until("the sync", [&] { return bench.loop->operation(*asked)->phase != OperationPhase::running; });
  CHECK(bench.loop->operation(*asked)->phase == OperationPhase::failed);
  CHECK(bench.good("web", "one", kImage));
  const auto* other = bench.status("other", "two");
  REQUIRE(other != nullptr);
  CHECK(other->reason == reason::kInstanceUnusable);
  CHECK(other->message == "ssh:// is not yet supported");
  CHECK(condition_states(*other).stalled);

  bench.git.commit(on_two(kMoved, apps));
  bench.loop->refresh_source();
  bench.until("the app on the mended instance", [&] { return bench.good("other", "two", kImage); });

  // Back again, and without the app: nobody can look for it there.
  bench.git.commit(on_two(ssh, "  web: { instances: [one] }\n"));
  bench.loop->refresh_source();
  bench.until("the app is gone", [&] { return bench.status("other", "two") == nullptr; });
}

TEST_CASE("an instance that cannot be used as described is not tried again") {
  Bench bench;
  bench.git.commit(on_two("instances:\n  two: { engine: ssh://deploy@two }\n", "  web: { instances: [two] }\n"));
  int looks = 0;
  bench.start([&](bool good) {
    CHECK_FALSE(good);
    ++looks;
  });
  bench.until("the end", [&] { return looks > 0; });
  bench.events.run_for(Millis(100));
  const int before = looks;
  bench.events.run_for(Millis(1500));  // longer than the first back-off of an instance that is out of reach
  CHECK(looks == before);
}
