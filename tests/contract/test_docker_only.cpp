#include <catch2/catch.hpp>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "adapters/docker/docker_events.hpp"
#include "contract/bench.hpp"

// What only a real engine can show: files in containers, logs, secrets at the border, events.

using namespace plimsoll;
using namespace plimsoll::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kName = "contract-web-api-1";
ContainerRef named(const std::string& name) { return {"", name}; }

std::shared_ptr<DesiredService> command(Bench& bench, std::string script) {
  auto service = bench.service("idle:1");
  service->spec.command = {"/bin/sh", "-c", std::move(script)};
  service->digest = "v1:" + service->spec.command->back();
  return service;
}

Mount file_mount(std::string target, std::vector<RepositoryFile> files) {
  return {.type = Mount::Type::repository,
          .source = "./x",
          .target = std::move(target),
          .files = std::move(files),
          .digest = "abc"};
}

RepositoryFile file(std::string path, std::string content, int mode = 0644, int uid = 0) {
  return {.path = std::move(path),
          .content = std::make_shared<const std::string>(std::move(content)),
          .mode = mode,
          .uid = uid};
}

/// Runs a service to its end and returns what it printed.
std::string output_of(Bench& bench, const std::shared_ptr<DesiredService>& service) {
  const auto id = bench.create(kName, service).container_id;
  (void)bench.must(StartContainer{named(kName)});
  REQUIRE(bench.eventually(kName, [](const auto& seen) { return seen.state == ContainerState::exited; }));
  const auto log = bench.engine().logs(id, 50, bench.call());
  REQUIRE(log.ok());
  (void)bench.must(RemoveContainer{named(kName), true});
  return *log;
}

}  // namespace

TEST_CASE("a repository file is in the container with its mode and owner before it starts") {
  on_the_real_engine([](Bench& bench) {
    auto service = command(bench, "cat /etc/app/app.conf; stat -c '%a %u' /etc/app/app.conf");
    service->spec.mounts = {file_mount("/etc/app/app.conf", {file("", "hello=1\n", 0640, 65534)})};
    CHECK(output_of(bench, service) == "hello=1\n640 65534\n");
  });
}

TEST_CASE("a repository directory hides the image's own and works on a read-only root file system") {
  on_the_real_engine([](Bench& bench) {
    auto service = command(bench, "cd /www && for f in $(ls -R | grep -v :); do echo $f; done; cat sub/b.txt");
    service->spec.image = bench.image("serves:1");
    service->spec.read_only = true;
    service->spec.mounts = {file_mount("/www", {file("a.txt", "A"), file("sub/b.txt", "B\n")})};
    CHECK(output_of(bench, service) == "a.txt\nsub\nb.txt\nB\n");
  });
}

TEST_CASE("an anonymous volume is seen, and a successor finds its data") {
  on_the_real_engine([](Bench& bench) {
    const Mount anonymous{.type = Mount::Type::volume, .target = "/keep"};
    auto first = command(bench, "echo kept > /keep/file");
    first->spec.mounts = {anonymous};
    bench.create(kName, first);
    (void)bench.must(StartContainer{named(kName)});
    REQUIRE(bench.eventually(kName, [](const auto& seen) { return seen.state == ContainerState::exited; }));
    const auto volumes = bench.seen(kName).anonymous_volumes;
    REQUIRE(volumes.size() == 1);
    REQUIRE(volumes.contains("/keep"));
    auto second = command(bench, "cat /keep/file");
    second->spec.mounts = {anonymous};
    (void)bench.must(CreateContainer{.name = "contract-web-api-2", .service = second, .anonymous_volumes = volumes});
    CHECK(bench.seen("contract-web-api-2").anonymous_volumes == volumes);
    (void)bench.must(RemoveContainer{named(kName), true});
    (void)bench.must(StartContainer{named("contract-web-api-2")});
    REQUIRE(bench.eventually("contract-web-api-2",
                             [](const ObservedContainer& one) { return one.state == ContainerState::exited; }));
    CHECK(*bench.engine().logs("contract-web-api-2", 10, bench.call()) == "kept\n");
  });
}

TEST_CASE("files of a container that is gone are seen, and removed once") {
  on_the_real_engine([](Bench& bench) {
    auto service = command(bench, "true");
    service->spec.mounts = {file_mount("/www", {file("a.txt", "A"), file("b.txt", "B")})};
    bench.create(kName, service);
    CHECK(bench.observe(true).idle_files.empty());
    bench.remove_by_hand(kName);
    const auto idle = bench.observe(true).idle_files;
    REQUIRE(idle.size() == 1);
    CHECK(idle[0].environment == bench.target.environment);
    CHECK(idle[0].app == bench.target.app);
    for (int round = 0; round < 2; ++round) (void)bench.must(RemoveFiles{idle[0].name});
    CHECK(bench.observe(true).idle_files.empty());
    CHECK(bench.fails(RemoveFiles{"contract-web_data"}).kind == ErrorKind::internal);
  });
}

