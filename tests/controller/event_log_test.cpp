#include "controller/event_log.hpp"

#include <catch2/catch.hpp>

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

Event event_of(const std::string& app, const std::string& reason) {
  Event event;
  event.target = {"dev", app, "one"};
  event.reason = reason;
  return event;
}

}  // namespace

TEST_CASE("the last thousand events are kept, oldest first") {
  EventLog log;
  for (int i = 0; i < 1200; ++i) log.add(event_of(i % 2 == 0 ? "web" : "db", std::to_string(i)));
  CHECK(log.last({}, 5000).size() == 1000);
  CHECK(log.last({}, 5000).front().reason == "200");
  const auto web = log.last({"dev", "web"}, 2);
  REQUIRE(web.size() == 2);
  CHECK(web[0].reason == "1196");
  CHECK(web[1].reason == "1198");
  CHECK(log.last({"prod", ""}, 10).empty());
}

TEST_CASE("a log comes to the last event of its target and reason") {
  EventLog log;
  log.add(event_of("web", "RolledBack"));
  log.add(event_of("web", "RolledBack"));
  log.add(event_of("db", "RolledBack"));
  log.attach_log({"dev", "web", "one"}, "RolledBack", "oops");
  log.attach_log({"dev", "web", "one"}, "GateFailed", "nobody hears this");
  const auto events = log.last({}, 10);
  CHECK(events[0].log.empty());
  CHECK(events[1].log == "oops");
  CHECK(events[2].log.empty());
}

TEST_CASE("a status makes an event when it changes, a warning when it is bad") {
  TargetStatus before, after;
  before.sync = after.sync = SyncStatus::synced;
  before.health = after.health = Health::healthy;
  CHECK_FALSE(event_of_change(before, after, {}));
  after.message = "something else to say";
  CHECK_FALSE(event_of_change(before, after, {}));
  after.health = Health::degraded;
  after.reason = reason::kRolledBack;
  const auto bad = event_of_change(before, after, {});
  REQUIRE(bad);
  CHECK(bad->warning);
  CHECK(bad->message == "Synced, Degraded: something else to say");
  CHECK(has_failed_container(bad->reason));
  const auto good = event_of_change(after, before, {});
  REQUIRE(good);
  CHECK_FALSE(good->warning);
  CHECK(good->reason == "Synced");
}
