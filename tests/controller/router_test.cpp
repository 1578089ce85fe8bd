#include "controller/http/router.hpp"

#include <array>
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "controller/fake_control.hpp"
#include "controller/http/api_handlers.hpp"
#include "controller/http/webhook.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

struct Api {
  explicit Api(AccessPolicy policy = {}) : router(policy) {
    add_api_routes(router, control, metrics);
    router.add(webhook.route());
  }
  Response ask(Request request) {
    if (request.path.empty()) request.path = request.target;
    if (auto refusal = router.screen(request)) return *refusal;
    Response answer{.status = 0};
    router.handle(std::move(request), [&answer](Response response) { answer = std::move(response); });
    return answer;
  }
  Response local(const std::string& method, const std::string& path, const std::string& body = "",
                 std::map<std::string, std::string> query = {}) {
    return ask({.method = method, .path = path, .query = std::move(query), .body = body, .unix_socket = true});
  }

  FakeControl control;
  Metrics metrics{"1.2.3"};
  Webhook webhook{
      {{Secret("s")}}, control, [] { return std::chrono::steady_clock::time_point(); }, [](const std::string&) {}};
  Router router;
};

boost::json::value json_body(const Response& response) { return boost::json::parse(response.body); }

}  // namespace

TEST_CASE("who may reach what: unix socket, loopback TCP, public TCP, foreign Host") {
  // Columns: unix socket; loopback TCP; loopback TCP under a foreign Host; TCP that other machines reach.
  struct Case {
    std::string method, path;
    std::array<int, 4> status;
  };
  const std::vector<Case> cases{
      {"GET", "/healthz", {200, 200, 200, 200}},
      {"GET", "/readyz", {200, 200, 200, 200}},
      {"GET", "/metrics", {200, 200, 403, 403}},
      {"GET", "/api/v1/status", {200, 200, 403, 403}},
      {"HEAD", "/api/v1/status", {200, 200, 403, 403}},
      {"GET", "/api/v1/diff", {200, 200, 403, 403}},
      {"GET", "/api/v1/history", {200, 200, 403, 403}},
      {"GET", "/api/v1/operations/op-1", {404, 404, 403, 403}},
      {"POST", "/api/v1/sync", {202, 403, 403, 403}},
      {"POST", "/api/v1/diff", {200, 403, 403, 403}},
      {"POST", "/api/webhook", {401, 401, 401, 401}},  // authenticates by itself
      {"GET", "/api/webhook", {405, 405, 405, 405}},
      {"DELETE", "/api/v1/status", {405, 405, 405, 405}},
      {"GET", "/", {404, 404, 404, 404}},
      {"GET", "/api/v1/operations/", {404, 404, 404, 404}},
      {"GET", "/api/v1/operations/a/b", {404, 404, 404, 404}},
      {"GET", "/api/v1/status/../sync", {404, 404, 404, 404}},
  };
  for (const Case& one : cases) {
    INFO(one.method << " " << one.path);
    Api api;
    Api reachable({.loopback = false});
    const auto request = [&one](const std::string& host, bool unix_socket = false) {
      return Request{.method = one.method, .path = one.path, .headers = {{"host", host}}, .unix_socket = unix_socket};
    };
    CHECK(api.ask(request("x", true)).status == one.status[0]);
    CHECK(api.ask(request("127.0.0.1:8470")).status == one.status[1]);
    CHECK(api.ask(request("rebound.example.org")).status == one.status[2]);
    CHECK(reachable.ask(request("127.0.0.1:8470")).status == one.status[3]);
  }
}