TEST_CASE("both streams of a log come out without frames") {
  on_the_real_engine([](Bench& bench) {
    const auto text = output_of(bench, bench.service("exits3:1"));
    CHECK_THAT(text, Catch::Contains("to stdout\n") && Catch::Contains("to stderr\n") &&
                         !Catch::Contains(std::string(1, '\0')));
    auto with_terminal = command(bench, "echo plain");
    with_terminal->spec.tty = true;
    CHECK(output_of(bench, with_terminal) == "plain\r\n");
  });
}

TEST_CASE("secrets reach the container and nothing else") {
  on_the_real_engine([](Bench& bench) {
    const std::string token = secret_token("PASSWORD", "ab12");
    bench.secrets.emplace(token, Secret("canary\"17"));
    auto service = command(bench, "echo env=$PASSWORD; cat /run/pw");
    service->spec.environment["PASSWORD"] = token;
    service->spec.mounts = {file_mount("/run/pw", {file("", "file=" + token + "\n")})};
    service->canonical = {{"environment.PASSWORD", token}};
    (void)bench.create(kName, service);
    CHECK(bench.seen(kName).applied.at("environment.PASSWORD") == token);
    (void)bench.must(RemoveContainer{named(kName), true});
    CHECK(output_of(bench, service) == "env=canary\"17\nfile=canary\"17\n");
  });
}

TEST_CASE("an engine that quotes a secret in its error has it masked") {
  on_the_real_engine([](Bench& bench) {
    const std::string token = secret_token("PASSWORD", "ab12");
    bench.secrets.emplace(token, Secret("canary-42"));
    auto service = bench.service("idle:1");
    service->spec.command = {token};
    (void)bench.create(kName, service);
    const auto error = bench.fails(StartContainer{named(kName)});
    CHECK(error.kind == ErrorKind::rejected);
    CHECK_THAT(error.message, Catch::Contains("***") && !Catch::Contains("canary"));
  });
}

TEST_CASE("a container can join the network of another service") {
  on_the_real_engine([](Bench& bench) {
    const auto api = bench.create(kName, bench.service("idle:1")).container_id;
    (void)bench.must(StartContainer{named(kName)});
    auto sidecar = bench.service("idle:1");
    sidecar->spec.name = "sidecar";
    sidecar->spec.networks.clear();
    sidecar->spec.network_mode = "service:api";
    const CreateContainer create{.name = "contract-web-sidecar-1", .service = sidecar};
    (void)bench.must(create);
    (void)bench.must(StartContainer{named(create.name)});
    CHECK(bench.seen(create.name).networks.empty());
    CHECK(bench.seen(create.name).namespace_of == api);
    CHECK(bench.seen(kName).namespace_of.empty());
    sidecar->spec.network_mode = "service:nobody";
    sidecar->digest = "v1:nobody";
    const auto error = bench.fails(CreateContainer{.name = "contract-web-sidecar-2", .service = sidecar});
    CHECK_THAT(error.message, Catch::Contains("nobody"));
  });
}

TEST_CASE("most keys of a service are taken by the engine as they are sent") {
  on_the_real_engine([](Bench& bench) {
    auto service = command(bench, "hostname; id -u; pwd; echo $A-$B; cat /proc/1/limits | grep open; ls /tmpdir");
    auto& spec = service->spec;
    spec.environment = {{"A", "1"}, {"B", std::nullopt}, {"PATH", "/bin"}};
    spec.hostname = "harbour";
    spec.user = "65534";
    spec.working_dir = "/tmp";
    spec.init = true;
    spec.stop_grace_period = 1500ms;
    spec.stop_signal = "SIGTERM";
    spec.cap_drop = {"ALL"};
    spec.cap_add = {"NET_BIND_SERVICE"};
    spec.security_opt = {"no-new-privileges:true"};
    spec.sysctls = {{"net.ipv4.ip_unprivileged_port_start", "0"}};
    spec.ulimits = {{"nofile", 512, 512}};
    spec.extra_hosts = {"other:10.9.8.7"};
    spec.dns = {"10.9.8.7"};
    spec.tmpfs = {{"/tmpdir", "size=1m"}};
    spec.shm_size = 1 << 20;
    spec.logging = {"json-file", {{"max-size", "1m"}}};
    spec.healthcheck = HealthCheck{.test = std::vector<std::string>{"CMD", "true"},
                                   .interval = 5s,
                                   .timeout = 2s,
                                   .start_period = 1s,
                                   .start_interval = 1s,
                                   .retries = 2};
    spec.mounts = {{.type = Mount::Type::volume, .source = "contract_data", .target = "/data"},
                   {.type = Mount::Type::volume, .target = "/anonymous"},
                   {.type = Mount::Type::bind, .source = "/tmp", .target = "/host", .read_only = true},
                   {.type = Mount::Type::tmpfs, .target = "/scratch", .tmpfs_size = 1 << 20}};
    spec.ports = {{.host_ip = "127.0.0.1", .published = "18098", .target = 80}, {.target = 81, .publish = false}};
    spec.resources = {.memory = 64 << 20, .memory_reservation = 32 << 20, .nano_cpus = 250'000'000, .pids_limit = 40};
    spec.oom_score_adj = 100;
    CHECK_THAT(output_of(bench, service), Catch::StartsWith("harbour\n65534\n/tmp\n1-\n") && Catch::Contains("512"));
  });
}

