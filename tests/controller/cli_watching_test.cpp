// wait, events, logs: commands that follow what goes on.
#include <catch2/catch.hpp>

#include "controller/cli_world.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

TEST_CASE("wait looks at the present state first, and names what is lacking when it gives up") {
  World world;
  world.control.view = example_status();
  world.pause = [] { return false; };
  CHECK(world.run({"wait", "dev/backend"}).status == 0);
  CHECK(world.run({"wait", "dev/backend", "--revision", "4f1c2d3e"}).status == 0);
  CHECK(world.run({"wait", "dev/backend", "--revision", "4F1C2D3E"}).status == 0);
  CHECK(world.run({"wait", "dev/backend", "--revision", "sha1:4f1c2d3e5a6b7c8d9e0f11223344556677889900"}).status == 0);
  const auto other = world.run({"wait", "dev/backend", "--revision", "0000", "--timeout", "5m"});
  CHECK(other.status == 20);
  CHECK(other.err.find("gave up after 300 s: dev/backend@dev-1: revision is main@sha1:4f1c2d3e") != std::string::npos);
  const auto lacking = world.run({"wait", "dev/frontend", "--health"});
  CHECK(lacking.status == 20);
  CHECK(lacking.err.find("dev/frontend@dev-1: Degraded RolledBack: web: unhealthy after 30s") != std::string::npos);
  const auto soon = world.run({"wait", "dev/soon"});
  CHECK(soon.status == 20);
  CHECK(soon.err.find("gave up after 300 s: no app matches dev/soon") != std::string::npos);
}

TEST_CASE("wait does not take a source that was not read yet for one that names nothing") {
  World world;
  int pauses = 0;
  world.pause = [&] {
    if (++pauses == 1) world.server.on_loop([&] { world.control.view.source_error = "connection refused"; });
    if (pauses == 2) world.server.on_loop([&] { world.control.view = example_status(); });
    if (pauses == 2) world.server.on_loop([&] { world.control.view.targets.resize(1); });
    return true;
  };
  const auto outcome = world.run({"wait"});
  CHECK(outcome.status == 0);
  CHECK(outcome.err ==
        "waiting: the source has not been read yet\nwaiting: the source cannot be read: connection refused\n");
  world.pause = [] { return false; };
  world.server.on_loop([&] { world.control.view.targets.clear(); });
  CHECK(world.run({"wait"}).status == 0);
  CHECK(world.run({"wait", "--revision", "0000"}).status == 20);
  CHECK(world.run({"status"}).err.find("names none yet") != std::string::npos);
  world.server.on_loop([&] { world.control.view = {}; });
  CHECK(world.run({"wait"}).status == 20);
  CHECK(world.run({"status"}).err.find("has not been read since") != std::string::npos);
}

TEST_CASE("wait says on stderr what it waits for, whenever that changes") {
  World world;
  world.control.view = example_status();
  world.control.view.targets[0].health = Health::progressing;
  int pauses = 0;
  world.pause = [&] {
    if (++pauses == 2) world.server.on_loop([&] { world.control.view.targets[0].sync = SyncStatus::out_of_sync; });
    if (pauses == 3) world.server.on_loop([&] { world.control.view = example_status(); });
    return true;
  };
  const auto outcome = world.run({"wait", "dev/backend"});
  CHECK(outcome.status == 0);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "waiting: dev/backend@dev-1: Progressing \nwaiting: dev/backend@dev-1: OutOfSync \n");
}

