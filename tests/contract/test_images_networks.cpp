#include <catch2/catch.hpp>

#include "contract/bench.hpp"

// What `ports::ContainerEngine` promises about images, networks and volumes, whichever engine stands behind it.

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr const char* kName = "contract-web-api-1";
ContainerRef named(const std::string& name) { return {"", name}; }

NetworkAttachment attachment(std::vector<std::string> aliases) {
  return {.network = Bench::kNetwork, .aliases = std::move(aliases)};
}

}  // namespace

TEST_CASE("an image comes with the registry's digest, the same one when it is there already") {
  on_every_engine([](Bench& bench) {
    const auto first = bench.must(EnsureImage{"api", bench.image("idle:1")}).image_digest;
    CHECK_THAT(first, Catch::StartsWith("sha256:") && !Catch::Contains(" "));
    CHECK(bench.must(EnsureImage{"api", bench.image("idle:1")}).image_digest == first);
    const auto asked = bench.engine().resolve_digest(bench.image("idle:1"), bench.call());
    REQUIRE(asked.ok());
    CHECK(*asked == first);
    CHECK(bench.must(EnsureImage{"api", bench.image("idle:2")}).image_digest != first);
  });
}

TEST_CASE("an image is removed when only the given names name it and no container uses it") {
  on_every_engine([](Bench& bench) {
    const auto tag = bench.image("idle:2");
    const auto digest = bench.must(EnsureImage{"api", tag}).image_digest;
    CHECK_FALSE(bench.must(EnsureImage{"api", tag}).pulled);
    const auto image = tag.substr(0, tag.rfind(':')) + "@" + digest;
    const auto remove = [&](const std::vector<std::string>& names) {
      auto done = bench.engine().remove_image(image, names, bench.call());
      INFO((done ? "" : done.error().message));
      REQUIRE(done.ok());
      return *done;
    };
    CHECK(remove({image}) == ports::ImageRemoval::kept);
    auto service = bench.service("idle:2");
    (void)bench.must(EnsureNetwork{bench.network()});
    (void)bench.must(CreateContainer{.name = kName, .service = service, .image_digest = digest});
    CHECK(remove({tag, image}) == ports::ImageRemoval::kept);
    (void)bench.must(RemoveContainer{named(kName)});
    CHECK(remove({tag, image}) == ports::ImageRemoval::removed);
    CHECK(remove({tag, image}) == ports::ImageRemoval::absent);
    CHECK(bench.must(EnsureImage{"api", tag}).pulled);
  });
}

TEST_CASE("a tag that the registry does not have yet is missing, not an error of the input") {
  on_every_engine([](Bench& bench) {
    CHECK(bench.fails(EnsureImage{"api", bench.image("idle:99")}).kind == ErrorKind::missing);
    CHECK(bench.fails(EnsureImage{"api", bench.image("idle:99"), "", "never"}).kind == ErrorKind::missing);
    const auto asked = bench.engine().resolve_digest(bench.image("idle:99"), bench.call());
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().kind == ErrorKind::missing);
  });
}

TEST_CASE("a container of an image that is not there is missing its image") {
  on_every_engine([](Bench& bench) {
    (void)bench.must(EnsureNetwork{bench.network()});
    const auto error = bench.fails(CreateContainer{.name = kName, .service = bench.service("idle:99")});
    CHECK(error.kind == ErrorKind::missing);
    CHECK(bench.observe().containers.empty());
  });
}

TEST_CASE("networks are made once, told with who uses them, and removed once") {
  on_every_engine([](Bench& bench) {
    for (int round = 0; round < 2; ++round) (void)bench.must(EnsureNetwork{bench.network()});
    auto networks = *bench.observe(true).networks;
    REQUIRE(networks.size() == 1);
    CHECK(networks[0].name == Bench::kNetwork);
    CHECK(networks[0].environment == "contract");
    CHECK(networks[0].app == "web");
    CHECK(networks[0].spec_digest == "v1:network");
    CHECK_FALSE(networks[0].in_use);
    (void)bench.create(kName, bench.service("idle:1"));
    CHECK((*bench.observe(true).networks)[0].in_use);
    (void)bench.must(StartContainer{named(kName)});
    CHECK((*bench.observe(true).networks)[0].in_use);
    CHECK(bench.fails(RemoveNetwork{networks[0].id, networks[0].name}).kind == ErrorKind::conflict);
    (void)bench.must(RemoveContainer{named(kName), true});
    for (int round = 0; round < 2; ++round) (void)bench.must(RemoveNetwork{networks[0].id, networks[0].name});
    CHECK(bench.observe(true).networks->empty());
  });
}

TEST_CASE("a network that is there stays as it is made, and tells when, with what and who is in it") {
  on_every_engine([](Bench& bench) {
    const auto id = bench.create(kName, bench.service("idle:1")).container_id;
    auto other = bench.network();
    other.digest = "v1:other";
    other.internal = true;
    (void)bench.must(EnsureNetwork{other});
    auto seen = (*bench.observe(true).networks)[0];
    CHECK(seen.spec_digest == "v1:network");
    CHECK(seen.attached == std::map<std::string, std::string>{{id, kName}});
    REQUIRE(seen.created_at);
    CHECK(*seen.created_at <= *bench.seen(kName).created_at);
  });
}

