#include <catch2/catch.hpp>

#include "adapters/table_engine.hpp"

// What goes to an engine that is reached in the clear, and what does not.

using namespace plimsoll;
using namespace plimsoll::adapters;
using plimsoll::test::TableEngine;
using namespace std::chrono_literals;

namespace {

const std::string kAddress = "10.0.1.10:2375";
const std::string kToken = secret_token("PASSWORD", "1");

RegistryCredentials credentials() {
  return {{"r.io", {"acme", [] { return Result<Secret>(Secret("canary-registry")); }}}};
}

/// An engine on which everything goes well.
struct Engine : TableEngine {
  std::shared_ptr<DesiredService> service = std::make_shared<DesiredService>();
  SecretTable secrets;

  Engine() {
    secrets.emplace(kToken, Secret("canary-secret"));
    service->spec.name = "api";
    service->spec.image = "r.io/a:1";
    service->digest = "v1:d";
    replies["POST /containers/create"] = reply(201, R"({"Id":"c1"})");
    replies["PUT /containers/c1/archive"] = reply(200, "");
    replies["POST /containers/c1/rename"] = reply(204, "");
    replies["POST /images/create"] = reply(200, "{\"status\":\"Digest: sha256:new\"}\n");
    replies["GET /distribution/"] = reply(200, R"({"Descriptor":{"digest":"sha256:new"}})");
  }
  void add_file(const std::string& content) {
    Mount mount{.type = Mount::Type::repository, .target = "/etc/a.conf", .digest = "d"};
    mount.files.push_back({.path = "", .content = std::make_shared<const std::string>(content)});
    service->spec.mounts.push_back(std::move(mount));
  }
  Result<ports::Applied> apply(const Action& action, std::set<std::string> listed = {}) {
    auto docker = plain_engine(kAddress, std::move(listed), credentials());
    return docker.apply(action, {{"dev", "web", "far"}, &secrets, {}}, ports::within(5s));
  }
  Result<ports::Applied> create(std::set<std::string> listed = {}) {
    return apply(CreateContainer{.name = "dev-web-api-1", .service = service}, std::move(listed));
  }
  bool was_sent(const std::string& text) {
    const auto sent = requests();
    return std::any_of(sent.begin(), sent.end(), [&](const auto& one) { return one.find(text) != std::string::npos; });
  }
};

}  // namespace

TEST_CASE("a container with secrets is not made on an engine in the clear, wherever the secret stands") {
  Engine engine;
  SECTION("environment") { engine.service->spec.environment["P"] = "x" + kToken; }
  SECTION("command") { engine.service->spec.command = {"sh", "-c", "echo " + kToken}; }
  SECTION("entrypoint") { engine.service->spec.entrypoint = {kToken}; }
  SECTION("health check") { engine.service->spec.healthcheck = HealthCheck{.test = {{"CMD", kToken}}}; }
  SECTION("a file") { engine.add_file("token=" + kToken); }
  const auto refused = engine.create();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::rejected);
  CHECK(refused.error().message ==
        "create container dev-web-api-1 on instance far: it needs secrets, which are not sent, since the way to the "
        "engine at tcp://10.0.1.10:2375 is not protected; give its instance tls in instances.yaml, or list "
        "10.0.1.10:2375 under plain_engines in controller.yaml");
  CHECK(engine.asked().empty());
  CHECK(engine.create({kAddress}).ok());
  CHECK(engine.was_sent("canary-secret"));
}

TEST_CASE("a container without secrets is made on an engine in the clear, although its app has some") {
  Engine engine;
  engine.service->spec.environment["P"] = "plain";
  engine.add_file("plain");
  CHECK(engine.create().ok());
}

TEST_CASE("a reload sends no secret to an engine in the clear") {
  Engine engine;
  engine.add_file("token=" + kToken);
  engine.service->reload = Reload{.signal = "SIGHUP"};
  engine.replies["POST /containers/c1/kill"] = TableEngine::reply(204, "");
  const ReloadFiles reload{.container = {"c1", "web"}, .service = engine.service, .targets = {"/etc/a.conf"}};
  const auto refused = engine.apply(reload);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::rejected);
  CHECK_THAT(refused.error().message, Catch::StartsWith("reload container web (c1) on instance far: it needs secrets"));
  CHECK(engine.asked().empty());
}

TEST_CASE("registry credentials do not go to an engine in the clear, and public images are pulled all the same") {
  Engine engine;
  const EnsureImage image{.service = "api", .reference = "r.io/a:1"};
  CHECK(engine.apply(image).ok());
  CHECK(engine.plain_engine(kAddress, {}, credentials()).resolve_digest("r.io/a:1", ports::within(5s)).ok());
  CHECK_FALSE(engine.was_sent("X-Registry-Auth"));
  CHECK(engine.apply(image, {"10.0.1.10:2376"}).ok());
  CHECK_FALSE(engine.was_sent("X-Registry-Auth"));
  CHECK(engine.apply(image, {kAddress}).ok());
  CHECK(engine.was_sent("X-Registry-Auth"));
}

TEST_CASE("a registry that wants the credentials that were not sent is reported with the reason") {
  Engine engine;
  const EnsureImage image{.service = "api", .reference = "r.io/a:1"};
  const std::string why = "those of r.io were not sent, since the way to the engine at tcp://10.0.1.10:2375 is not";
  engine.replies["GET /distribution/"] = TableEngine::says(401, "unauthorized: authentication required");
  auto docker = engine.plain_engine(kAddress, {}, credentials());
  CHECK_THAT(docker.resolve_digest("r.io/a:1", ports::within(5s)).error().message, Catch::Contains(why));
  CHECK_THAT(docker.resolve_digest("q.io/a:1", ports::within(5s)).error().message, !Catch::Contains("were not sent"));
  for (const auto& reply : {TableEngine::says(500, "denied: requested access to the resource is denied"),
                            TableEngine::reply(200, "{\"error\":\"no basic auth credentials\"}\n")}) {
    engine.replies["POST /images/create"] = reply;
    const auto refused = engine.apply(image);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::unauthorized);
    CHECK_THAT(refused.error().message, Catch::Contains(why));
    CHECK_THAT(engine.apply(image, {kAddress}).error().message, !Catch::Contains("were not sent"));
  }
}
