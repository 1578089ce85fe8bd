#include <catch2/catch.hpp>

#include "contract/bench.hpp"

// What `ports::ContainerEngine` promises about containers, whichever engine stands behind it.

using namespace plimsoll;
using namespace plimsoll::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kName = "contract-web-api-1";
ContainerRef named(const std::string& name) { return {"", name}; }

bool is(const ObservedContainer& container, ContainerState state) { return container.state == state; }

}  // namespace

TEST_CASE("a created container shows its identity and what it was created from") {
  on_every_engine([](Bench& bench) {
    auto service = bench.service("idle:1");
    service->spec.labels = {{"team", "a"}, {"io.plimsoll.app", "stolen"}};
    service->spec.restart = {"on-failure", 3};
    service->canonical = {{"environment.A", secret_token("S", "00ff")}, {"image", service->spec.image}};
    const auto digest = bench.must(EnsureImage{"api", service->spec.image}).image_digest;
    (void)bench.must(EnsureNetwork{bench.network()});
    const auto made = bench.must(CreateContainer{.name = kName,
                                                 .service = service,
                                                 .replica = 2,
                                                 .attempt = 4,
                                                 .image_digest = digest,
                                                 .revision = "main@sha1:beef",
                                                 .target_digest = "5eed"});
    const auto seen = bench.seen(kName);
    CHECK(seen.id == made.container_id);
    CHECK(seen.environment == "contract");
    CHECK(seen.app == "web");
    CHECK(seen.service == "api");
    CHECK(seen.replica == 2);
    CHECK(seen.attempt == 4);
    CHECK(seen.spec_digest == service->digest);
    CHECK(seen.applied == service->canonical);
    CHECK(seen.image == service->spec.image);
    CHECK(seen.image_digest == digest);
    CHECK(seen.revision == "main@sha1:beef");
    CHECK(seen.target_digest == "5eed");
    CHECK(seen.state == ContainerState::created);
    CHECK(seen.health == HealthState::none);
    CHECK(seen.restart == RestartPolicy{"on-failure", 3});
    CHECK(seen.created_at.has_value());
    CHECK_FALSE(seen.started_at.has_value());
    CHECK(seen.networks == std::map<std::string, std::vector<std::string>>{{Bench::kNetwork, {"api", "extra"}}});
  });
}

TEST_CASE("creating twice makes one container, and another spec under its name is a conflict") {
  on_every_engine([](Bench& bench) {
    const auto service = bench.service("idle:1");
    const auto first = bench.create(kName, service);
    CHECK(bench.create(kName, service).container_id == first.container_id);
    CHECK(bench.observe().containers.size() == 1);
    auto other = bench.service("idle:1");
    other->digest = "v1:another";
    CHECK(bench.fails(CreateContainer{.name = kName, .service = other}).kind == ErrorKind::conflict);
    CHECK(bench.fails(CreateContainer{.name = kName, .service = service, .attempt = 2}).kind == ErrorKind::conflict);
  });
}

TEST_CASE("a foreign container keeps its name, is named in the conflict and never observed") {
  on_every_engine([](Bench& bench) {
    bench.add_foreign(kName, 0);
    const auto service = bench.service("idle:1");
    (void)bench.must(EnsureImage{"api", service->spec.image});
    (void)bench.must(EnsureNetwork{bench.network()});
    const auto error = bench.fails(CreateContainer{.name = kName, .service = service});
    CHECK(error.kind == ErrorKind::conflict);
    CHECK_THAT(error.message, Catch::Contains(kName) && Catch::Contains("container"));
    CHECK(bench.observe().containers.empty());
  });
}

