#include "controller/cli/table.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "controller/cli/display_width.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/status_text.hpp"
#include "controller/cli/sync_progress.hpp"
#include "controller/fake_control.hpp"
#include "controller/http/status_json.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

TEST_CASE("columns line up by what a terminal shows, without trailing spaces") {
  Table table({"NAME", "STATE", "MESSAGE"});
  table.add({"서울", "ok", ""});
  table.add({"e\u0301clair", "", "last"});
  table.add({"x"});
  CHECK(table.text(true, false) ==
        "NAME     STATE   MESSAGE\n"
        "서울     ok\n"
        "e\u0301clair           last\n"
        "x\n");
  CHECK(table.text(false, false) ==
        "서울     ok\n"
        "e\u0301clair        last\n"
        "x\n");
}

TEST_CASE("colour surrounds known words and moves no column") {
  Table table({"SYNC", "X"});
  table.add({"Synced", "y"});
  CHECK(table.text(false, true) == "\x1b[32mSynced\x1b[0m   y\n");
}

TEST_CASE("what a terminal would obey is made harmless") {
  Table table({"A"});
  table.add({"\x1b]0;title\x07"});
  CHECK(table.text(false, true) == "\uFFFD]0;title\uFFFD\n");
}

TEST_CASE("text is cut by columns, never inside a character") {
  CHECK(shortened("abcdef", 6) == "abcdef");
  CHECK(shortened("abcdefg", 6) == "abcde…");
  CHECK(shortened("서울서울", 6) == "서울…");
  CHECK(display_width("서울 e\u0301 🚢") == 9);
}

TEST_CASE("status as table, wide and names") {
  const auto status = to_json(example_status());
  CHECK(status_table(status, {}, false) ==
        "NAME           INSTANCE   SYNC        HEALTH     REVISION   IMAGES                MESSAGE\n"
        "dev/backend    dev-1      Synced      Healthy    4f1c2d3e   api:1.4.2\n"
        "dev/frontend   dev-1      OutOfSync   Degraded   4f1c2d3e   web:sha256:aabbccdd   RolledBack: web: unhealthy "
        "after 30s\n");
  CHECK(status_table(status, {.format = OutputFormat::wide, .no_header = true}, false)
            .starts_with(
                "dev/backend    dev-1   Synced      Healthy    main@sha1:4f1c2d3e5a6b7c8d9e0f11223344556677889900   "
                "api: ghcr.io/acme/api:1.4.2\n"));
  CHECK(target_names(status.at("targets").as_array()) == "dev/backend@dev-1\ndev/frontend@dev-1\n");
}

TEST_CASE("one app in detail: services, containers, conditions, last operation") {
  StatusView view = example_status();
  view.targets.resize(1);
  const Instant since(std::chrono::seconds(1'700'000'000));
  view.targets[0].transitions = {since, since, since};
  const auto last = boost::json::parse(
      R"({"phase":"Succeeded","started_at":"2026-11-23T02:04:18Z","revision":"main@sha1:1","message":""})");
  CHECK(status_details(to_json(view), last, false) ==
        "Target:         dev/backend@dev-1\n"
        "Sync:           Synced\n"
        "Health:         Healthy\n"
        "Revision:       main@sha1:4f1c2d3e5a6b7c8d9e0f11223344556677889900\n"
        "\n"
        "  SERVICE   IMAGE                    CONTAINER           ID             STATE     HEALTH\n"
        "  api       ghcr.io/acme/api:1.4.2   dev-backend-api-1   0123456789ab   running   healthy\n"
        "\n"
        "  CONDITION     STATUS   SINCE                  REASON   MESSAGE\n"
        "  Ready         True     2023-11-14T22:13:20Z\n"
        "  Reconciling   False    2023-11-14T22:13:20Z\n"
        "  Stalled       False    2023-11-14T22:13:20Z\n"
        "\n"
        "Last operation: Succeeded 2026-11-23T02:04:18Z main@sha1:1\n");
}

TEST_CASE("answers of any shape are rendered without a crash") {
  for (const char* text :
       {"null", "[]", "7", "{}", R"({"targets":null})", R"({"targets":[null,[],"x",{"services":[1]}]})"}) {
    INFO(text);
    const auto value = boost::json::parse(text);
    CHECK(status_table(value, {}, false).starts_with("NAME"));
    CHECK_NOTHROW(status_details(value, value, true));
    CHECK_FALSE(pretty_json(value).empty());
    CHECK_FALSE(json_as_yaml(value).empty());
  }
}

TEST_CASE("JSON is indented, and YAML reads back as the same") {
  const auto value = boost::json::parse(R"({"a":[],"b":{},"c":[1,"x",null,true],"d":{"e":"f"}})");
  CHECK(pretty_json(value) ==
        "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    \"x\",\n    null,\n    true\n  ],\n"
        "  \"d\": {\n    \"e\": \"f\"\n  }\n}\n");
  CHECK(json_as_yaml(value) == "a: []\nb: {}\nc:\n  - 1\n  - x\n  - ~\n  - true\nd:\n  e: f\n");
  const auto odd =
      boost::json::parse(R"(["true","7","","no","a: b","# c","- d","~","x\ny","1.4","main@sha1:1","서울"])");
  CHECK(json_as_yaml(odd) ==
        "- \"true\"\n- \"7\"\n- \"\"\n- \"no\"\n- \"a: b\"\n- \"# c\"\n- \"- d\"\n- \"~\"\n- \"x\\ny\"\n- \"1.4\"\n"
        "- \"main@sha1:1\"\n- 서울\n");
}

TEST_CASE("byte counts for people") {
  const std::vector<std::pair<std::int64_t, std::string>> table{
      {0, "0 B"}, {1023, "1023 B"}, {1536, "1.5 KiB"}, {12'897'485, "12.3 MiB"}, {5'000'000'000'000, "4656.6 GiB"}};
  for (const auto& [bytes, text] : table) CHECK(bytes_text(bytes) == text);
}
