#include <catch2/catch.hpp>

#include <set>

#include "reconcile/pass_bench.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using test::PassBench;

// An engine may refuse one thing for ever: a port that somebody holds, a device that is not there, options of a
// network. Each step of each story is refused so, with each kind of error. Whatever it is, what worked goes on
// working after every pass, without anybody who looks again, and no service is stopped over and over.

namespace {

struct Story {
  std::string name;
  std::function<void(PassBench&)> before, change;
};

DesiredService& publish(DesiredService& service, const std::string& port) {
  service.spec.ports = {{.published = port, .target = 80}};
  service.canonical["ports[0]"] = port + ":80/tcp";
  service.digest += ":" + port;
  return service;
}

DesiredService& need(DesiredService& service, const std::string& other) {
  service.depends_on.push_back({.service = other, .condition = Dependency::Condition::healthy});
  return service;
}

DesiredService& in_network(DesiredService& service) {
  service.canonical["networks.dev-backend_default"] = "";
  return service;
}

void start_first(PassBench& bench, const std::string& tag) {
  in_network(bench.add("api", "acme/api:" + tag));
  in_network(need(bench.add("web", "acme/web:" + tag), "api"));
}

void stop_first(PassBench& bench, const std::string& tag) {
  publish(bench.add("db", "acme/db:" + tag), "5432");
  need(bench.add("web", "acme/web:" + tag), "db");
}

void network(PassBench& bench, const std::string& tag) {
  start_first(bench, "1");
  bench.desired->networks.front().digest = "v1:" + tag;
}

void migration(PassBench& bench, const std::string& tag) {
  auto& job = bench.add("migrate", "acme/migrate:" + tag, test::exits(0, 2s));
  job.one_shot = true;
  job.spec.restart.name = "no";
  publish(bench.add("api", "acme/api:" + tag), "8080").depends_on = {
      {.service = "migrate", .condition = Dependency::Condition::completed}};
}

/// `tell` describes one revision, of `tag` 1 or 2.
Story update(const std::string& name, void (*tell)(PassBench&, const std::string&)) {
  const auto at = [tell](PassBench& bench, const std::string& tag) {
    tell(bench, tag);
    bench.desired->digest = "target:" + tag;
  };
  return {name, [at](PassBench& bench) { at(bench, "1"); },
          [at](PassBench& bench) {
            bench.begin_revision('b');
            at(bench, "2");
          }};
}

const std::vector<Story> kStories{
    update("start-first", start_first),
    update("stop-first", stop_first),
    update("changed network", network),
    update("one-shot before a stop-first", migration),
    update("host port moves to another service",
           [](PassBench& bench, const std::string& tag) {
             for (const std::string name : {"web", "proxy"}) {
               auto& service = bench.add(name, "acme/" + name + ":1");
               if ((name == "web") == (tag == "1")) publish(service, "80");
             }
           }),
    update("host port moves to a new service",
           [](PassBench& bench, const std::string& tag) {
             auto& web = bench.add("web", "acme/web:1");
             if (tag == "1") publish(web, "80");
             if (tag == "2") publish(bench.add("proxy", "acme/proxy:1"), "80");
           }),
    update("renamed service keeps its host port",
           [](PassBench& bench, const std::string& tag) {
             publish(bench.add(tag == "1" ? "api" : "backend", "acme/api:1"), "8080");
           }),
    update("renamed service keeps its volume",
           [](PassBench& bench, const std::string& tag) {
             auto& service = bench.add(tag == "1" ? "db" : "database", "acme/db:1");
             service.spec.mounts = {{.type = Mount::Type::volume, .source = "data", .target = "/data"}};
             service.canonical["mounts./data.source"] = "data";
           }),
};

/// What an action does to which image, network or volume: the same in every try.
std::string signature(const PassBench& bench, const Action& action) {
  std::string text(action_name(action));
  std::visit(
      [&](const auto& one) {
        if constexpr (requires { one.container; }) {
          for (const auto& [id, has] : bench.engine.containers()) {
            const bool same = one.container.id.empty() ? has.seen.name == one.container.name : id == one.container.id;
            if (same) text += " " + has.seen.service + " " + has.seen.spec_digest;
          }
        }
        if constexpr (requires { one.to; }) text += " " + one.to;
      },
      action);
  if (const auto* create = std::get_if<CreateContainer>(&action)) text += " " + create->service->digest;
  if (const auto* image = std::get_if<EnsureImage>(&action)) text += " " + image->reference;
  if (const auto* made = std::get_if<EnsureNetwork>(&action)) text += " " + made->network.digest;
  if (const auto* gone = std::get_if<RemoveNetwork>(&action)) text += " " + gone->name;
  return text;
}

/// Whatever goes on when nothing is waited for is ended by an event: the end of a one-shot, say.
PassBench& settle(PassBench& bench) {
  for (int i = 0; i < 10; ++i) {
    bench.settle(200);
    if (bench.status.health != Health::progressing) break;
    bench.engine.advance(5s);
  }
  return bench;
}

/// Every signature of the way from one revision to the next when all goes well.
std::vector<std::string> signatures_of(const Story& story) {
  PassBench bench;
  story.before(bench);
  settle(bench);
  story.change(bench);
  std::vector<std::string> found;
  bench.engine.on_apply = [&](const Action& action) -> std::optional<test::Fault> {
    const std::string text = signature(bench, action);
    if (std::find(found.begin(), found.end(), text) == found.end()) found.push_back(text);
    return std::nullopt;
  };
  settle(bench);
  CAPTURE(story.name, bench.status.reason, bench.status.message, bench.world());
  CHECK(bench.status.sync == SyncStatus::synced);
  CHECK(bench.status.health == Health::healthy);
  return found;
}

/// Services that ran before and are still asked for, of which nothing runs. A renamed one counts under either name.
std::string down(const PassBench& bench, const std::set<std::string>& ran) {
  std::set<std::string> up, asked;
  for (const auto& [id, container] : bench.engine.containers()) {
    if (container.seen.state == ContainerState::running) up.insert(container.seen.service);
  }
  for (const auto& service : bench.desired->services) asked.insert(service.spec.name);
  for (const auto& name : ran) {
    if (asked.contains(name) && !up.contains(name)) return name;
  }
  return up.empty() && !ran.empty() ? "everything" : "";
}

std::set<std::string> running_services(const PassBench& bench) {
  std::set<std::string> names;
  for (const auto& [id, container] : bench.engine.containers()) {
    if (container.seen.state == ContainerState::running) names.insert(container.seen.service);
  }
  return names;
}

/// Refuses whatever bears `text`. A start that is refused leaves its cause in the container, as the engine does.
auto refuse(PassBench& bench, const std::string& text, ErrorKind kind) {
  return [&bench, text, kind](const Action& action) -> std::optional<test::Fault> {
    if (signature(bench, action) != text) return std::nullopt;
    bench.engine.calls.pop_back();  // it is as if it had never been called
    if (const auto* start = std::get_if<StartContainer>(&action)) {
      bench.engine.find(start->container.name)->seen.detail = "refused for ever";
    }
    return test::Fault{test::Fault::Kind::before_effect, {}, {kind, "refused for ever"}};
  };
}

/// Five tries of which the engine says nothing in the container, then four more that count as failed tries of the spec.
constexpr int kStopsBorne = 9;

/// Only the registry asks for a login, or has not got something yet.
bool may_happen(const std::string& refused, ErrorKind kind) {
  return (kind != ErrorKind::unauthorized && kind != ErrorKind::missing) || refused.starts_with("EnsureImage");
}

/// Some sixty times the longest back-off.
constexpr auto kRefusedFor = 3h;

/// A refusal that lasts; afterwards it ends, and a person asks for a retry.
void live_through(const Story& story, const std::string& refused, ErrorKind kind) {
  CAPTURE(story.name, refused, to_string(kind));
  PassBench bench;
  story.before(bench);
  settle(bench);
  bench.engine.calls.clear();
  const auto ran = running_services(bench);
  story.change(bench);
  bench.engine.on_apply = refuse(bench, refused, kind);
  std::map<std::string, int> done;
  const Instant end = bench.engine.now() + kRefusedFor;
  while (bench.engine.now() < end) {
    const auto outcome = bench.pass();
    if (const std::string lacks = down(bench, ran); !lacks.empty()) {
      UNSCOPED_INFO("after " << (bench.engine.now() - (end - kRefusedFor)).count() << " ms nothing runs of " << lacks
                             << ": " << bench.status.reason << " " << bench.status.message);
      for (const auto& call : bench.engine.calls) UNSCOPED_INFO("  " << call);
      CHECK(lacks.empty());
      return;
    }
    for (const auto& call : bench.engine.calls) ++done[call];
    bench.engine.calls.clear();
    if (!outcome.wake_at && outcome.status.health != Health::progressing) break;
    const Instant wake_at = outcome.wake_at.value_or(bench.engine.now() + 5s);
    bench.engine.advance(std::max(Millis{1}, wake_at - bench.engine.now()));
  }
  for (const auto& [call, times] : done) {
    if (!call.starts_with("StopContainer") && !call.starts_with("DisconnectNetwork")) continue;
    CAPTURE(call, times);
    CHECK(times <= kStopsBorne);
  }
  bench.engine.on_apply = nullptr;
  bench.memory.retry_requested = true;
  settle(bench);
  CAPTURE(bench.status.reason, bench.status.message, bench.world());
  CHECK(bench.status.sync == SyncStatus::synced);
  CHECK(bench.status.health == Health::healthy);
}

}  // namespace

TEST_CASE("a step that the engine refuses for ever takes nothing down, and a retry asked for ends it") {
  const auto& story = kStories.at(GENERATE(range<std::size_t>(0, kStories.size())));
  for (const auto& refused : signatures_of(story)) {
    for (const auto kind : {ErrorKind::transient, ErrorKind::conflict, ErrorKind::rejected, ErrorKind::unauthorized,
                            ErrorKind::missing, ErrorKind::deadline}) {
      if (may_happen(refused, kind)) live_through(story, refused, kind);
    }
  }
}