TEST_CASE("start, stop and remove are done once however often they are asked for") {
  on_every_engine([](Bench& bench) {
    const auto id = bench.create(kName, bench.service("idle:1")).container_id;
    for (int round = 0; round < 2; ++round) (void)bench.must(StartContainer{named(kName)});
    CHECK(bench.seen(kName).state == ContainerState::running);
    CHECK(bench.seen(kName).started_at.has_value());
    CHECK(bench.fails(RemoveContainer{{id, kName}}).kind == ErrorKind::transient);
    for (int round = 0; round < 2; ++round) (void)bench.must(StopContainer{{id, kName}, 5s});
    CHECK(bench.seen(kName).state == ContainerState::exited);
    CHECK(bench.seen(kName).exit_code == 0);
    for (int round = 0; round < 2; ++round) (void)bench.must(RemoveContainer{{id, kName}});
    CHECK(bench.observe().containers.empty());
    (void)bench.must(StopContainer{{id, kName}, std::nullopt});
    CHECK(bench.fails(StartContainer{{id, kName}}).kind == ErrorKind::transient);
  });
}

TEST_CASE("force removes a running container") {
  on_every_engine([](Bench& bench) {
    (void)bench.create(kName, bench.service("idle:1"));
    (void)bench.must(StartContainer{named(kName)});
    (void)bench.must(RemoveContainer{named(kName), true});
    CHECK(bench.observe().containers.empty());
  });
}

TEST_CASE("renaming again after a lost reply is done, and a taken name is a conflict") {
  on_every_engine([](Bench& bench) {
    const auto id = bench.create(kName, bench.service("idle:1")).container_id;
    for (int round = 0; round < 2; ++round) {
      (void)bench.must(RenameContainer{{id, kName}, "contract-web-api-1.prev"});
      CHECK(bench.seen("contract-web-api-1.prev").id == id);
    }
    (void)bench.must(RenameContainer{named(kName), "contract-web-api-1.prev"});
    (void)bench.create(kName, bench.service("idle:2"));
    CHECK(bench.fails(RenameContainer{{id, ""}, kName}).kind == ErrorKind::conflict);
  });
}

TEST_CASE("health is told as the check finds it") {
  on_every_engine([](Bench& bench) {
    for (const auto& [image, health] :
         {std::pair{"healthy:1", HealthState::healthy}, std::pair{"unhealthy:1", HealthState::unhealthy},
          std::pair{"starting:1", HealthState::starting}}) {
      INFO(image);
      (void)bench.create(kName, bench.service(image));
      (void)bench.must(StartContainer{named(kName)});
      CHECK(bench.eventually(kName, [&](const auto& seen) { return seen.health == health; }));
      (void)bench.must(RemoveContainer{named(kName), true});
    }
  });
}

TEST_CASE("a gate that takes no time is passed by what runs, unless a check says otherwise") {
  on_every_engine([](Bench& bench) {
    const auto passes = [&bench] { return bench.must(CheckGate{named(kName)}).gate_passed; };
    CHECK_FALSE(passes());
    for (const auto& [image, passed] : {std::pair{"idle:1", true}, std::pair{"starting:1", false}}) {
      INFO(image);
      (void)bench.create(kName, bench.service(image));
      CHECK_FALSE(passes());
      (void)bench.must(StartContainer{named(kName)});
      CHECK(passes() == passed);
      (void)bench.must(StopContainer{named(kName), 0ms});
      CHECK_FALSE(passes());
      (void)bench.must(RemoveContainer{named(kName)});
    }
  });
}

TEST_CASE("a gate that takes no time is passed by what is healthy") {
  on_every_engine([](Bench& bench) {
    (void)bench.create(kName, bench.service("healthy:1"));
    (void)bench.must(StartContainer{named(kName)});
    CHECK(bench.eventually(kName, [](const auto& seen) { return seen.health == HealthState::healthy; }));
    CHECK(bench.must(CheckGate{named(kName)}).gate_passed);
  });
}

TEST_CASE("a check that the spec switches off is none") {
  on_every_engine([](Bench& bench) {
    auto service = bench.service("healthy:1");
    service->spec.healthcheck = HealthCheck{.test = std::vector<std::string>{"NONE"}};
    (void)bench.create(kName, service);
    (void)bench.must(StartContainer{named(kName)});
    CHECK(bench.seen(kName).health == HealthState::none);
  });
}

