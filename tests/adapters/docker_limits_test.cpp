#include <catch2/catch.hpp>

#include "adapters/docker/docker_engine.hpp"
#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/json_memory.hpp"
#include "adapters/docker/pull_stream.hpp"
#include "adapters/table_engine.hpp"

using namespace plimsoll;
using namespace plimsoll::adapters;
using plimsoll::test::TableEngine;
using namespace std::chrono_literals;

namespace {

const TargetId kTarget{"dev", "web", "i"};

/// A JSON list of zeros, `bytes` long: what takes many times its size when it is parsed.
std::string zeros(std::size_t bytes) {
  std::string text = "[0";
  while (text.size() + 3 <= bytes) text += ",0";
  return text.append(bytes - text.size() - 1, ' ') + "]";
}

}  // namespace

TEST_CASE("a list of containers may have 8 MiB, and an engine that sends more fails its own observation only") {
  TableEngine table;
  auto engine = table.engine();
  table.replies["GET /containers/json"] = TableEngine::reply(200, zeros((8U << 20U) + 1));
  const auto over = engine.observe({}, ports::within(20s));
  REQUIRE_FALSE(over.ok());
  CHECK(over.error().kind == ErrorKind::rejected);
  CHECK_THAT(over.error().message, Catch::Contains("/containers/json") && Catch::Contains("8388608 bytes"));
  table.replies["GET /containers/json"] = TableEngine::reply(200, "[" + std::string((8U << 20U) - 2, ' ') + "]");
  CHECK(engine.observe({}, ports::within(20s)).ok());
}

