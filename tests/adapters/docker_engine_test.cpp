#include "adapters/docker/docker_engine.hpp"

#include <catch2/catch.hpp>

#include "adapters/table_engine.hpp"

using namespace plimsoll;
using namespace plimsoll::adapters;
using plimsoll::test::HttpTestServer;
using plimsoll::test::TableEngine;
using namespace std::chrono_literals;

namespace {

const std::string kLocal =
    R"({"Id":"sha256:1","RepoDigests":["r.io/a@sha256:old"],"Os":"linux","Architecture":"amd64"})";
const std::string kPulled = R"({"status":"Digest: sha256:new"})"
                            "\n";

Result<std::string> ensure(DockerEngine& engine, EnsureImage wanted = {"api", "r.io/a:1"}) {
  auto applied = engine.apply(wanted, {{"dev", "web", "i"}}, ports::within(5s));
  if (!applied) return applied.error();
  return applied->image_digest;
}

}  // namespace

TEST_CASE("what was pulled is told apart from what was there") {
  TableEngine table;
  table.replies["GET /images/r.io/a:1/json"] = TableEngine::reply(200, kLocal);
  table.replies["GET /distribution/r.io/a:1/json"] =
      TableEngine::reply(200, R"({"Descriptor":{"digest":"sha256:old"}})");
  table.replies["POST /images/create?fromImage=r.io%2Fb&tag=1"] = TableEngine::reply(200, kPulled);
  auto engine = table.engine();
  const auto pulled = [&](const std::string& reference) {
    return engine.apply(EnsureImage{"api", reference}, {{"dev", "web", "i"}}, ports::within(5s))->pulled;
  };
  CHECK_FALSE(pulled("r.io/a:1"));
  CHECK(pulled("r.io/b:1"));
}

TEST_CASE("an image that is there with the registry's digest is not pulled") {
  TableEngine table;
  table.replies["GET /images/r.io/a:1/json"] = TableEngine::reply(200, kLocal);
  table.replies["GET /distribution/r.io/a:1/json"] =
      TableEngine::reply(200, R"({"Descriptor":{"digest":"sha256:old"}})");
  auto engine = table.engine();
  CHECK(*ensure(engine) == "sha256:old");
  CHECK(table.asked().size() == 2);
}

TEST_CASE("a tag that moved in the registry is pulled") {
  TableEngine table;
  table.replies["GET /images/r.io/a:1/json"] = TableEngine::reply(200, kLocal);
  table.replies["GET /distribution/"] = TableEngine::reply(200, R"({"Descriptor":{"digest":"sha256:new"}})");
  table.replies["POST /images/create?fromImage=r.io%2Fa&tag=1"] = TableEngine::reply(200, kPulled);
  auto engine = table.engine();
  CHECK(*ensure(engine) == "sha256:new");
}

TEST_CASE("a registry that is down, or that lost the tag, stops nothing that is there") {
  for (const auto& answer : {TableEngine::says(500, "Get https://r.io/v2/: dial tcp: connect: connection refused"),
                             TableEngine::says(404, "manifest unknown"), TableEngine::says(401, "unauthorized")}) {
    TableEngine table;
    table.replies["GET /images/r.io/a:1/json"] = TableEngine::reply(200, kLocal);
    table.replies["GET /distribution/"] = answer;
    auto engine = table.engine();
    CHECK(*ensure(engine) == "sha256:old");
  }
}

TEST_CASE("an image that no registry knows is used as it is, without digest") {
  TableEngine table;
  table.replies["GET /images/r.io/a:1/json"] = TableEngine::reply(200, R"({"Id":"sha256:1","RepoDigests":[]})");
  table.replies["GET /distribution/"] = TableEngine::says(404, "manifest unknown");
  auto engine = table.engine();
  CHECK(ensure(engine)->empty());
}

TEST_CASE("an image that is not there is pulled without asking for its digest first, and by its digest when named so") {
  TableEngine table;
  table.replies["POST /images/create?fromImage=r.io%2Fa&tag=1&platform=linux%2Farm64"] =
      TableEngine::reply(200, kPulled);
  const std::string hex(64, 'f');
  table.replies["POST /images/create?fromImage=r.io%2Fa&tag=sha256%3A" + hex] = TableEngine::reply(200, kPulled);
  auto engine = table.engine();
  CHECK(*ensure(engine, {"api", "r.io/a:1", "linux/arm64"}) == "sha256:new");
  CHECK(*ensure(engine, {"api", "r.io/a@sha256:" + hex}) == "sha256:" + hex);
  for (const auto& line : table.asked()) CHECK_THAT(line, !Catch::Contains("distribution"));
}