TEST_CASE("events as a table, and wide with what failed containers wrote") {
  World world;
  Event event;
  event.at = Instant(std::chrono::seconds(1'700'000'000));
  event.target = {"dev", "web", "one"};
  event.warning = true;
  event.reason = "RolledBack";
  event.message = "Degraded: exited (3)";
  event.revision = {"main", "4f1c2d3e5a6b7c8d9e0f11223344556677889900"};
  event.log = "web-1:\nno \033[31mmoon\n";
  world.control.happened = {event};
  CHECK(world.run({"events"}).out ==
        "TIME                   TYPE      TARGET        REASON       REVISION   MESSAGE\n"
        "2023-11-14T22:13:20Z   Warning   dev/web@one   RolledBack   4f1c2d3e   Degraded: exited (3)\n");
  const auto wide = world.run({"events", "dev", "-o", "wide"}).out;
  CHECK(wide.find("  no \xEF\xBF\xBD[31mmoon\n") != std::string::npos);
  world.control.happened.clear();
  world.control.view = example_status();
  CHECK(world.run({"events", "dev"}).err ==
        "plimsoll: nothing happened to dev since the controller started; `plimsoll history ENV/APP` reaches further\n");
  CHECK(world.run({"events", "dev/backend"}).err.find("`plimsoll history dev/backend`") != std::string::npos);
}

TEST_CASE("events --watch prints each event once, also when two are alike") {
  World world;
  Event event;
  event.at = Instant(std::chrono::seconds(1'700'000'000));
  event.target = {"dev", "web", "one"};
  event.reason = "Changed";
  event.message = "first";
  world.control.happened = {event};
  int pauses = 0;
  world.pause = [&] {
    ++pauses;
    world.server.on_loop([&] {
      auto& happened = world.control.happened;
      if (pauses == 2) happened.insert(happened.end(), {event, event});
      if (pauses == 3) {  // the oldest one is forgotten, and a log comes
        happened.erase(happened.begin());
        happened.back().log = "late";
        happened.push_back(event);
        happened.back().message = "last";
      }
    });
    return pauses < 5;
  };
  const auto outcome = world.run({"events", "--watch", "--no-header"});
  CHECK(outcome.status == 0);
  const std::string first = "2023-11-14T22:13:20Z   Normal   dev/web@one   Changed      first\n";
  std::string last = first;
  last.replace(last.find("first"), 5, "last");
  CHECK(outcome.out == first + first + first + last);
}

TEST_CASE("logs of what there is not say what there is") {
  World world;
  world.control.view = example_status();
  world.control.written_error = Error{ErrorKind::missing, "dev/backend has no container"};
  CHECK(world.run({"logs", "dev/nope"}).err == "plimsoll: no app matches dev/nope; `plimsoll status` lists them\n");
  CHECK(world.run({"logs", "dev/backend/nope"}).err == "plimsoll: dev/backend has no service nope (it has: api)\n");
  CHECK(world.run({"logs", "dev/backend/api"}).err == "plimsoll: dev/backend has no container\n");
  world.control.view.targets[0].reason = std::string(reason::kEngineUnreachable);
  world.control.view.targets[0].message = "cannot reach engine at unix:///x";
  CHECK(world.run({"logs", "dev/backend"}).err == "plimsoll: instance dev-1: cannot reach engine at unix:///x\n");
}

TEST_CASE("logs prints what containers wrote, with names when there are several") {
  World world;
  world.control.written = {{{"dev", "web", "one"}, "web", "dev-web-web-1", "0123", "running", "a\r\nb\n", ""}};
  CHECK(world.run({"logs", "dev/web"}).out == "a\nb\n");
  CHECK(world.control.logs_asked.back().lines == 100);
  world.control.written.push_back(
      {{"dev", "web", "one"}, "db", "dev-web-db-1", "4567", "exited", "", "engine is gone"});
  const auto both = world.run({"logs", "dev/web/web", "--failed", "--tail", "5"});
  CHECK(both.status == 20);
  CHECK(both.out == "dev-web-web-1 | a\ndev-web-web-1 | b\n");
  CHECK(both.err == "plimsoll: dev-web-db-1: engine is gone\n");
  CHECK(world.control.logs_asked.back().service == "web");
  CHECK(world.control.logs_asked.back().failed);
  CHECK(world.control.logs_asked.back().lines == 5);
}

TEST_CASE("names that an engine gives steer no terminal") {
  World world;
  const std::string name = "web\x1b]0;owned\x07\nforged";
  const std::string shown = "web\uFFFD]0;owned\uFFFD forged";
  world.control.written = {{{"dev", "web", "one"}, "web", name, "0123", "running", "a\n", ""},
                           {{"dev", "web", "one"}, "db", name, "4567", "exited", "", "gone"}};
  const auto logs = world.run({"logs", "dev/web"});
  CHECK(logs.out == shown + " | a\n");
  CHECK(logs.err == "plimsoll: " + shown + ": gone\n");
  CHECK(world.run({"logs", "dev/web", "-o", "name"}).out == shown + "\n" + shown + "\n");
  Event event;
  event.target = {"dev", name, "one"};
  event.reason = name;
  event.log = "x\n";
  world.control.happened = {event};
  const auto wide = world.run({"events", "dev", "-o", "wide"}).out;
  CHECK(wide.find("dev/" + shown + "@one " + shown + ":\n") != std::string::npos);
}
