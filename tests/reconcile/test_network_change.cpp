#include <catch2/catch.hpp>

#include "reconcile/pass_bench.hpp"

using namespace plimsoll;
using test::PassBench;

namespace {

constexpr const char* kName = "dev-backend_default";

/// Two services in one network that is to have the options of `digest`.
void want(PassBench& bench, char revision, const std::string& digest) {
  bench.begin_revision(revision);
  bench.desired->digest = digest;
  bench.desired->networks.front().digest = digest;
  for (const std::string name : {"api", "web"}) {
    auto& service = bench.add(name, "acme/" + name + ":1");
    service.canonical[std::string("networks.") + kName] = "";
  }
}

std::map<std::string, std::vector<std::string>> members(const PassBench& bench) {
  std::map<std::string, std::vector<std::string>> found;
  for (const auto& [id, container] : bench.engine.containers()) {
    const auto in = container.seen.networks.find(kName);
    if (in != container.seen.networks.end()) found[id] = in->second;
  }
  return found;
}

std::string digest_of(const PassBench& bench) { return bench.engine.networks.at(kName).digest; }

}  // namespace

TEST_CASE("a network whose options changed is made anew, and the same containers are in it again") {
  PassBench bench;
  want(bench, 'a', "v1:one");
  bench.deploy();
  const auto before = members(bench);
  REQUIRE(before.size() == 2);
  want(bench, 'b', "v1:two");
  const auto outcome = bench.pass();
  CHECK(outcome.errors.empty());
  CHECK(outcome.status.sync == SyncStatus::synced);
  CHECK(digest_of(bench) == "v1:two");
  CHECK(members(bench) == before);
}

TEST_CASE("options that the engine refuses leave the containers in a network without any until they change") {
  PassBench bench;
  want(bench, 'a', "v1:one");
  bench.deploy();
  const auto before = members(bench);
  want(bench, 'b', "v1:overlaps");
  bench.engine.fail_next({test::Fault::Kind::before_effect, "EnsureNetwork", {ErrorKind::rejected, "pool overlaps"}});
  const auto refused = bench.pass();
  CHECK(members(bench) == before);
  CHECK(digest_of(bench) == "v1:stand-in");
  CHECK(refused.status.sync == SyncStatus::out_of_sync);
  CHECK(refused.status.health == Health::degraded);
  CHECK_THAT(refused.status.message, Catch::StartsWith("pool overlaps"));
  CHECK(bench.pass().steps.empty());

  want(bench, 'c', "v1:three");
  CHECK(bench.settle().status.sync == SyncStatus::synced);
  CHECK(digest_of(bench) == "v1:three");
  CHECK(members(bench) == before);
  CHECK(bench.memory.failures.empty());
}

TEST_CASE("a network that cannot be removed is joined again as it is, and tried again later") {
  PassBench bench;
  want(bench, 'a', "v1:one");
  bench.deploy();
  const auto before = members(bench);
  want(bench, 'b', "v1:two");
  bench.engine.fail_next({test::Fault::Kind::before_effect, "RemoveNetwork", {ErrorKind::conflict, "still in use"}});
  const auto refused = bench.pass();
  CHECK(members(bench) == before);
  CHECK(digest_of(bench) == "v1:one");
  CHECK(refused.status.reason == reason::kConflict);
  CHECK(refused.errors.contains(std::string(kNetworks)));
  CHECK_FALSE(refused.errors.contains("api"));
  bench.memory.retry_requested = true;
  CHECK(bench.settle().status.sync == SyncStatus::synced);
  CHECK(digest_of(bench) == "v1:two");
  CHECK(members(bench) == before);
}

TEST_CASE("a change of a network that is cut anywhere is finished by the next pass, also without self_heal") {
  for (int cut = 1; cut <= 6; ++cut) {
    INFO("cut after " << cut);
    PassBench bench;
    want(bench, 'a', "v1:one");
    bench.deploy();
    const auto before = members(bench);
    want(bench, 'b', "v1:two");
    bench.desired->sync.self_heal = false;
    int done = 0;
    bench.engine.after_effect = [&](const test::MemoryEngine& /*engine*/) {
      if (++done == cut) bench.stop.request_stop();
    };
    CHECK(bench.pass().stopped);
    bench.stop = std::stop_source();
    CHECK(bench.settle().status.sync == SyncStatus::synced);
    CHECK(digest_of(bench) == "v1:two");
    CHECK(members(bench) == before);
  }
}
