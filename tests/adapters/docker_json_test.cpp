#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "adapters/docker/create_body.hpp"
#include "adapters/docker/docker_labels.hpp"
#include "adapters/docker/inspect_cache.hpp"
#include "adapters/docker/observed_json.hpp"

using namespace plimsoll;
using namespace plimsoll::adapters;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

struct Creation {
  std::shared_ptr<DesiredService> service = std::make_shared<DesiredService>();
  CreateContainer create{.name = "dev-web-api-1", .image_digest = "sha256:aa", .revision = "main@sha1:1"};
  SecretTable secrets;
  ApiVersion version{1, 44};

  Creation() {
    service->spec.name = "api";
    service->spec.image = "ghcr.io/acme/api:1";
    service->digest = "v1:d";
    service->canonical = {{"image", "ghcr.io/acme/api:1"}};
    create.service = service;
  }
  json::object body() const {
    return create_body(
        {create, {"dev", "web", "i"}, "acme", version, &secrets, {{"db", "c0ffee"}}, tag_beside_digest, image});
  }
  bool tag_beside_digest = true;
  ImageConfig image;
  json::object host() const { return body().at("HostConfig").as_object(); }
};

json::object parsed(const std::string& text) { return json::parse(text).as_object(); }

}  // namespace

TEST_CASE("the image is created from its digest when there is one") {
  Creation creation;
  CHECK(creation.body().at("Image") == "ghcr.io/acme/api:1@sha256:aa");
  creation.tag_beside_digest = false;
  CHECK(creation.body().at("Image") == "ghcr.io/acme/api@sha256:aa");
  creation.create.image_digest.clear();
  CHECK(creation.body().at("Image") == "ghcr.io/acme/api:1");
}

TEST_CASE("absent command and entrypoint inherit, empty ones clear") {
  Creation creation;
  CHECK_FALSE(creation.body().contains("Cmd"));
  CHECK_FALSE(creation.body().contains("Entrypoint"));
  creation.service->spec.command.emplace();
  creation.service->spec.entrypoint = {"/x", "y"};
  CHECK(creation.body().at("Cmd") == json::array());
  CHECK(creation.body().at("Entrypoint") == json::array{"/x", "y"});
}

TEST_CASE("ours win over the user's labels, and the record keeps tokens where the container gets values") {
  Creation creation;
  const std::string token = secret_token("PW", "0a");
  creation.secrets.emplace(token, Secret("canary"));
  creation.service->spec.labels = {{"io.plimsoll.controller", "evil"},
                                   {"io.plimsoll.other", "x"},
                                   {"a", token},
                                   {"com.docker.compose.project", "evil"},
                                   {"com.docker.compose.config-hash", "x"}};
  creation.service->spec.environment = {{"PW", token}, {"UNSET", std::nullopt}, {"E", ""}};
  creation.service->spec.command = {"run", "--pw=" + token};
  creation.service->spec.healthcheck = HealthCheck{.test = std::vector<std::string>{"CMD", token}};
  creation.service->canonical = {{"environment.PW", token}};
  const auto body = creation.body();
  const auto& labels = body.at("Labels").as_object();
  CHECK(labels.at("io.plimsoll.controller") == "acme");
  CHECK_FALSE(labels.contains("io.plimsoll.other"));
  CHECK_FALSE(labels.contains("com.docker.compose.config-hash"));
  CHECK(labels.at("com.docker.compose.project") == "dev-web");
  CHECK(labels.at("com.docker.compose.service") == "api");
  CHECK(labels.at("com.docker.compose.container-number") == "1");
  CHECK(labels.at("com.docker.compose.oneoff") == "False");
  CHECK(labels.at("a") == "canary");
  CHECK(parse_applied(labels.at("io.plimsoll.applied").as_string()).at("environment.PW") == token);
  CHECK(body.at("Env") == json::array{"E=", "PW=canary", "UNSET"});
  CHECK(body.at("Cmd") == json::array{"run", "--pw=canary"});
  CHECK(body.at("Healthcheck").at("Test") == json::array{"CMD", "canary"});
}

TEST_CASE("a token that the target's secrets do not hold stays a token") {
  Creation creation;
  creation.service->spec.environment = {{"PW", secret_token("OTHER", "0a")}};
  CHECK(creation.body().at("Env") == json::array{"PW=" + secret_token("OTHER", "0a")});
}