TEST_CASE("a network is made anew under its containers, whether they run or not") {
  on_every_engine([](Bench& bench) {
    (void)bench.create(kName, bench.service("idle:1"));
    (void)bench.create("contract-web-api-2", bench.service("idle:1"));
    (void)bench.must(StartContainer{named(kName)});
    const auto before = (*bench.observe(true).networks)[0];
    for (const auto* name : {kName, "contract-web-api-2"})
      (void)bench.must(DisconnectNetwork{named(name), Bench::kNetwork});
    (void)bench.must(RemoveNetwork{before.id, before.name});
    auto other = bench.network();
    other.digest = "v1:other";
    (void)bench.must(EnsureNetwork{other});
    for (const auto* name : {kName, "contract-web-api-2"})
      (void)bench.must(ConnectNetwork{named(name), attachment({"api"})});
    const auto after = (*bench.observe(true).networks)[0];
    CHECK(after.spec_digest == "v1:other");
    CHECK(*after.created_at >= *bench.seen(kName).created_at);
    (void)bench.must(StartContainer{named("contract-web-api-2")});
    for (const auto* name : {kName, "contract-web-api-2"})
      CHECK(bench.seen(name).networks[Bench::kNetwork] == std::vector<std::string>{"api"});
  });
}

TEST_CASE("a shared network belongs to the environment and to no app") {
  on_every_engine([](Bench& bench) {
    auto shared = bench.network("contract_edge");
    shared.shared = true;
    (void)bench.must(EnsureNetwork{shared});
    const auto all = bench.engine().observe({"", "", true}, bench.call());
    REQUIRE(all.ok());
    REQUIRE(all->networks->size() == 1);
    CHECK((*all->networks)[0].app.empty());
    CHECK(bench.observe(true).networks->empty());
  });
}

TEST_CASE("external networks and volumes must exist") {
  on_every_engine([](Bench& bench) {
    auto external = bench.network("contract_nowhere");
    external.external = true;
    const auto error = bench.fails(EnsureNetwork{external});
    CHECK(error.kind == ErrorKind::conflict);
    CHECK_THAT(error.message, Catch::Contains("contract_nowhere"));
    CHECK(bench.fails(EnsureVolume{{.name = "contract_nowhere", .external = true}}).kind == ErrorKind::conflict);
    for (int round = 0; round < 2; ++round) (void)bench.must(EnsureVolume{{.name = "contract_data"}});
    (void)bench.must(EnsureVolume{{.name = "contract_data", .external = true}});
  });
}

TEST_CASE("a container can begin without the service's alias and get it while it runs") {
  on_every_engine([](Bench& bench) {
    const auto service = bench.service("idle:1");
    (void)bench.must(EnsureImage{"api", service->spec.image});
    (void)bench.must(EnsureNetwork{bench.network()});
    (void)bench.must(CreateContainer{.name = kName, .service = service, .service_alias = false});
    (void)bench.must(StartContainer{named(kName)});
    CHECK(bench.seen(kName).networks[Bench::kNetwork] == std::vector<std::string>{"extra"});
    for (int round = 0; round < 2; ++round) {
      (void)bench.must(ConnectNetwork{named(kName), attachment({"extra", "api"})});
      CHECK(bench.seen(kName).networks[Bench::kNetwork] == std::vector<std::string>{"api", "extra"});
    }
  });
}

TEST_CASE("a detached container shows that it is, and detaching again is done") {
  on_every_engine([](Bench& bench) {
    (void)bench.create(kName, bench.service("idle:1"));
    (void)bench.must(StartContainer{named(kName)});
    for (int round = 0; round < 2; ++round) (void)bench.must(DisconnectNetwork{named(kName), Bench::kNetwork});
    CHECK(bench.seen(kName).networks.empty());
    (void)bench.must(ConnectNetwork{named(kName), attachment({"api"})});
    CHECK(bench.seen(kName).networks[Bench::kNetwork] == std::vector<std::string>{"api"});
    CHECK(bench.fails(ConnectNetwork{named(kName), {.network = "contract_nowhere"}}).kind == ErrorKind::transient);
  });
}

TEST_CASE("a container with several networks is attached to all of them from the start") {
  on_every_engine([](Bench& bench) {
    auto service = bench.service("idle:1");
    service->spec.networks.push_back({.network = "contract_second", .aliases = {"b", "a"}});
    service->spec.networks.push_back({.network = "contract_third"});
    const auto id = bench.create(kName, service).container_id;
    CHECK(bench.create(kName, service).container_id == id);
    const auto seen = bench.seen(kName);
    CHECK(seen.networks == std::map<std::string, std::vector<std::string>>{{"contract-web_default", {"api", "extra"}},
                                                                           {"contract_second", {"a", "api", "b"}},
                                                                           {"contract_third", {"api"}}});
    CHECK(bench.observe().containers.size() == 1);
  });
}

TEST_CASE("a network that is not there fails the creation, which leaves nothing behind, or the start") {
  on_every_engine([](Bench& bench) {
    auto service = bench.service("idle:1");
    service->spec.networks.push_back({.network = "contract_absent"});
    (void)bench.must(EnsureImage{"api", service->spec.image});
    (void)bench.must(EnsureNetwork{bench.network()});
    const auto made =
        bench.engine().apply(CreateContainer{.name = kName, .service = service}, bench.context(), bench.call());
    if (made) {  // since API 1.44: networks are named at the creation, and looked for at the start
      CHECK(bench.fails(StartContainer{{made->container_id, kName}}).kind == ErrorKind::transient);
      CHECK(bench.seen(kName).state == ContainerState::created);
    } else {
      CHECK(made.error().kind == ErrorKind::transient);
      CHECK(bench.observe().containers.empty());
    }
    (void)bench.must(EnsureNetwork{bench.network("contract_absent")});
    (void)bench.must(CreateContainer{.name = kName, .service = service});
    (void)bench.must(StartContainer{{bench.seen(kName).id, kName}});
    const auto seen = bench.seen(kName);
    CHECK(seen.state == ContainerState::running);
    CHECK(seen.networks.size() == 2);
    CHECK((!made || made->container_id == seen.id));
  });
}
