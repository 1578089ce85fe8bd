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

TEST_CASE("of a log the end is kept, in whole lines or at least whole characters") {
  struct Case {
    std::string name, log;
    std::size_t size;
    std::string begin;
  };
  const std::size_t limit = 16U << 10U;
  const std::string line(99, 'x');
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += line + "\n";
  std::string wide;
  while (wide.size() < 30'000) wide += "서";
  const std::vector<Case> cases{
      {"short", "a\nb", 3, "a"},
      {"at the limit", std::string(limit, 'y'), limit, "y"},
      {"many lines", lines, limit / 100 * 100, line + "\n"},
      {"one line", std::string(10'000'000, 'y'), limit, "y"},
      {"one line with its end", std::string(10'000'000, 'y') + "\n", limit, "y"},
      {"wide characters", wide, limit / 3 * 3, "서"},
  };
  for (const auto& one : cases) {
    INFO(one.name);
    EventLog log;
    log.add(event_of("web", "RolledBack"));
    log.attach_log({"dev", "web", "one"}, "RolledBack", one.log);
    const auto kept = log.last({}, 1)[0].log;
    CHECK(kept.size() == one.size);
    CHECK(kept.starts_with(one.begin));
    CHECK(one.log.ends_with(kept));
  }
}

TEST_CASE("all logs together have a limit, the latest stay") {
  EventLog log;
  const auto total = [&log] {
    std::size_t bytes = 0;
    for (const auto& event : log.last({}, 5000)) bytes += event.log.size();
    return bytes;
  };
  for (int i = 0; i < 3000; ++i) {
    log.add(event_of("web", "RolledBack"));
    log.attach_log({"dev", "web", "one"}, "RolledBack", std::string(20'000, 'x'));
    // The same event once more takes no further room.
    log.attach_log({"dev", "web", "one"}, "RolledBack", std::string(20'000, 'y'));
    CHECK(total() <= 1U << 20U);
  }
  CHECK(total() == 1U << 20U);
  CHECK(log.last({}, 1)[0].log == std::string(16U << 10U, 'y'));
  // Logs go with their events, and make room for others.
  for (int i = 0; i < 1000; ++i) log.add(event_of("db", "Synced"));
  CHECK(total() == 0);
  log.add(event_of("web", "RolledBack"));
  log.attach_log({"dev", "web", "one"}, "RolledBack", "oops");
  CHECK(total() == 4);
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
  const auto good = event_of_change(after, before, {});
  REQUIRE(good);
  CHECK_FALSE(good->warning);
  CHECK(good->reason == "Synced");
}