TEST_CASE("a service that is reloaded by a signal is stopped by one that has a name") {
  struct Row {
    Reload reload;
    std::string of_spec, of_image, sent;
  };
  const std::vector<Row> rows{
      {{.signal = "SIGHUP"}, "", "", "SIGTERM"},
      {{.signal = "SIGHUP"}, "", "SIGQUIT", ""},
      {{.signal = "SIGHUP"}, "SIGINT", "", "SIGINT"},
      {{.signal = "SIGHUP"}, "SIGINT", "SIGQUIT", "SIGINT"},
      {{.command = {"nginx", "-s", "reload"}}, "", "", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.of_spec, row.of_image);
    Creation creation;
    creation.service->reload = row.reload;
    creation.service->spec.stop_signal = row.of_spec;
    creation.image.stop_signal = row.of_image;
    const auto body = creation.body();
    CHECK((body.contains("StopSignal") ? body.at("StopSignal").as_string() : "") == row.sent);
  }
  CHECK_FALSE(Creation().body().contains("StopSignal"));
}

TEST_CASE("durations go out in the engine's units, and keys only to versions that know them") {
  Creation creation;
  creation.service->spec.stop_grace_period = 1500ms;
  creation.service->spec.healthcheck = HealthCheck{.interval = 2s, .start_interval = 1s, .retries = 4};
  creation.service->spec.annotations = {{"k", "v"}};
  CHECK(creation.body().at("StopTimeout") == 2);
  CHECK(creation.body().at("Healthcheck") ==
        json::object{{"Interval", 2'000'000'000}, {"StartInterval", 1'000'000'000}, {"Retries", 4}});
  CHECK(creation.host().at("Annotations") == json::object{{"k", "v"}});
  creation.version = {1, 41};
  CHECK_FALSE(creation.body().at("Healthcheck").as_object().contains("StartInterval"));
  CHECK_FALSE(creation.host().contains("Annotations"));
}

TEST_CASE("all networks go into the request from 1.44 on, the first one only before") {
  Creation creation;
  creation.service->spec.networks = {
      {.network = "b", .aliases = {"x"}, .ipv4_address = "10.0.0.5", .mac_address = "02:00:00:00:00:01"},
      {.network = "a"}};
  auto endpoints = creation.body().at("NetworkingConfig").at("EndpointsConfig").as_object();
  CHECK(endpoints.size() == 2);
  CHECK(endpoints.at("b") ==
        parsed(R"({"Aliases":["api","x"],"IPAMConfig":{"IPv4Address":"10.0.0.5"},"MacAddress":"02:00:00:00:00:01"})"));
  CHECK(creation.host().at("NetworkMode") == "b");
  creation.version = {1, 41};
  creation.create.service_alias = false;
  endpoints = creation.body().at("NetworkingConfig").at("EndpointsConfig").as_object();
  CHECK(endpoints.size() == 1);
  CHECK(endpoints.at("b").at("Aliases") == json::array{"x"});
  CHECK(creation.body().at("MacAddress") == "02:00:00:00:00:01");
}

TEST_CASE("service: modes become the container of that service") {
  Creation creation;
  creation.service->spec.network_mode = "service:db";
  creation.service->spec.pid = "service:db";
  creation.service->spec.ipc = "host";
  CHECK(creation.host().at("NetworkMode") == "container:c0ffee");
  CHECK(creation.host().at("PidMode") == "container:c0ffee");
  CHECK(creation.host().at("IpcMode") == "host");
}

TEST_CASE("ports are exposed and bound") {
  Creation creation;
  creation.service->spec.ports = {{.host_ip = "127.0.0.1", .published = "8080", .target = 80},
                                  {.published = "9000-9010", .target = 80},
                                  {.target = 53, .protocol = "udp"},
                                  {.target = 81, .publish = false}};
  CHECK(creation.body().at("ExposedPorts") == parsed(R"({"80/tcp":{},"53/udp":{},"81/tcp":{}})"));
  CHECK(creation.host().at("PortBindings") ==
        parsed(R"({"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"},{"HostIp":"","HostPort":"9000-9010"}],
                   "53/udp":[{"HostIp":"","HostPort":""}]})"));
}

