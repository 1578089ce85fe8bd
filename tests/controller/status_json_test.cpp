#include "controller/http/status_json.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "controller/fake_control.hpp"
#include "controller/http/api_requests.hpp"
#include "controller/http/base64.hpp"
#include "controller/http/conditions.hpp"
#include "model/secret.hpp"
#include "model/utf8_text.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;
namespace json = boost::json;

TEST_CASE("status has the shape that its users rely on") {
  StatusView view = example_status();
  view.source_error = "no route";
  view.source_checked = Instant(std::chrono::seconds(1'700'000'000));
  view.diagnostics = {{Severity::warning, {"environments/dev.yaml", 3, 7}, "apps", "odd", "mend it"}};
  const json::value expected = json::parse(R"({
    "revision": "main@sha1:4f1c2d3e5a6b7c8d9e0f11223344556677889900",
    "source_error": "no route",
    "source_checked": "2023-11-14T22:13:20Z",
    "targets": [{
      "environment": "dev", "app": "backend", "instance": "dev-1", "sync": "Synced", "health": "Healthy",
      "reason": "", "message": "", "revision": "main@sha1:4f1c2d3e5a6b7c8d9e0f11223344556677889900",
      "last_attempted_revision": "", "last_applied_revision": "",
      "services": [{"name": "api", "image": "ghcr.io/acme/api:1.4.2", "containers": [
        {"id": "0123456789abcdef", "name": "dev-backend-api-1", "state": "running", "health": "healthy"}]}],
      "conditions": [
        {"type": "Ready", "status": "True", "reason": "", "message": "",
         "observed_revision": "main@sha1:4f1c2d3e5a6b7c8d9e0f11223344556677889900",
         "transition_time": "2023-11-14T22:13:20Z"},
        {"type": "Reconciling", "status": "False", "reason": "", "message": "",
         "observed_revision": "main@sha1:4f1c2d3e5a6b7c8d9e0f11223344556677889900",
         "transition_time": "2023-11-14T22:13:21Z"},
        {"type": "Stalled", "status": "False", "reason": "", "message": "",
         "observed_revision": "main@sha1:4f1c2d3e5a6b7c8d9e0f11223344556677889900", "transition_time": null}]}],
    "diagnostics": [{"severity": "warning", "file": "environments/dev.yaml", "line": 3, "column": 7, "path": "apps",
      "message": "odd", "mend": "mend it", "text": "environments/dev.yaml:3:7: warning: apps: odd; mend it"}]})");
  view.targets.pop_back();
  view.targets[0].transitions = {
      Instant(std::chrono::seconds(1'700'000'000)), Instant(std::chrono::seconds(1'700'000'001)), {}};
  CHECK(to_json(view) == expected);
  CHECK(to_json(StatusView{}) ==
        json::parse(R"({"revision":"","source_error":"","source_checked":null,"targets":[],"diagnostics":[]})"));
}

TEST_CASE("exactly one of the three conditions holds, or none when the target rests") {
  struct Case {
    SyncStatus sync;
    Health health;
    std::string_view reason;
    std::string holds;
  };
  const std::vector<Case> cases{
      {SyncStatus::synced, Health::healthy, "", "Ready"},
      {SyncStatus::out_of_sync, Health::progressing, reason::kWaitingForImage, "Reconciling"},
      {SyncStatus::synced, Health::degraded, reason::kUnhealthy, "Reconciling"},
      {SyncStatus::unknown, Health::unknown, reason::kEngineUnreachable, "Reconciling"},
      {SyncStatus::unknown, Health::unknown, reason::kInstanceUnusable, "Stalled"},
      {SyncStatus::out_of_sync, Health::degraded, reason::kRolledBack, "Stalled"},
      {SyncStatus::unknown, Health::unknown, reason::kInvalidSpec, "Stalled"},
      {SyncStatus::out_of_sync, Health::healthy, reason::kRemovalBlocked, "Stalled"},
      {SyncStatus::out_of_sync, Health::healthy, reason::kModified, ""},
      {SyncStatus::out_of_sync, Health::progressing, reason::kModified, "Reconciling"},
      {SyncStatus::out_of_sync, Health::healthy, reason::kPruneDisabled, "Ready"},
      {SyncStatus::synced, Health::suspended, reason::kSuspended, ""},
  };
  for (const Case& one : cases) {
    INFO(one.reason);
    TargetStatus status;
    status.sync = one.sync;
    status.health = one.health;
    status.reason = std::string(one.reason);
    std::string holding;
    for (const Condition& condition : conditions_of(status)) holding += condition.holds ? condition.type : "";
    CHECK(holding == one.holds);
  }
}

TEST_CASE("an operation shows what runs and how far a pull is") {
  OperationView view{"op-1", OperationPhase::running, {}};
  TargetProgress progress;
  progress.target = {"dev", "backend", "dev-1"};
  progress.step = "api: EnsureImage";
  progress.pulling = "ghcr.io/acme/api:1.4.2";
  progress.pulled_bytes = 5'000'000'000;
  progress.pull_total_bytes = 6'000'000'000;
  view.targets = {progress};
  const json::value value = to_json(view);
  CHECK(value.at("id") == "op-1");
  CHECK(value.at("phase") == "Running");
  const json::object& target = value.at("targets").at(0).as_object();
  CHECK(target.at("environment") == "dev");
  CHECK(target.at("step") == "api: EnsureImage");
  CHECK(target.at("pulling") == "ghcr.io/acme/api:1.4.2");
  CHECK(target.at("pulled_bytes") == 5'000'000'000);
  CHECK(target.at("pull_total_bytes") == 6'000'000'000);
  CHECK(target.at("settled") == false);
}

TEST_CASE("a diff masks secrets on both sides") {
  const std::string before = secret_token("PASSWORD", "aaaa");
  const std::string after = secret_token("PASSWORD", "bbbb");
  DiffView view{
      "topic",
      {{{"dev", "a", "i"}, {{"api", {"environment.P", before, after}}}, {"step " + after}, {"held " + after}, ""}},
      {}};
  const std::string text = to_body(to_json(view));
  CHECK(text.find("aaaa") == std::string::npos);
  CHECK(text.find("bbbb") == std::string::npos);
  CHECK(to_json(view).at("targets").at(0).at("held") == json::parse(R"(["held ***"])"));
  CHECK(to_json(view).at("targets").at(0).at("changes") ==
        json::parse(R"x([{"service":"api","path":"environment.P","before":"***","after":"***",
                          "text":"environment.P: secret changed (***)"}])x"));
  view.targets[0].changes[0].field = {"x", std::nullopt, "1"};
  CHECK(to_json(view).at("targets").at(0).at("changes").at(0).at("before").is_null());
}

TEST_CASE("a history entry has times as RFC 3339 and null while it runs") {
  ports::HistoryEntry entry;
  entry.id = 7;
  entry.target = {"dev", "a", "i"};
  entry.phase = OperationPhase::running;
  entry.started_at = Instant(std::chrono::seconds(1'700'000'000));
  CHECK(to_json(entry) == json::parse(R"({"id":7,"environment":"dev","app":"a","instance":"i","revision":"","author":"",
      "subject":"","images":"","phase":"Running","message":"","started_at":"2023-11-14T22:13:20Z","finished_at":null})"));
}

TEST_CASE("text that is not UTF-8 becomes U+FFFD, so that the answer stays JSON") {
  struct Case {
    std::string raw, clean;
  };
  const std::string mark = "\xEF\xBF\xBD";
  const std::vector<Case> cases{{"", ""},
                                {"plain", "plain"},
                                {"ünïcödé 서울 🚢", "ünïcödé 서울 🚢"},
                                {"a\xff"
                                 "b",
                                 "a" + mark + "b"},
                                {"\xc0\xaf", mark + mark},
                                {"\xed\xa0\x80", mark + mark + mark},
                                {"\xf4\x90\x80\x80", mark + mark + mark + mark},
                                {"\xe2\x82", mark + mark}};
  for (const Case& one : cases) {
    CHECK(to_utf8(one.raw) == one.clean);
    CHECK(is_utf8(one.raw) == (one.raw == one.clean));
  }
  StatusView view;
  view.source_error = "\xff";
  CHECK(json::parse(to_body(to_json(view))).at("source_error") == json::string(mark));
}

TEST_CASE("base64 of RFC 4648 section 10, and nothing else") {
  const std::vector<std::pair<std::string, std::string>> table{{"", ""},
                                                               {"f", "Zg=="},
                                                               {"fo", "Zm8="},
                                                               {"foo", "Zm9v"},
                                                               {"foob", "Zm9vYg=="},
                                                               {"fooba", "Zm9vYmE="},
                                                               {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : table) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text) == bytes);
  }
  for (const char* text : {"Z", "Zg", "Zg=", "Zg==\n", " Zg==", "Z===", "====", "Zm9v!A==", "Zm=v"}) {
    INFO(text);
    CHECK_FALSE(from_base64(text));
  }
}

TEST_CASE("what the command line writes the server reads") {
  SyncRequest sync{{"dev", "api"}, true, true};
  const auto read_sync = parse_sync_request(to_body(sync));
  REQUIRE(read_sync.ok());
  CHECK(read_sync->filter.app == "api");
  CHECK(read_sync->allow_removal);
  DiffRequest diff{{"dev", ""}, "", std::map<std::string, std::string>{{"a", std::string("\0\xfe", 2)}, {"b", "ü"}}};
  const auto read_diff = parse_diff_request(to_body(diff));
  REQUIRE(read_diff.ok());
  CHECK(read_diff->manifests == diff.manifests);
}