TEST_CASE("another platform than the one that is there is pulled") {
  TableEngine table;
  table.replies["GET /images/r.io/a:1/json"] = TableEngine::reply(200, kLocal);
  table.replies["POST /images/create?fromImage=r.io%2Fa&tag=1&platform=linux%2Farm64"] =
      TableEngine::reply(200, kPulled);
  auto engine = table.engine();
  CHECK(*ensure(engine, {"api", "r.io/a:1", "linux/arm64"}) == "sha256:new");
}

TEST_CASE("another spelling of the platform that is there is no other platform") {
  for (const auto& [wanted, architecture, variant] :
       {std::tuple{"linux/arm64/v8", "arm64", ""}, std::tuple{"linux/arm64", "arm64", "v8"},
        std::tuple{"linux/aarch64", "arm64", ""}, std::tuple{"linux/x86_64", "amd64", ""},
        std::tuple{"linux/arm", "arm", "v6"}, std::tuple{"linux/arm/v7", "arm", "v7"}}) {
    CAPTURE(wanted);
    TableEngine table;
    table.replies["GET /images/r.io/a:1/json"] =
        TableEngine::reply(200, R"({"RepoDigests":["r.io/a@sha256:old"],"Os":"linux","Architecture":")" +
                                    std::string(architecture) + R"(","Variant":")" + variant + "\"}");
    auto engine = table.engine();
    CHECK(*ensure(engine, {"api", "r.io/a:1", wanted, "missing"}) == "sha256:old");
  }
}

TEST_CASE("a host name among the aliases is no reason to attach again") {
  TableEngine table;
  table.replies["GET /containers/c1/json"] =
      TableEngine::reply(200, R"({"Id":"c1","Config":{"Hostname":"db-host"},"NetworkSettings":{"Networks":{"dev_edge":)"
                              R"({"Aliases":["c1","db","db-host"]}}}})");
  auto engine = table.engine();
  const ConnectNetwork wanted{{"c1", "dev-web-db-1"}, {"dev_edge", {"db"}}};
  CHECK(engine.apply(wanted, {{"dev", "web", "i"}}, ports::within(5s)).ok());
  for (const auto& line : table.asked()) CHECK_THAT(line, !Catch::Contains("connect"));
}

TEST_CASE("pull policies missing and never ask no registry") {
  TableEngine table;
  table.replies["GET /images/r.io/a:1/json"] = TableEngine::reply(200, kLocal);
  auto engine = table.engine();
  CHECK(*ensure(engine, {"api", "r.io/a:1", "", "missing"}) == "sha256:old");
  CHECK(*ensure(engine, {"api", "r.io/a:1", "", "never"}) == "sha256:old");
  CHECK(table.asked().size() == 2);
  CHECK(ensure(engine, {"api", "r.io/b:1", "", "never"}).error().kind == ErrorKind::missing);
}

TEST_CASE("a failure inside a pull's stream fails the pull by its kind") {
  TableEngine table;
  table.replies["POST /images/create"] =
      TableEngine::reply(200, R"({"status":"Pulling"})"
                              "\n"
                              R"({"errorDetail":{"message":"toomanyrequests: slow down"},"error":"x"})"
                              "\n");
  auto engine = table.engine();
  const auto error = ensure(engine).error();
  CHECK(error.kind == ErrorKind::transient);
  CHECK(error.retry_after.has_value());
}

TEST_CASE("a registry's credential goes to its engine calls for that registry and no other") {
  TableEngine table;
  table.replies["POST /images/create"] = TableEngine::reply(200, kPulled);
  auto engine = table.engine({{"r.io", {"acme", [] { return Result<Secret>(Secret("pw")); }}}});
  REQUIRE(ensure(engine).ok());
  CHECK_THAT(table.last_request(), Catch::Contains("X-Registry-Auth: eyJ"));
  REQUIRE(ensure(engine, {"api", "other.io/a:1"}).ok());
  CHECK_THAT(table.last_request(), !Catch::Contains("X-Registry-Auth"));
}