TEST_CASE("each kind of mount takes the form that keeps its meaning on every engine version") {
  Creation creation;
  creation.service->spec.mounts = {
      {.type = Mount::Type::bind,
       .source = "/a",
       .target = "/b",
       .read_only = true,
       .propagation = "rslave",
       .selinux = "z"},
      {.type = Mount::Type::bind, .source = "/must", .target = "/exist", .create_host_path = false},
      {.type = Mount::Type::volume, .source = "v", .target = "/v", .no_copy = true},
      {.type = Mount::Type::tmpfs, .target = "/t", .tmpfs_size = 10, .tmpfs_mode = 01777},
      {.type = Mount::Type::repository, .target = "/etc/one", .files = {{.path = ""}}, .digest = "f1"},
      {.type = Mount::Type::repository, .target = "/etc/dir", .files = {{.path = "x"}}, .digest = "f2"}};
  const auto host = creation.host();
  CHECK(host.at("Binds") == json::array{"/a:/b:ro,z,rslave"});
  const auto& mounts = host.at("Mounts").as_array();
  REQUIRE(mounts.size() == 4);
  CHECK(mounts[0] == parsed(R"({"Type":"bind","Source":"/must","Target":"/exist","ReadOnly":false,"BindOptions":{}})"));
  CHECK(mounts[1] ==
        parsed(R"({"Type":"volume","Source":"v","Target":"/v","ReadOnly":false,"VolumeOptions":{"NoCopy":true}})"));
  CHECK(mounts[2] ==
        parsed(R"({"Type":"tmpfs","Target":"/t","ReadOnly":false,"TmpfsOptions":{"SizeBytes":10,"Mode":1023}})"));
  CHECK(mounts[3].at("Target") == "/etc/dir");
  const std::string volume(mounts[3].at("Source").as_string());
  CHECK_THAT(volume, Catch::StartsWith(std::string(kFilesVolumePrefix)));
  creation.create.attempt = 2;
  CHECK(creation.host().at("Mounts").as_array()[3].at("Source") != json::string(volume));
}

TEST_CASE("systempaths=unconfined unmasks, and other security options pass") {
  Creation creation;
  creation.service->spec.security_opt = {"systempaths=unconfined", "no-new-privileges:true"};
  CHECK(creation.host().at("MaskedPaths") == json::array());
  CHECK(creation.host().at("ReadonlyPaths") == json::array());
  CHECK(creation.host().at("SecurityOpt") == json::array{"no-new-privileges:true"});
}

TEST_CASE("an update sends what differs and keeps swap at or above memory") {
  Resources live{.memory = 100, .nano_cpus = 5};
  CHECK(update_body({.resources = live}, live).empty());
  CHECK(update_body({.restart = RestartPolicy{"no", 0}}, live) ==
        parsed(R"({"RestartPolicy":{"Name":"no","MaximumRetryCount":0}})"));
  CHECK(update_body({.resources = Resources{.memory = 200, .nano_cpus = 5}}, live) ==
        parsed(R"({"Memory":200,"MemorySwap":400})"));
  CHECK(update_body({.resources = Resources{.memory = 200, .memory_swap = -1}}, live) ==
        parsed(R"({"Memory":200,"MemorySwap":-1})"));
}

TEST_CASE("engine times are read with any offset and fraction") {
  const Instant instant = *parse_engine_time("2026-11-23T02:04:18.250999Z");
  CHECK(to_rfc3339(instant) == "2026-11-23T02:04:18Z");
  CHECK(instant.time_since_epoch().count() % 1000 == 250);
  CHECK(parse_engine_time("2026-11-23T11:04:18.25+09:00") == instant);
  CHECK_FALSE(parse_engine_time("0001-01-01T00:00:00Z").has_value());
  CHECK_FALSE(parse_engine_time("").has_value());
  CHECK_FALSE(parse_engine_time("2026-13-41T00:00:00Z").has_value());
}

