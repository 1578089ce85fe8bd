#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "reconcile/work_queue.hpp"

using namespace plimsoll;
using reconcile::WorkQueue;

namespace {

const TargetId kApi{"dev", "api", "dev-1"};
const TargetId kWeb{"dev", "web", "dev-1"};
const TargetId kDb{"dev", "db", "db-1"};

Instant at(int seconds) { return Instant{std::chrono::seconds{seconds}}; }
bool never(const TargetId& /*target*/) { return false; }

/// Everything that is due, in the order in which it comes.
std::vector<std::string> drain(WorkQueue& queue, Instant now, const WorkQueue::BusyCheck& busy = never) {
  std::vector<std::string> order;
  while (auto item = queue.pop_due(now, busy)) order.push_back(to_string(item->target));
  return order;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a target comes once, at the earliest of its times, with that time's cause") {
  WorkQueue queue;
  queue.add(kApi, at(10), "poll");
  queue.add(kApi, at(5), "event");
  queue.add(kApi, at(20), "retry");
  CHECK(queue.next_due(never) == at(5));
  CHECK_FALSE(queue.pop_due(at(4), never));
  const auto item = queue.pop_due(at(5), never);
  REQUIRE(item);
  CHECK(item->target == kApi);
  CHECK(item->due == at(5));
  CHECK(item->cause == "event");
  CHECK_FALSE(queue.pop_due(at(100), never));
  CHECK_FALSE(queue.next_due(never));
}

TEST_CASE("an add while the target is busy comes after its pass has ended") {
  WorkQueue queue;
  std::set<TargetId> running;
  const auto busy = [&](const TargetId& target) { return running.count(target) > 0; };
  queue.add(kApi, at(0), "start");
  REQUIRE(queue.pop_due(at(0), busy));
  running.insert(kApi);

  queue.add(kApi, at(1), "event");
  queue.add(kWeb, at(9), "poll");
  CHECK_FALSE(queue.pop_due(at(2), busy));
  CHECK(queue.next_due(busy) == at(9));

  running.clear();
  CHECK(queue.next_due(busy) == at(1));
  const auto item = queue.pop_due(at(2), busy);
  REQUIRE(item);
  CHECK(item->target == kApi);
  CHECK(item->cause == "event");
}

TEST_CASE("within an instance the target due first comes first") {
  WorkQueue queue;
  queue.add(kWeb, at(2), "");
  queue.add(kApi, at(3), "");
  queue.add({"dev", "cron", "dev-1"}, at(1), "");
  CHECK(drain(queue, at(9)) == Names{"dev/cron@dev-1", "dev/web@dev-1", "dev/api@dev-1"});
}

TEST_CASE("an instance with much to do does not starve another") {
  WorkQueue queue;
  for (const char* app : {"a", "b", "c", "d"}) queue.add({"dev", app, "dev-1"}, at(0), "");
  queue.add(kDb, at(1), "");
  queue.add({"dev", "cache", "db-1"}, at(1), "");
  CHECK(drain(queue, at(9)) ==
        Names{"dev/a@dev-1", "dev/cache@db-1", "dev/b@dev-1", "dev/db@db-1", "dev/c@dev-1", "dev/d@dev-1"});
}

TEST_CASE("a target that is queued again and again does not overtake the others of its instance") {
  WorkQueue queue;
  queue.add(kWeb, at(5), "");
  Names order;
  for (int now = 5; now < 8; ++now) {
    queue.add(kApi, at(now), "busy bee");
    const auto item = queue.pop_due(at(now), never);
    REQUIRE(item);
    order.push_back(item->target.app);
  }
  CHECK(order == Names{"api", "web", "api"});
}

TEST_CASE("what is due keeps its place when the clock jumps back") {
  WorkQueue queue;
  queue.add(kApi, at(50), "");
  CHECK_FALSE(queue.pop_due(at(10), never));
  CHECK(queue.next_due(never) == at(50));
  CHECK(drain(queue, at(50)) == Names{"dev/api@dev-1"});
}