TEST_CASE("each network gives the MAC address of the spec, the second one since API 1.44") {
  on_the_real_engine([](Bench& bench) {
    auto service = command(bench, "cat /sys/class/net/*/address");
    service->spec.networks.front().mac_address = "02:42:ac:00:00:01";
    service->spec.networks.push_back({.network = "contract_second", .mac_address = "02:42:ac:00:00:02"});
    service->spec.annotations = {{"org.example.since", "API 1.43"}};
    const auto addresses = output_of(bench, service);
    CHECK_THAT(addresses, Catch::Contains("02:42:ac:00:00:01"));
    CHECK((addresses.find("02:42:ac:00:00:02") != std::string::npos) == (bench.api_minor() >= 44));
  });
}

TEST_CASE("checks come at their start interval since API 1.44") {
  on_the_real_engine([](Bench& bench) {
    auto service = bench.service("idle:1");
    service->spec.healthcheck = HealthCheck{.test = std::vector<std::string>{"CMD", "true"},
                                            .interval = 1h,
                                            .timeout = 5s,
                                            .start_period = 1h,
                                            .start_interval = 200ms};
    bench.create(kName, service);
    (void)bench.must(StartContainer{named(kName)});
    if (bench.api_minor() >= 44)
      CHECK(bench.eventually(kName, [](const auto& seen) { return seen.health == HealthState::healthy; }));
    else
      CHECK(bench.seen(kName).health == HealthState::starting);
  });
}

TEST_CASE("a part of a volume is mounted since API 1.45, and refused before") {
  on_the_real_engine([](Bench& bench) {
    auto writer = command(bench, "mkdir -p /data/part; echo of the part > /data/part/file");
    writer->spec.mounts = {{.type = Mount::Type::volume, .source = "contract_data", .target = "/data"}};
    CHECK(output_of(bench, writer).empty());
    auto reader = command(bench, "cat /mnt/file");
    reader->spec.mounts = {
        {.type = Mount::Type::volume, .source = "contract_data", .target = "/mnt", .subpath = "part"}};
    if (bench.api_minor() >= 45)
      CHECK(output_of(bench, reader) == "of the part\n");
    else
      CHECK(bench.fails(CreateContainer{.name = kName, .service = reader}).kind == ErrorKind::rejected);
  });
}

TEST_CASE("events ring for our containers, and a lost engine is told and found again") {
  on_the_real_engine([](Bench& bench) {
    std::mutex mutex;
    std::vector<ports::EngineEvent> heard;
    const auto count = [&](auto matches) {
      const std::lock_guard lock(mutex);
      return std::count_if(heard.begin(), heard.end(), matches);
    };
    const auto until = [](auto holds) {
      for (int round = 0; round < 500 && !holds(); ++round) std::this_thread::sleep_for(20ms);
      return holds();
    };
    const auto endpoint = adapters::parse_engine_endpoint(std::getenv("PLIMSOLL_TEST_ENGINE"));
    const auto nowhere = adapters::parse_engine_endpoint("unix:///nowhere/docker.sock");
    adapters::DockerEvents events("contract", {{"here", *endpoint}, {"nowhere", *nowhere}});
    events.start([&](const ports::EngineEvent& event) {
      const std::lock_guard lock(mutex);
      heard.push_back(event);
    });
    using Kind = ports::EngineEvent::Kind;
    CHECK(until([&] { return count([](auto& e) { return e.kind == Kind::connected && e.instance == "here"; }) == 1; }));
    CHECK(until(
        [&] { return count([](auto& e) { return e.kind == Kind::disconnected && e.instance == "nowhere"; }) == 1; }));
    bench.add_foreign("contract-foreign", 0);
    const auto id = bench.create(kName, bench.service("healthy:1")).container_id;
    (void)bench.must(StartContainer{named(kName)});
    CHECK(until([&] {
      return count([&](auto& e) {
               return e.container_id == id && e.action == "health_status: healthy" && e.environment == "contract" &&
                      e.app == "web";
             }) == 1;
    }));
    (void)bench.must(StopContainer{named(kName), 5s});
    CHECK(until([&] { return count([&](auto& e) { return e.container_id == id && e.action == "die"; }) == 1; }));
    CHECK(count([&](auto& e) { return e.kind == Kind::container && e.container_id != id; }) == 0);
    CHECK(count([](auto& e) { return e.action.starts_with("exec"); }) == 0);
    const auto begin = std::chrono::steady_clock::now();
    events.stop();
    CHECK(std::chrono::steady_clock::now() - begin < 1s);
  });
}