TEST_CASE("an inspected container is read whole, and an empty object does no harm") {
  const auto seen = observed_container(parsed(R"({
    "Id":"0123456789abcdef","Name":"/dev-web-api-1","Created":"2026-01-01T00:00:00Z","RestartCount":2,
    "State":{"Status":"running","ExitCode":137,"OOMKilled":true,"StartedAt":"2026-01-01T00:00:01Z","FinishedAt":"0001-01-01T00:00:00Z",
             "Health":{"Status":"starting","Log":[{"Output":"old"},{"Output":"new\nline\n"}]}},
    "Config":{"Image":"ghcr.io/acme/api@sha256:aa","Labels":{"io.plimsoll.environment":"dev","io.plimsoll.app":"web","io.plimsoll.service":"api",
      "io.plimsoll.replica":"3","io.plimsoll.attempt":"2","io.plimsoll.spec":"v1:d","io.plimsoll.applied":"{\"a\":\"b\"}","io.plimsoll.image":"ghcr.io/acme/api:1"}},
    "HostConfig":{"NetworkMode":"n1","RestartPolicy":{"Name":"","MaximumRetryCount":0},"Memory":1024,"MemorySwap":2048,"PidsLimit":null,"NanoCpus":-1},
    "NetworkSettings":{"Networks":{"n1":{"Aliases":["b","a","0123456789ab","a"]},"bridge":{"Aliases":null}}}})"));
  CHECK(seen.name == "dev-web-api-1");
  CHECK(seen.replica == 3);
  CHECK(seen.attempt == 2);
  CHECK(seen.image == "ghcr.io/acme/api:1");
  CHECK(seen.applied == Fields{{"a", "b"}});
  CHECK(seen.health == HealthState::starting);
  CHECK(seen.detail == "new\nline\n");
  CHECK(seen.oom_killed);
  CHECK(seen.exit_code == 137);
  CHECK(seen.restart == RestartPolicy{"no", 0});
  CHECK(seen.resources == Resources{.memory = 1024});
  CHECK(seen.networks == std::map<std::string, std::vector<std::string>>{{"n1", {"a", "b"}}, {"bridge", {}}});
  CHECK_FALSE(seen.finished_at.has_value());
  CHECK(observed_container({}).id.empty());
  CHECK(observed_container(parsed(R"({"State":7,"Config":[],"NetworkSettings":{"Networks":null}})")).applied.empty());
}

TEST_CASE("whose namespace a container shares is told by its id") {
  const auto shared = [](const std::string& host) {
    return observed_container(parsed(R"({"HostConfig":{)" + host + "}}")).namespace_of;
  };
  CHECK(shared(R"("NetworkMode":"container:4162","PidMode":"","IpcMode":"private")") == "4162");
  CHECK(shared(R"("NetworkMode":"n1","PidMode":"container:17","IpcMode":"private")") == "17");
  CHECK(shared(R"("NetworkMode":"n1","PidMode":"","IpcMode":"container:18")") == "18");
  CHECK(shared(R"("NetworkMode":"host","PidMode":"host","IpcMode":"private")").empty());
}

TEST_CASE("the network that every container has by default is none of the desired state's") {
  const auto networks = [](const std::string& mode, const std::string& name) {
    return observed_container(parsed(R"({"HostConfig":{"NetworkMode":")" + mode +
                                     R"("},"NetworkSettings":{"Networks":{")" + name + R"(":{}}}})"))
        .networks.size();
  };
  CHECK(networks("default", "bridge") == 0);
  CHECK(networks("bridge", "bridge") == 0);
  CHECK(networks("host", "host") == 0);
  CHECK(networks("none", "none") == 0);
  CHECK(networks("n", "bridge") == 1);
}

namespace {

ListedContainer listed(const std::string& status, const std::string& name = "/a", const std::string& endpoint = "e1") {
  return listed_container(parsed(R"({"Id":"1","State":"running","Names":[")" + name + R"("],"Status":")" + status +
                                 R"(","NetworkSettings":{"Networks":{"n":{"EndpointID":")" + endpoint + R"("}}}})"));
}

}  // namespace

TEST_CASE("a list entry's signature forgets time and keeps facts") {
  CHECK(listed("Up 5 minutes (healthy)").signature == listed("Up 2 hours (healthy)").signature);
  CHECK(listed("Up 5 minutes (healthy)").signature != listed("Up 5 minutes (unhealthy)").signature);
  CHECK(listed("Exited (0) 1 hour ago").signature != listed("Exited (1) 1 hour ago").signature);
  CHECK(listed("Up 1 hour").signature != listed("Up 1 hour", "/b").signature);
  CHECK(listed("Up 1 hour").signature != listed("Up 1 hour", "/a", "e2").signature);
  CHECK(listed("Up 5 seconds").uptime == Uptime::seconds);
  CHECK(listed("Up Less than a second").uptime == Uptime::seconds);
  CHECK(listed("Up About a minute").uptime == Uptime::about_a_minute);
  CHECK(listed("Up 2 minutes").uptime == Uptime::longer);
}

