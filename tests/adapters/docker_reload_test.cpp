#include "adapters/docker/container_reload.hpp"

#include <catch2/catch.hpp>

#include "adapters/docker/repository_archive.hpp"
#include "adapters/docker/tar_writer.hpp"
#include "adapters/table_engine.hpp"

using namespace plimsoll;
using namespace plimsoll::adapters;
using plimsoll::test::TableEngine;
using namespace std::chrono_literals;

namespace {

const std::string kFile = "/etc/web.conf";
const std::string kField = "mounts./etc/web.conf.digest";

ReloadFiles reload_of(Reload how, std::string content = "new") {
  auto service = std::make_shared<DesiredService>();
  service->spec.name = "web";
  Mount mount{.type = Mount::Type::repository, .target = kFile};
  mount.files.push_back({.path = "", .content = std::make_shared<const std::string>(std::move(content))});
  service->spec.mounts.push_back(std::move(mount));
  service->reload = std::move(how);
  return {{"c1", "dev-web-web-1"},
          service,
          {kFile},
          {"v1:old", {{kField, "old"}, {"mounts./x.digest", "x"}}},
          {"v1:new", {{kField, "new"}, {"mounts./x.digest", "x"}}}};
}

std::string archive_of(const std::string& name, const std::string& content) {
  TarWriter tar;
  tar.add_file(name, content);
  return tar.finish();
}

/// An engine with container `c1`, in which every step of a reload goes well.
struct Engine : TableEngine {
  Engine() {
    replies["GET /containers/c1/archive?path=%2Fetc%2Fweb.conf"] = reply(200, archive_of("web.conf", "old"));
    replies["PUT /containers/c1/archive"] = reply(200, "");
    replies["POST /containers/c1/kill?signal=SIGHUP"] = reply(204, "");
    replies["POST /containers/c1/exec"] = reply(201, R"({"Id":"e1"})");
    replies["POST /exec/e1/start"] = reply(200, std::string("\x01\0\0\0\0\0\0\x05", 8) + "said\n");
    replies["GET /exec/e1/json"] = reply(200, R"({"Running":false,"ExitCode":0})");
  }
  Result<ports::Applied> reload(const ReloadFiles& action, const SecretTable* secrets = nullptr) {
    auto docker = engine();
    return docker.apply(action, {{"dev", "web", "i"}, secrets, {}}, ports::within(5s));
  }
  /// What was asked of the container, each by its verb and last word.
  std::string course() {
    std::string text;
    for (const auto& line : asked()) {
      const std::string verb = line.substr(0, line.find(' '));
      const bool archive = line.find("/archive?") != std::string::npos;
      const std::string what = archive ? "archive" : line.substr(line.rfind('/') + 1);
      text += (text.empty() ? "" : ", ") + verb + " " + what;
    }
    return text;
  }
};

std::string inspected(const std::string& label) {
  return R"({"Id":"c1","Name":"/dev-web-web-1","Config":{"Labels":{"io.plimsoll.spec":"v1:old","io.plimsoll.reload":")" +
         label +
         R"(","io.plimsoll.applied":"{\"image\":\"web:1\",\"mounts./etc/web.conf.digest\":\"old\"}"}},)"
         R"("State":{"Status":"running","StartedAt":"2026-01-01T00:00:00Z"}})";
}

ObservedContainer seen_in(TableEngine& table, const std::string& label = "layout") {
  table.replies["GET /containers/json"] = TableEngine::reply(200, R"([{"Id":"c1","State":"running"}])");
  table.replies["GET /containers/c1/json"] = TableEngine::reply(200, inspected(label));
  auto engine = table.engine();
  const auto view = engine.observe({}, ports::within(5s));
  INFO((view ? "" : view.error().message));
  REQUIRE(view.ok());
  REQUIRE(view->containers.size() == 1);
  return view->containers.front();
}

}  // namespace

TEST_CASE("a reload saves, notes that it begins, copies, tells and notes what is there, in this order") {
  Engine engine;
  CHECK(engine.reload(reload_of({.signal = "SIGHUP"})).ok());
  CHECK(engine.course() == "GET archive, PUT archive, PUT archive, POST kill?signal=SIGHUP, PUT archive");
}

TEST_CASE("a command is run in the container, and good when it ends with 0") {
  Engine engine;
  CHECK(engine.reload(reload_of({.command = {"nginx", "-s", "reload"}})).ok());
  CHECK(engine.course() == "GET archive, PUT archive, PUT archive, POST exec, POST start, GET json, PUT archive");
}