TEST_CASE("a steady instance costs one list call and no inspects") {
  TableEngine table;
  table.replies["GET /containers/json"] = TableEngine::reply(200, R"([
      {"Id":"c1","Names":["/dev-web-api-1"],"State":"running","Status":"Up 3 hours"}])");
  table.replies["GET /containers/c1/json"] = TableEngine::reply(200, R"({"Id":"c1","Name":"/dev-web-api-1",
      "State":{"Status":"running","StartedAt":"2020-01-01T00:00:00Z"}})");
  auto engine = table.engine();
  for (int round = 0; round < 3; ++round) {
    const auto view = engine.observe({}, ports::within(5s));
    REQUIRE(view.ok());
    REQUIRE(view->containers.size() == 1);
    CHECK(view->containers[0].id == "c1");
  }
  CHECK(table.asked().size() == 4);
  engine.invalidate("c1");
  REQUIRE(engine.observe({}, ports::within(5s)).ok());
  CHECK(table.asked().size() == 6);
  (void)engine.apply(StartContainer{{"c1", ""}}, {{"dev", "web", "i"}}, ports::within(5s));
  REQUIRE(engine.observe({}, ports::within(5s)).ok());
  CHECK(table.asked().back() == "GET /containers/c1/json");
}

TEST_CASE("a container that was never completed is seen as what nobody asked for") {
  TableEngine table;
  table.replies["GET /containers/json"] = TableEngine::reply(200, R"([
      {"Id":"c2","Names":["/dev-web-db-1.making"],"State":"created","Status":"Created"}])");
  table.replies["GET /containers/c2/json"] = TableEngine::reply(200, R"({"Id":"c2","Name":"/dev-web-db-1.making",
      "State":{"Status":"created"},"Config":{"Labels":{"io.plimsoll.spec":"v1:ab","io.plimsoll.service":"db"}}})");
  auto engine = table.engine();
  const auto view = engine.observe({}, ports::within(5s));
  REQUIRE(view.ok());
  REQUIRE(view->containers.size() == 1);
  CHECK(view->containers[0].service == "db");
  CHECK(view->containers[0].spec_digest.empty());
  CHECK(view->containers[0].applied.empty());
}

TEST_CASE("an observation is whole or fails") {
  TableEngine table;
  auto engine = table.engine();
  for (const auto& [list, inspect] :
       {std::pair{TableEngine::says(500, "x"), std::string()}, std::pair{TableEngine::reply(200, "{}"), std::string()},
        std::pair{TableEngine::reply(200, "[{"), std::string()},
        std::pair{TableEngine::reply(200, R"([{"Id":"c9","Names":["/a"]}])"), TableEngine::says(500, "x")}}) {
    table.replies["GET /containers/json"] = list;
    table.replies["GET /containers/c9/json"] = inspect;
    const auto view = engine.observe({}, ports::within(5s));
    REQUIRE_FALSE(view.ok());
    CHECK(view.error().kind == ErrorKind::transient);
  }
}

TEST_CASE("an engine that was exchanged for one of another version is asked again in its version") {
  TableEngine table;
  table.replies["GET /containers/json"] = TableEngine::reply(200, "[]");
  auto engine = table.engine();
  REQUIRE(engine.observe({}, ports::within(5s)).ok());
  CHECK_THAT(table.last_request(), Catch::StartsWith("GET /v1.41/"));
  table.replies["GET /containers/json"] =
      TableEngine::says(400, "client version 1.41 is too old. Minimum supported API version is 1.44");
  table.replies["HEAD /_ping"] = "HTTP/1.1 200 OK\r\nApi-Version: 1.52\r\n\r\n";
  CHECK_FALSE(engine.observe({}, ports::within(5s)).ok());
  CHECK_THAT(table.last_request(), Catch::StartsWith("GET /v1.47/"));
}

TEST_CASE("an engine is asked in no version below its least, and one that has left ours behind says so") {
  TableEngine table;
  table.replies["HEAD /_ping"] = "HTTP/1.1 200 OK\r\nApi-Version: 1.52\r\nServer: Docker/29.0.0 (linux)\r\n\r\n";
  table.replies["GET /containers/json"] = TableEngine::reply(200, "[]");
  auto engine = table.engine();
  REQUIRE(engine.observe({}, ports::within(5s)).ok());
  CHECK_THAT(table.last_request(), Catch::StartsWith("GET /v1.47/"));  // its least is 1.44
  table.replies["GET /containers/json"] = TableEngine::says(
      400, "client version 1.47 is too old. Minimum supported API version is 1.50, please upgrade your client");
  const auto view = engine.observe({}, ports::within(5s));
  REQUIRE_FALSE(view.ok());
  CHECK(view.error().kind == ErrorKind::rejected);
  CHECK_THAT(view.error().message, Catch::Contains("Minimum supported API version is 1.50"));
}