TEST_CASE("what a proxy on this machine passes on does not come from this machine") {
  Api api;
  api.control.not_ready = "cannot reach https://git.internal";
  for (const char* const sign : {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"}) {
    const std::map<std::string, std::string> headers{{"host", "127.0.0.1:8470"}, {sign, "203.0.113.7"}};
    const auto ask = [&](const std::string& method, const std::string& path) {
      return api.ask({.method = method, .path = path, .headers = headers});
    };
    INFO(sign);
    CHECK(ask("GET", "/api/v1/status").status == 403);
    CHECK(ask("GET", "/metrics").status == 403);
    CHECK(ask("GET", "/readyz").body == "not ready\n");
    CHECK(ask("GET", "/healthz").status == 200);
    CHECK(ask("POST", "/api/webhook").status == 401);
  }
}

TEST_CASE("metrics may be opened to other machines, and nothing else with them") {
  Api api({.loopback = false, .open_metrics = true});
  const std::map<std::string, std::string> headers{{"host", "ops"}};
  CHECK(api.ask({.method = "GET", .path = "/metrics", .headers = headers}).status == 200);
  CHECK(api.ask({.method = "GET", .path = "/api/v1/status", .headers = headers}).status == 403);
}

TEST_CASE("405 names the methods that the page knows") {
  Api api;
  CHECK(api.local("PUT", "/api/v1/diff").headers.at("Allow") == "GET, HEAD, POST");
  CHECK(api.local("GET", "/api/v1/sync").headers.at("Allow") == "POST");
}

TEST_CASE("errors are JSON with message and kind") {
  Api api;
  const auto error = json_body(api.local("GET", "/nowhere\xff"));
  CHECK(error.at("kind") == "missing");
  CHECK(error.at("error").as_string().find("/nowhere") != boost::json::string::npos);
}

TEST_CASE("readiness tells the reason only to this machine") {
  Api api;
  api.control.not_ready = "the first pass is not done";
  CHECK(api.local("GET", "/readyz").status == 503);
  CHECK(api.local("GET", "/readyz").body == "not ready: the first pass is not done\n");
  CHECK(api.ask({.method = "GET", .path = "/readyz", .headers = {{"host", "x"}}}).body == "not ready\n");
}

TEST_CASE("status is filtered by environment and app") {
  Api api;
  api.control.view = example_status();
  const auto count = [&api](std::map<std::string, std::string> query) {
    return json_body(api.local("GET", "/api/v1/status", "", std::move(query))).at("targets").as_array().size();
  };
  CHECK(count({}) == 2);
  CHECK(count({{"environment", "dev"}}) == 2);
  CHECK(count({{"environment", "dev"}, {"app", "frontend"}}) == 1);
  CHECK(count({{"environment", "prod"}}) == 0);
}

TEST_CASE("sync passes on what was asked and names the operation") {
  Api api;
  const Response answer = api.local("POST", "/api/v1/sync", R"({"environment":"dev","app":"api","retry":true})");
  CHECK(answer.status == 202);
  CHECK(json_body(answer).at("id") == "op-1");
  CHECK(answer.headers.at("Location") == "/api/v1/operations/op-1");
  REQUIRE(api.control.syncs.size() == 1);
  CHECK(api.control.syncs[0].filter.environment == "dev");
  CHECK(api.control.syncs[0].filter.app == "api");
  CHECK(api.control.syncs[0].retry);
  CHECK_FALSE(api.control.syncs[0].allow_removal);
  CHECK(api.local("POST", "/api/v1/sync", R"({"environment":"nowhere"})").status == 422);
}

TEST_CASE("bodies that are not what they should be are rejected and reach nothing") {
  Api api;
  const std::string deep = "{\"manifests\":" + std::string(100, '[') + std::string(100, ']') + "}";
  for (const std::string path : {"/api/v1/sync", "/api/v1/diff"}) {
    for (const std::string& body : std::vector<std::string>{
             "[]", "null", "{", "x", R"({"environment":1})", R"({"retry":"yes"})", R"({"alow_removal":true})",
             R"({"manifests":[]})", R"({"manifests":{"a":1}})", R"({"manifests":{"a":{"base64":"?"}}})",
             R"({"manifests":{"a":{}}})", R"({"revision":"main","manifests":{}})", deep}) {
      INFO(path << " " << body.substr(0, 60));
      CHECK(api.local("POST", path, body).status == 422);
    }
  }
  CHECK(api.control.syncs.empty());
  CHECK(api.control.diffs.empty());
}

TEST_CASE("diff takes a revision, or files whose bytes may be anything") {
  Api api;
  api.local("GET", "/api/v1/diff", "", {{"environment", "dev"}, {"revision", "topic"}});
  api.local("POST", "/api/v1/diff", R"({"app":"x","manifests":{"a.yaml":"a: ü\n","b":{"base64":"AP+A"}}})");
  REQUIRE(api.control.diffs.size() == 2);
  CHECK(api.control.diffs[0].revision == "topic");
  CHECK(api.control.diffs[0].filter.environment == "dev");
  CHECK_FALSE(api.control.diffs[0].manifests);
  CHECK(*api.control.diffs[1].manifests ==
        std::map<std::string, std::string>{{"a.yaml", "a: ü\n"}, {"b", std::string("\0\xff\x80", 3)}});
  api.control.diff_answer = Error{ErrorKind::missing, "no revision topic"};
  CHECK(api.local("GET", "/api/v1/diff").status == 404);
}

TEST_CASE("another revision is compared over the unix socket only, and TCP gives way to it") {
  Api api;
  Request request{.method = "GET", .path = "/api/v1/diff", .headers = {{"host", "127.0.0.1:8470"}}};
  CHECK(api.ask(request).status == 200);
  request.query = {{"revision", "topic"}};
  CHECK(api.ask(request).status == 403);
  request.unix_socket = true;
  CHECK(api.ask(request).status == 200);
  REQUIRE(api.control.diffs.size() == 2);
  CHECK(api.control.diffs[0].from_anybody);
  CHECK_FALSE(api.control.diffs[1].from_anybody);
  api.control.diff_answer = Error{ErrorKind::transient, "too many", std::chrono::milliseconds(4'001)};
  CHECK(api.ask(request).status == 503);
  CHECK(api.ask(request).headers.at("Retry-After") == "5");
}

TEST_CASE("history is asked for with its filter and a sane limit") {
  Api api;
  CHECK(
      api.local("GET", "/api/v1/history", "", {{"environment", "dev"}, {"app", "a"}, {"instance", "i"}, {"limit", "5"}})
          .status == 200);
  REQUIRE(api.control.history_asked.size() == 1);
  CHECK(api.control.history_asked[0].first == TargetId{"dev", "a", "i"});
  CHECK(api.control.history_asked[0].second == 5);
  for (const char* limit : {"0", "-1", "1001", "5x", "99999999999"}) {
    INFO(limit);
    CHECK(api.local("GET", "/api/v1/history", "", {{"limit", limit}}).status == 422);
  }
  CHECK(api.control.history_asked.size() == 1);
}

TEST_CASE("every kind of error has its HTTP status") {
  const std::vector<std::pair<ErrorKind, int>> table{{ErrorKind::transient, 503},    {ErrorKind::deadline, 504},
                                                     {ErrorKind::cancelled, 503},    {ErrorKind::missing, 404},
                                                     {ErrorKind::rejected, 422},     {ErrorKind::conflict, 409},
                                                     {ErrorKind::unauthorized, 403}, {ErrorKind::internal, 500}};
  for (const auto& [kind, status] : table) CHECK(http_status(kind) == status);
}