TEST_CASE("a reply within its limit takes no more memory than it may when it is parsed") {
  JsonMemory memory(1U << 20U);
  CHECK(memory.parse(zeros(20'000)).is_array());
  CHECK(memory.parse(zeros(200'000)).is_null());
  CHECK(memory.parse("[" + std::string(300'000, ' ') + "]").is_array());
  CHECK(memory.parse(R"({"a":[1,"b"]})").is_object());
  CHECK(memory.parse(R"({"a":[1,"b")").is_null());
  CHECK(memory.parse("").is_null());
  TableEngine table;
  table.replies["GET /containers/json"] = TableEngine::reply(200, zeros(8U << 20U));
  const auto view = table.engine().observe({}, ports::within(20s));
  REQUIRE_FALSE(view.ok());
  CHECK_THAT(view.error().message, Catch::Contains("no JSON list"));
}

TEST_CASE("one container, image, network or version may have 1 MiB") {
  const std::string fill(1U << 20U, ' ');
  const std::string list = R"([{"Id":"c1","Names":["/a"]}])";
  const auto inspected = [](const std::string& rest) { return TableEngine::reply(200, R"({"Id":"c1"})" + rest); };
  TableEngine table;
  auto engine = table.engine();
  table.replies["GET /containers/json"] = TableEngine::reply(200, list);
  table.replies["GET /containers/c1/json"] = inspected(fill);
  const auto over = engine.observe({}, ports::within(20s));
  REQUIRE_FALSE(over.ok());
  CHECK(over.error().kind == ErrorKind::rejected);
  table.replies["GET /containers/c1/json"] = inspected(fill.substr(100));
  CHECK(engine.observe({}, ports::within(20s)).ok());
  table.replies["GET /images/"] = TableEngine::reply(200, R"({"Id":"sha256:1"})" + fill);
  const EnsureImage image{.service = "a", .reference = "r.io/a:1"};
  CHECK(engine.apply(image, {kTarget}, ports::within(20s)).error().kind == ErrorKind::rejected);
}

TEST_CASE(
    "a list entry that cannot be told from others fails the observation, since a plan without it might make it anew") {
  TableEngine table;
  auto engine = table.engine();
  for (const char* entry : {R"({"Names":["/dev-web-api-1"]})", R"({"Id":""})", R"({"Id":7})", "7", "null", "[]"}) {
    CAPTURE(entry);
    table.replies["GET /containers/json"] =
        TableEngine::reply(200, R"([{"Id":"c1","Names":["/a"]},)" + std::string(entry) + "]");
    table.replies["GET /containers/c1/json"] = TableEngine::reply(200, R"({"Id":"c1"})");
    const auto view = engine.observe({}, ports::within(5s));
    REQUIRE_FALSE(view.ok());
    CHECK(view.error().kind == ErrorKind::transient);
    CHECK_THAT(view.error().message, Catch::Contains("without its Id"));
  }
}

TEST_CASE("what is inspected, networks and volumes must be told whole as well") {
  const std::string one = R"([{"Id":"c1","Names":["/a"]}])";
  struct Row {
    std::string containers, inspected, networks, volumes;
    bool good;
  };
  const auto row = GENERATE_COPY(values<Row>({{"[]", "{}", "[]", R"({"Volumes":null})", true},
                                              {one, R"({"Id":"c1"})", R"([{"Id":"n1","Name":"n"}])", "{}", true},
                                              {one, "{}", "[]", "{}", false},
                                              {"[]", "{}", R"([{"Name":"n"}])", "{}", false},
                                              {"[]", "{}", R"([{"Id":"n1"}])", "{}", false},
                                              {"[]", "{}", "[7]", "{}", false},
                                              {"[]", "{}", "{}", "{}", false},
                                              {"[]", "{}", "[]", "[", false}}));
  TableEngine table;
  auto engine = table.engine();
  table.replies["GET /containers/json"] = TableEngine::reply(200, row.containers);
  table.replies["GET /containers/c1/json"] = TableEngine::reply(200, row.inspected);
  table.replies["GET /networks?"] = TableEngine::reply(200, row.networks);
  table.replies["GET /networks/n1"] = TableEngine::reply(200, "{}");
  table.replies["GET /volumes"] = TableEngine::reply(200, row.volumes);
  CAPTURE(row.containers, row.inspected, row.networks, row.volumes);
  CHECK(engine.observe({.networks = true}, ports::within(5s)).ok() == row.good);
}

TEST_CASE("an engine that lists containers without end is refused") {
  std::string list = "[";
  for (int i = 0; i < 4097; ++i) list += std::string(i == 0 ? "" : ",") + R"({"Id":"c"})";
  TableEngine table;
  table.replies["GET /containers/json"] = TableEngine::reply(200, list + "]");
  const auto view = table.engine().observe({}, ports::within(20s));
  REQUIRE_FALSE(view.ok());
  CHECK_THAT(view.error().message, Catch::Contains("more than 4096 containers"));
}

TEST_CASE("what an engine says is cut, and read whole before") {
  const std::string much(100'000, 'x');
  const HttpResponse busy{500, {}, "{\"message\":\"" + much + ": port is already allocated\"}"};
  const auto error = engine_error("start container a", busy);
  CHECK(error.kind == ErrorKind::conflict);
  CHECK(error.message.size() < 700);
  CHECK_THAT(error.message, Catch::StartsWith("start container a: ") && Catch::Contains("xxx…"));
  CHECK(engine_error("x", {500, {}, much}).message.size() < 600);
  CHECK(shown_message(busy).size() < 510);
  const auto refused = registry_error("r.io/a:1", much + " manifest unknown");
  CHECK(refused.kind == ErrorKind::missing);
  CHECK(refused.message.size() < 700);
}

TEST_CASE("a value that the cut of a message halves is scrubbed as well") {
  SecretTable secrets;
  secrets.emplace(secret_token("P", "1"), Secret("correct horse battery staple"));
  TableEngine table;
  table.replies["POST /containers/c1/start"] =
      TableEngine::says(500, std::string(480, 'x') + " correct horse battery staple");
  const auto result = table.engine().apply(StartContainer{{"c1", "a"}}, {kTarget, &secrets, {}}, ports::within(5s));
  REQUIRE_FALSE(result.ok());
  CHECK_THAT(result.error().message, Catch::Contains("x ***…") && !Catch::Contains("correct"));
}

TEST_CASE("a pull that reports layers without end keeps a thousand") {
  PullStream stream;
  for (int i = 0; i < 3000; ++i)
    stream.feed(R"({"status":"Downloading","id":")" + std::to_string(i) +
                R"(","progressDetail":{"current":1,"total":2}})"
                "\n");
  CHECK(stream.total_bytes() == 2000);
}