TEST_CASE("an inspection is repeated for what is new, changed, marked, young or waiting for its health, and else not") {
  InspectCache cache;
  int calls = 0;
  const Instant now{1'000'000s};
  ObservedContainer container{.id = "1", .name = "a", .state = ContainerState::running, .started_at = now - 1h};
  const auto look = [&](const ListedContainer& one, bool podman = false) {
    calls = 0;
    const auto seen =
        cache.look({one}, now, true, podman, [&](const std::string&) -> Result<std::optional<ObservedContainer>> {
          ++calls;
          return std::optional(container);
        });
    REQUIRE(seen.ok());
    CHECK(seen->size() == 1);
    return calls;
  };
  CHECK(look(listed("Up 1 hour")) == 1);
  CHECK(look(listed("Up 2 hours")) == 0);
  CHECK(look(listed("Up 2 hours", "/renamed")) == 1);
  CHECK(look(listed("Up 5 seconds", "/renamed")) == 1);
  CHECK(look(listed("Up 2 hours", "/renamed")) == 0);
  cache.invalidate("1");
  CHECK(look(listed("Up 2 hours", "/renamed")) == 1);
  cache.invalidate("a");
  CHECK(look(listed("Up 2 hours", "/renamed")) == 1);
  cache.invalidate("other");
  CHECK(look(listed("Up 2 hours", "/renamed")) == 0);
  cache.invalidate_all();
  container.health = HealthState::starting;
  CHECK(look(listed("Up 2 hours", "/renamed")) == 1);
  container.health = HealthState::healthy;
  CHECK(look(listed("Up 2 hours", "/renamed")) == 1);
  CHECK(look(listed("Up 2 hours", "/renamed")) == 0);
  CHECK(look(listed("Up 2 hours", "/renamed"), true) == 1);
}

TEST_CASE(
    "a container is inspected until it has been up for a minute, and when it has been up for less than is known") {
  InspectCache cache;
  const Instant start{1'000'000s};
  const auto looks = [&](const std::string& status, std::chrono::seconds age) {
    int calls = 0;
    const auto seen = cache.look(
        {listed(status)}, start + age, true, false,
        [&](const std::string&) -> Result<std::optional<ObservedContainer>> {
          ++calls;
          return std::optional(ObservedContainer{.id = "1", .state = ContainerState::running, .started_at = start});
        });
    REQUIRE(seen.ok());
    return calls;
  };
  CHECK(looks("Up 30 seconds", 30s) == 1);
  CHECK(looks("Up 59 seconds", 59s) == 1);
  CHECK(looks("Up About a minute", 61s) == 1);  // restarted at 0:31, it would be told in the same words at 1:31
  CHECK(looks("Up About a minute", 62s) == 0);
  CHECK(looks("Up About a minute", 119s) == 0);
  CHECK(looks("Up 2 minutes", 120s) == 0);
  CHECK(looks("Up About a minute", 150s) == 1);  // restarted at 1:15
  CHECK(looks("Up 5 seconds", 100s) == 1);
}

TEST_CASE("what vanished between list and inspect is left out, and a failing inspect fails the look") {
  InspectCache cache;
  const auto gone = cache.look({listed("Up 1 hour")}, Instant{}, true, false,
                               [](const std::string&) -> Result<std::optional<ObservedContainer>> {
                                 return std::optional<ObservedContainer>();
                               });
  REQUIRE(gone.ok());
  CHECK(gone->empty());
  const auto failed = cache.look({listed("Up 1 hour")}, Instant{}, true, false,
                                 [](const std::string&) -> Result<std::optional<ObservedContainer>> {
                                   return Error{ErrorKind::transient, "x"};
                                 });
  CHECK_FALSE(failed.ok());
}

TEST_CASE("an event that comes while a container is inspected is not lost") {
  InspectCache cache;
  int calls = 0;
  const auto look = [&](bool event_meanwhile) {
    return cache.look({listed("Up 1 hour")}, Instant{1'000'000s}, true, false,
                      [&](const std::string&) -> Result<std::optional<ObservedContainer>> {
                        ++calls;
                        if (event_meanwhile) cache.invalidate("1");
                        return std::optional(ObservedContainer{.id = "1", .state = ContainerState::exited});
                      });
  };
  REQUIRE(look(true).ok());
  REQUIRE(look(false).ok());
  CHECK(calls == 2);
  REQUIRE(look(false).ok());
  CHECK(calls == 2);
}
