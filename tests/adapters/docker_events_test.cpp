#include "adapters/docker/docker_events.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "adapters/http_test_server.hpp"

using namespace plimsoll;
using namespace plimsoll::adapters;
using plimsoll::test::HttpTestServer;
using namespace std::chrono_literals;
using Kind = ports::EngineEvent::Kind;

namespace {

/// Collects events; the test waits for what it expects.
class Ears {
 public:
  void hear(const ports::EngineEvent& event) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(event);
    changed_.notify_all();
  }
  /// The `count`th event of that kind from that instance, or the test fails.
  ports::EngineEvent wait_for(const std::string& instance, Kind kind, int count = 1) {
    std::unique_lock lock(mutex_);
    ports::EngineEvent found;
    const bool came = changed_.wait_for(lock, 20s, [&] {
      int seen = 0;
      for (const auto& event : heard_)
        if (event.instance == instance && event.kind == kind && ++seen == count) {
          found = event;
          return true;
        }
      return false;
    });
    REQUIRE(came);
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ports::EngineEvent> heard_;
};

WatchedEngine watched(const std::string& instance, const std::string& socket) {
  return {instance, *parse_engine_endpoint("unix://" + socket)};
}

const std::string kPing = "HTTP/1.1 200 OK\r\nApi-Version: 1.43\r\nContent-Length: 2\r\n\r\nOK";
const std::string kEvent = R"({"Type":"container","Action":"die","Actor":{"ID":"c1","Attributes":{}}})"
                           "\n";

}  // namespace

TEST_CASE("a stream that ends is told with its reason, and opened again; others are not held up by an absent one") {
  HttpTestServer server([](const std::string& request) {
    if (request.find("/_ping") != std::string::npos) return kPing;
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + kEvent;
  });
  Ears ears;
  DockerEvents events("acme", {watched("absent", "/nowhere/docker.sock"), watched("here", server.path())});
  events.start([&ears](const auto& event) { ears.hear(event); });
  ears.wait_for("here", Kind::connected);
  CHECK(ears.wait_for("here", Kind::container).container_id == "c1");
  CHECK_THAT(ears.wait_for("here", Kind::disconnected).detail, Catch::Contains("closed it"));
  CHECK_THAT(ears.wait_for("absent", Kind::disconnected).detail, Catch::Contains("no such file"));
  ears.wait_for("here", Kind::connected, 2);
  events.stop();
  for (const auto& request : server.requests())
    if (request.find("/events") != std::string::npos) CHECK_THAT(request, Catch::StartsWith("GET /v1.43/events?"));
}

TEST_CASE("instances can be added and taken away while streams are open") {
  const auto serve = [](const std::string& request) {
    return request.find("/_ping") != std::string::npos ? kPing : "HTTP/1.1 200 OK\r\n\r\n" + kEvent;
  };
  HttpTestServer first(serve), second(serve);
  Ears ears;
  DockerEvents events("acme");
  events.start([&ears](const auto& event) { ears.hear(event); });
  events.watch({watched("first", first.path())});
  ears.wait_for("first", Kind::container);
  events.watch({watched("second", second.path()), watched("first", first.path())});
  ears.wait_for("second", Kind::container);
  events.watch({watched("second", second.path())});
  events.stop();
  CHECK(first.connections() == 1);
}

TEST_CASE("an engine that refuses the stream is told with what it says") {
  HttpTestServer server([](const std::string& request) {
    return request.find("/_ping") != std::string::npos ? kPing
                                                       : HttpTestServer::ok(R"({"message":"not you"})", "403 No");
  });
  Ears ears;
  DockerEvents events("acme", {watched("here", server.path())});
  events.start([&ears](const auto& event) { ears.hear(event); });
  CHECK_THAT(ears.wait_for("here", Kind::disconnected).detail, Catch::Contains("not you"));
}