TEST_CASE("removing what is not ours is refused") {
  TableEngine table;
  table.replies["GET /containers/c1/json"] =
      TableEngine::reply(200, R"({"Id":"c1","Config":{"Labels":{"io.plimsoll.controller":"other"}}})");
  auto engine = table.engine();
  const auto result = engine.apply(RemoveContainer{{"c1", "x"}, true}, {{"dev", "web", "i"}}, ports::within(5s));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().kind == ErrorKind::conflict);
  for (const auto& line : table.asked()) CHECK_THAT(line, !Catch::StartsWith("DELETE"));
}

TEST_CASE("an empty installation id owns nothing, least of all what has no label") {
  TableEngine table;
  table.replies["GET /containers/c1/json"] =
      TableEngine::reply(200, R"({"Id":"c1","Name":"/web","Config":{"Labels":{}},"State":{"Status":"running"}})");
  table.replies["GET /containers/web/json"] = table.replies["GET /containers/c1/json"];
  table.replies["DELETE /containers/c1"] = TableEngine::reply(204, "");
  table.replies["GET /networks"] = TableEngine::reply(200, R"([{"Name":"n","Labels":{}}])");
  table.replies["POST /containers/create"] = TableEngine::says(409, "Conflict. The container name is already in use");
  auto engine = table.engine({}, "");
  const CreateContainer create{.name = "web", .service = std::make_shared<DesiredService>()};
  for (const Action& action :
       {Action(RemoveContainer{{"c1", "web"}, true}), Action(EnsureNetwork{{.name = "n"}}), Action(create)}) {
    const auto result = engine.apply(action, {}, ports::within(5s));
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().kind == ErrorKind::conflict);
    CHECK_THAT(result.error().message, Catch::Contains("not ours"));
  }
  for (const auto& line : table.asked()) CHECK_THAT(line, !Catch::StartsWith("DELETE"));
}

TEST_CASE("a network that bears our name and is not ours is a conflict") {
  TableEngine table;
  table.replies["GET /networks"] = TableEngine::reply(200, R"([{"Name":"n-other"},{"Name":"n","Labels":{}}])");
  auto engine = table.engine();
  const auto result = engine.apply(EnsureNetwork{{.name = "n"}}, {{"dev", "web", "i"}}, ports::within(5s));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().kind == ErrorKind::conflict);
  CHECK(engine.apply(EnsureNetwork{{.name = "n", .external = true}}, {{"dev", "web", "i"}}, ports::within(5s)).ok());
}

TEST_CASE("a name that is about to be free is no conflict") {
  TableEngine table;
  auto engine = table.engine();
  const auto kind_with = [&](const std::string& holder) {
    const std::string taken = TableEngine::says(409, "Conflict. The container name is already in use");
    table.replies["POST /containers/c1/rename"] = table.replies["POST /containers/create"] = taken;
    table.replies["GET /containers/web/json"] = holder;
    const auto renamed = engine.apply(RenameContainer{{"c1", "web.next"}, "web"}, {}, ports::within(5s));
    DesiredService service;
    service.spec.name = "web";
    service.spec.image = "r.io/a:1";
    const CreateContainer create{.name = "web", .service = std::make_shared<DesiredService>(service)};
    const auto created = engine.apply(create, {}, ports::within(5s));
    REQUIRE_FALSE(renamed.ok());
    REQUIRE_FALSE(created.ok());
    CHECK(renamed.error().kind == created.error().kind);
    return renamed.error().kind;
  };
  CHECK(kind_with(TableEngine::reply(200, R"({"Id":"c2","State":{"Status":"running"}})")) == ErrorKind::conflict);
  CHECK(kind_with(TableEngine::reply(200, R"({"Id":"c2","State":{"Status":"removing"}})")) == ErrorKind::transient);
  CHECK(kind_with(TableEngine::says(404, "No such container: web")) == ErrorKind::transient);
}
