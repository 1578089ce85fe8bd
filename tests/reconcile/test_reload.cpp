#include <catch2/catch.hpp>

#include "reconcile/pass_bench.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using test::Fault;
using test::PassBench;

namespace {

using World = std::vector<std::string>;
const World kServing{"dev-backend-api-1 acme/api:1 running"};

/// The app with this content in the file of its only service.
void desire(PassBench& bench, char revision, const std::string& content, Reload how) {
  bench.begin_revision(revision);
  auto& service = bench.add("api", "acme/api:1");
  how.layout = "these files";
  service.reload = std::move(how);
  service.spec.mounts = {{.type = Mount::Type::repository, .target = "/etc/api.conf", .digest = content}};
  service.canonical["mounts./etc/api.conf.digest"] = content;
  service.digest += content;
}

std::string id_of(const PassBench& bench) { return bench.engine.find("dev-backend-api-1")->seen.id; }

}  // namespace

TEST_CASE("a changed file is reloaded in one pass, and the next one has nothing to do") {
  PassBench bench;
  desire(bench, 'a', "one", {.signal = "SIGHUP"});
  bench.deploy();
  const auto id = id_of(bench);
  desire(bench, 'b', "two", {.signal = "SIGHUP"});
  const auto outcome = bench.pass();
  CHECK(bench.engine.calls == World{"ReloadFiles dev-backend-api-1 with /etc/api.conf by SIGHUP"});
  CHECK(outcome.status.sync == SyncStatus::synced);
  CHECK(outcome.status.last_applied_revision == "main@sha1:" + std::string(40, 'b'));
  CHECK(id_of(bench) == id);
  bench.memory = {};
  CHECK(bench.pass().steps.empty());
}

TEST_CASE("a command that fails is followed by a new container at once, and forgotten when that is good") {
  PassBench bench;
  desire(bench, 'a', "one", {.command = {"false"}});
  bench.deploy();
  const auto id = id_of(bench);
  desire(bench, 'b', "two", {.command = {"false"}});
  const auto first = bench.pass();
  CHECK(first.errors.at("(reload) api").kind == ErrorKind::rejected);
  CHECK(std::any_of(first.steps.begin(), first.steps.end(), [](const auto& done) {
    return done.step.cause.find("/etc/api.conf changed; reload container") == 0 &&
           done.step.cause.find("false ended with 1") != std::string::npos;
  }));
  CHECK(bench.running("api", "acme/api:1") == 2);
  const auto last = bench.settle();
  CHECK(last.status.sync == SyncStatus::synced);
  CHECK(last.status.last_applied_revision == "main@sha1:" + std::string(40, 'b'));
  CHECK(bench.world() == kServing);
  CHECK(id_of(bench) != id);
  CHECK(bench.memory.failures.empty());
}

TEST_CASE("a new container that needs no gate settles the pass whose reload failed") {
  PassBench bench;
  desire(bench, 'a', "one", {.command = {"false"}});
  bench.deploy();
  desire(bench, 'b', "two", {.command = {"false"}});
  bench.desired->services.back().rollout.min_ready = 0ms;
  bench.engine.images["acme/api:1"].health = test::runs();
  const auto outcome = bench.settle();
  CHECK(outcome.status.last_applied_revision == "main@sha1:" + std::string(40, 'b'));
  CHECK(bench.memory.failures.empty());
}

TEST_CASE("a reload whose reply is lost is done again and makes no new container") {
  for (const auto kind : {Fault::Kind::before_effect, Fault::Kind::after_effect}) {
    PassBench bench;
    desire(bench, 'a', "one", {.signal = "SIGHUP"});
    bench.deploy();
    const auto id = id_of(bench);
    desire(bench, 'b', "two", {.signal = "SIGHUP"});
    bench.engine.fail_next(kind, "ReloadFiles");
    const auto last = bench.settle();
    CHECK(last.status.sync == SyncStatus::synced);
    CHECK(id_of(bench) == id);
    CHECK(bench.world() == kServing);
  }
}