TEST_CASE("a command that fails says how, and the files are put back as they were") {
  Engine engine;
  engine.replies["GET /exec/e1/json"] = TableEngine::reply(200, R"({"ExitCode":3})");
  SecretTable secrets;
  secrets.emplace("S", Secret("said"));
  const auto result = engine.reload(reload_of({.command = {"nginx", "-t"}}), &secrets);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().kind == ErrorKind::rejected);
  CHECK(result.error().message == "reload container dev-web-web-1 (c1): run `nginx -t` in it: it ended with 3: ***");
  CHECK(engine.course() ==
        "GET archive, PUT archive, PUT archive, POST exec, POST start, GET json, PUT archive, PUT archive");
  CHECK_THAT(engine.asked()[6], Catch::Contains("path=%2Fetc&"));
  CHECK_THAT(engine.last_request(), Catch::Contains(R"("spec":"v1:old")"));
}

TEST_CASE("a container that ended since it was observed is looked at again") {
  Engine engine;
  engine.replies["POST /containers/c1/kill"] = TableEngine::says(409, "Container c1 is not running");
  engine.replies.erase("POST /containers/c1/kill?signal=SIGHUP");
  const auto result = engine.reload(reload_of({.signal = "SIGHUP"}));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().kind == ErrorKind::transient);
  Engine in_between;
  in_between.replies["POST /exec/e1/start"] = TableEngine::says(409, "Container c1 is not running");
  CHECK(in_between.reload(reload_of({.command = {"nginx", "-t"}})).error().kind == ErrorKind::transient);
}

TEST_CASE("what was reloaded shows as what the container is, and costs nothing without the label") {
  Engine engine;
  const auto record = [&engine](const std::string& text) {
    engine.replies["GET /containers/c1/archive?path=%2F.plimsoll-reloaded"] =
        TableEngine::reply(200, archive_of(".plimsoll-reloaded", text));
  };
  record(reload_record_text({"v1:new", {{kField, "new"}, {"mounts./gone.digest", "x"}}}));
  auto seen = seen_in(engine);
  CHECK(seen.spec_digest == "v1:new");
  CHECK(seen.applied == Fields{{"image", "web:1"}, {kField, "new"}});
  CHECK(seen.reload == "layout");

  record(reload_record_text({"", {{kField, ""}}}));
  CHECK(seen_in(engine).spec_digest.empty());
  record("somebody wrote here");
  seen = seen_in(engine);
  CHECK(seen.spec_digest.empty());
  CHECK(seen.applied.at(kField).empty());

  engine.replies["GET /containers/c1/archive?path=%2F.plimsoll-reloaded"] = TableEngine::says(404, "no such file");
  CHECK(seen_in(engine).spec_digest == "v1:old");
  const auto before = engine.asked().size();
  CHECK(seen_in(engine, "").spec_digest == "v1:old");
  CHECK(engine.asked().size() == before + 2);
}

TEST_CASE("a steady container is asked for what was reloaded once, and again after the next reload") {
  Engine table;
  table.replies["GET /containers/json"] =
      TableEngine::reply(200, R"([{"Id":"c1","State":"running","Status":"Up 3 hours"}])");
  table.replies["GET /containers/c1/json"] = TableEngine::reply(200, inspected("layout"));
  auto engine = table.engine();
  for (int round = 0; round < 3; ++round) REQUIRE(engine.observe({}, ports::within(5s)).ok());
  CHECK(table.asked().size() == 5);  // three lists, one inspection, one look into the container
  REQUIRE(engine.apply(reload_of({.signal = "SIGHUP"}), {{"dev", "web", "i"}}, ports::within(5s)).ok());
  REQUIRE(engine.observe({}, ports::within(5s)).ok());
  CHECK(table.asked().back().find("reloaded") != std::string::npos);
}

TEST_CASE("a record that cannot be read leaves open what the container holds, and hides no other container") {
  Engine engine;
  engine.replies["GET /containers/json"] = TableEngine::reply(200, R"([{"Id":"c1","State":"running"}])");
  engine.replies["GET /containers/c1/json"] = TableEngine::reply(200, inspected("layout"));
  engine.replies["GET /containers/c1/archive"] = TableEngine::says(500, "disk on fire");
  auto docker = engine.engine();
  const auto seen = docker.observe({}, ports::within(5s));
  REQUIRE(seen.ok());
  REQUIRE(seen->containers.size() == 1);
  CHECK(seen->containers[0].spec_digest.empty());
  engine.replies["GET /containers/c1/archive"] = TableEngine::reply(200, std::string(300U << 10U, 'x'));
  docker.invalidate_all();
  CHECK(docker.observe({}, ports::within(5s)).ok());
}

TEST_CASE("the first file of an archive is found behind other entries, and nothing in what is none") {
  TarWriter tar;
  tar.add_directory("d");
  tar.add_file(std::string(120, 'n'), "content");
  const std::string archive = tar.finish();
  CHECK(first_file_of(archive) == "content");
  CHECK_FALSE(first_file_of(archive.substr(0, 512)).has_value());
  CHECK_FALSE(first_file_of(std::string(2048, 'x')).has_value());
  CHECK_FALSE(first_file_of("").has_value());
}
