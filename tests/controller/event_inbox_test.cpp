#include "controller/event_inbox.hpp"

#include <boost/asio/io_context.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;
using Kind = ports::EngineEvent::Kind;

namespace {

ports::EngineEvent ring(const std::string& instance, const std::string& app) {
  return {
      .instance = instance, .environment = "dev", .app = app, .container_id = "0123", .action = "die", .detail = ""};
}

/// Engines whose events the test makes.
struct RingingBench : Bench {
  struct Events final : ports::EngineEvents {
    explicit Events(Handler& into) : handler(into) {}
    void start(Handler wanted) override { handler = std::move(wanted); }
    void stop() override {}
    Handler& handler;
  };
  std::unique_ptr<ports::EngineEvents> make_events(const std::vector<InstanceSpec>&) override {
    return std::make_unique<Events>(handler);
  }
  ports::EngineEvents::Handler handler;
};

}  // namespace

TEST_CASE("a doorbell that rings twice before anybody looks is one") {
  EventInbox inbox;
  CHECK(inbox.put(ring("one", "web")));
  CHECK_FALSE(inbox.put(ring("one", "web")));
  CHECK_FALSE(inbox.put(ring("two", "web")));
  CHECK_FALSE(inbox.put({.instance = "one", .kind = Kind::disconnected}));
  CHECK_FALSE(inbox.put({.instance = "one", .kind = Kind::connected}));
  const auto taken = inbox.take();
  REQUIRE(taken.size() == 4);
  CHECK(taken[0].app == "web");
  CHECK(taken[0].action == "die");
  CHECK(taken[2].kind == Kind::disconnected);
  CHECK(taken[3].kind == Kind::connected);
  CHECK(inbox.take().empty());
  CHECK(inbox.put(ring("one", "web")));
}

TEST_CASE("what an engine tells of targets that nobody has is bounded, and takes no room from other instances") {
  EventInbox inbox;
  for (std::size_t number = 0; number < 3 * EventInbox::kMostTargets; ++number)
    (void)inbox.put(ring("one", std::to_string(number)));
  (void)inbox.put(ring("two", std::string(1U << 20U, 'a')));
  auto loud = ring("two", "web");
  loud.action.assign(1U << 20U, 'a');
  (void)inbox.put(loud);
  const auto taken = inbox.take();
  REQUIRE(taken.size() == EventInbox::kMostTargets + 1);
  CHECK(taken.back().app == "web");
  CHECK(taken.back().action.size() < 1000);
}

TEST_CASE("an engine that rings faster than the loop listens leaves one call to the loop") {
  RingingBench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("synced", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  bench.events.context().restart();
  (void)bench.events.context().poll();
  for (int rings = 0; rings < 10'000; ++rings) bench.handler(ring("one", "nowhere"));
  bench.events.context().restart();
  CHECK(bench.events.context().poll() < 100);
}