TEST_CASE("an exit code stays to be seen, and a restart policy counts what it does") {
  on_every_engine([](Bench& bench) {
    (void)bench.create(kName, bench.service("exits3:1"));
    (void)bench.must(StartContainer{named(kName)});
    REQUIRE(bench.eventually(kName, [](const auto& seen) { return is(seen, ContainerState::exited); }));
    CHECK(bench.seen(kName).exit_code == 3);
    CHECK(bench.seen(kName).finished_at.has_value());
    (void)bench.must(RemoveContainer{named(kName)});
    auto service = bench.service("exits3:1");
    service->spec.restart = {"on-failure", 2};
    (void)bench.create(kName, service);
    (void)bench.must(StartContainer{named(kName)});
    REQUIRE(bench.eventually(
        kName, [](const auto& seen) { return is(seen, ContainerState::exited) && seen.restart_count == 2; }));
  });
}

TEST_CASE("restart policy and limits change in place") {
  on_every_engine([](Bench& bench) {
    auto service = bench.service("idle:1");
    service->spec.restart = {"always", 0};
    service->spec.resources.memory = 64 << 20;
    (void)bench.create(kName, service);
    CHECK(bench.seen(kName).resources == service->spec.resources);
    Resources limits;
    limits.memory = 96 << 20;
    limits.nano_cpus = 500'000'000;
    limits.pids_limit = 50;
    for (int round = 0; round < 2; ++round)
      (void)bench.must(UpdateContainer{named(kName), RestartPolicy{"no", 0}, limits});
    CHECK(bench.seen(kName).restart == RestartPolicy{"no", 0});
    CHECK(bench.seen(kName).resources == limits);
  });
}

TEST_CASE("a paused container is seen as paused and goes on when it is told to") {
  on_every_engine([](Bench& bench) {
    (void)bench.create(kName, bench.service("idle:1"));
    (void)bench.must(StartContainer{named(kName)});
    bench.pause(kName);
    CHECK(bench.seen(kName).state == ContainerState::paused);
    for (int round = 0; round < 2; ++round) (void)bench.must(UnpauseContainer{named(kName)});
    CHECK(bench.seen(kName).state == ContainerState::running);
  });
}

TEST_CASE("a host port that something else holds is a conflict that names it, and starting works once it is free") {
  on_every_engine([](Bench& bench) {
    bench.add_foreign("contract-foreign", 18099);
    auto service = bench.service("idle:1");
    service->spec.ports = {{.published = "18099", .target = 8080}};
    (void)bench.create(kName, service);
    const auto error = bench.fails(StartContainer{named(kName)});
    CHECK(error.kind == ErrorKind::conflict);
    CHECK_THAT(error.message, Catch::Contains("18099"));
    CHECK(bench.seen(kName).state == ContainerState::created);
  });
}

TEST_CASE("a call that was stopped before it began does nothing") {
  on_every_engine([](Bench& bench) {
    (void)bench.create(kName, bench.service("idle:1"));
    std::stop_source source;
    source.request_stop();
    const ports::Call call{std::chrono::steady_clock::now() + 10s, source.get_token()};
    const auto result = bench.engine().apply(StartContainer{named(kName)}, bench.context(), call);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().kind == ErrorKind::cancelled);
    CHECK(bench.seen(kName).state == ContainerState::created);
  });
}

TEST_CASE("the scope of an observation leaves other apps out") {
  on_every_engine([](Bench& bench) {
    (void)bench.create(kName, bench.service("idle:1"));
    bench.target.app = "other";
    (void)bench.must(CreateContainer{.name = "contract-other-api-1", .service = bench.service("idle:1")});
    CHECK(bench.observe().containers.size() == 1);
    const auto all = bench.engine().observe({}, bench.call());
    REQUIRE(all.ok());
    CHECK(all->containers.size() == 2);
    CHECK_FALSE(all->networks.has_value());
  });
}
