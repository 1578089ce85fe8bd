#include <catch2/catch.hpp>

#include "adapters/table_engine.hpp"

// The calls of a creation, in their order, and what is refused before any of them.

using namespace plimsoll;
using namespace plimsoll::adapters;
using plimsoll::test::TableEngine;
using namespace std::chrono_literals;

namespace {

constexpr const char* kImage = "GET /images/r.io/a:1/json";

/// An engine on which every creation goes well.
struct Engine : TableEngine {
  std::shared_ptr<DesiredService> service = std::make_shared<DesiredService>();

  Engine() {
    service->spec.name = "api";
    service->spec.image = "r.io/a:1";
    service->digest = "v1:d";
    replies[kImage] = reply(200, R"({"Id":"sha256:1","Config":{"StopSignal":"SIGQUIT","Volumes":{"/data":{}}}})");
    replies["POST /containers/create"] = reply(201, R"({"Id":"c1"})");
    replies["PUT /containers/c1/archive"] = reply(200, "");
    replies["POST /containers/c1/rename"] = reply(204, "");
    replies["DELETE /"] = reply(204, "");
  }
  void add_file(std::string target) {
    Mount mount{.type = Mount::Type::repository, .target = std::move(target), .digest = "d"};
    mount.files.push_back({.path = "", .content = std::make_shared<const std::string>("x")});
    service->spec.mounts.push_back(std::move(mount));
  }
  Result<ports::Applied> create() {
    auto docker = engine();
    return docker.apply(CreateContainer{.name = "dev-web-api-1", .service = service}, {{"dev", "web", "i"}},
                        ports::within(5s));
  }
  long count(const std::string& beginning) {
    const auto lines = asked();
    return std::count_if(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(beginning); });
  }
};

}  // namespace

TEST_CASE("an image is looked at only for what the creation depends on") {
  Engine engine;
  engine.add_file("/etc/a.conf");
  CHECK(engine.create().ok());
  engine.service->reload = Reload{.command = {"nginx", "-s", "reload"}};
  CHECK(engine.create().ok());
  engine.service->reload = Reload{.signal = "SIGHUP"};
  engine.service->spec.stop_signal = "SIGINT";
  CHECK(engine.create().ok());
  CHECK(engine.count(kImage) == 0);
  engine.service->spec.stop_signal.clear();
  CHECK(engine.create().ok());
  CHECK(engine.count(kImage) == 1);
}

TEST_CASE("the signal that stops the image is refused for reloading") {
  Engine engine;
  engine.add_file("/etc/a.conf");
  engine.service->reload = Reload{.signal = "SIGQUIT"};
  const auto refused = engine.create();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::rejected);
  CHECK_THAT(refused.error().message,
             Catch::StartsWith("create container dev-web-api-1: x-plimsoll.reload is SIGQUIT"));
  CHECK(engine.count("POST /containers/create") == 0);
}

TEST_CASE("an image that cannot be looked at fails the creation, and one that is not there is told as such") {
  Engine engine;
  engine.add_file("/etc/a.conf");
  engine.service->reload = Reload{.signal = "SIGHUP"};
  engine.replies[kImage] = TableEngine::says(500, "disk on fire");
  CHECK_THAT(engine.create().error().message, Catch::Contains("disk on fire"));
  engine.replies[kImage] = TableEngine::says(404, "No such image");
  engine.replies["POST /containers/create"] = TableEngine::says(404, "No such image: r.io/a:1");
  CHECK(engine.create().error().kind == ErrorKind::missing);
}
