#include <catch2/catch.hpp>

#include "adapters/docker/create_body.hpp"
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

TEST_CASE("each single file goes the way on which its engine copies it to where it is seen") {
  struct Row {
    std::string about;
    bool read_only, podman;
    std::string target, through, path;
    bool own_volume;
  };
  const std::vector<Row> rows{
      {"writable root", false, false, "/etc/app/a.conf", "/", "etc/app/a.conf", false},
      {"writable root, below a volume", false, false, "/data/deep/a", "/data", "deep/a", false},
      {"writable root, below a tmpfs", false, false, "/run/secrets/a", "/run/secrets", "a", true},
      {"read-only root", true, false, "/etc/app/a.conf", "/etc/app", "a.conf", true},
      {"read-only root, path not clean", true, false, "/../etc//app/x/.././a.conf", "/etc/app", "a.conf", true},
      {"read-only root, below a tmpfs", true, false, "/run/secrets/a", "/run/secrets", "a", true},
      {"read-only root, in a volume", true, false, "/data/a", "/data", "a", false},
      {"read-only root, below a volume", true, false, "/data/deep/a", "/data", "deep/a", false},
      {"read-only root, beside a volume", true, false, "/database/a", "/database", "a", true},
      {"read-only root, below a directory of files", true, false, "/www/sub/a", "/www", "sub/a", false},
      {"read-only root, in a volume of the image", true, false, "/image/a", "/image", "a", false},
      {"read-only root, above a volume of the image", true, false, "/srv/a", "/srv", "a", true},
      {"read-only root of Podman", true, true, "/etc/app/a.conf", "/", "etc/app/a.conf", false},
      {"volume of Podman", true, true, "/data/deep/a", "/data", "deep/a", false},
      {"tmpfs of Podman", false, true, "/run/secrets/a", "/", "run/secrets/a", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.about);
    ServiceSpec spec;
    spec.read_only = row.read_only;
    spec.tmpfs = {{"/run", "size=1m"}};
    spec.mounts = {{.type = Mount::Type::volume, .source = "v", .target = "/data"},
                   {.type = Mount::Type::repository, .target = "/www", .files = {{.path = "x"}}},
                   {.type = Mount::Type::repository, .target = row.target, .files = {{.path = ""}}}};
    const FileRoute route = route_of(spec.mounts.back(), spec, {{"/image", "/srv/deep"}, row.podman});
    CHECK(route.through == row.through);
    CHECK(route.path == row.path);
    CHECK(route.own_volume == row.own_volume);
  }
}

TEST_CASE("a directory of single files is a volume that takes what the image has, named after what goes into it") {
  auto service = std::make_shared<DesiredService>();
  service->spec.read_only = true;
  const CreateContainer create{.name = "dev-web-api-1", .service = service};
  CreateInput input{create, {"dev", "web", "i"}, "acme", {1, 41}};
  const auto add = [&](const char* target, const char* digest) {
    service->spec.mounts.push_back(
        {.type = Mount::Type::repository, .target = target, .files = {{.path = ""}}, .digest = digest});
  };
  add("/etc/app/a", "1");
  add("/etc/app/b", "2");
  const auto volumes = [&] { return host_config(input).at("Mounts").as_array(); };
  REQUIRE(volumes().size() == 1);
  const auto first = volumes()[0].as_object();
  CHECK(first.at("Type") == "volume");
  CHECK(first.at("Target") == "/etc/app");
  CHECK(first.at("VolumeOptions").at("NoCopy") == false);
  CHECK(first.at("VolumeOptions").at("Labels").at("io.plimsoll.controller") == "acme");
  CHECK(first.at("VolumeOptions").at("Labels").at("io.plimsoll.app") == "web");
  CHECK_THAT(std::string(first.at("Source").as_string()), Catch::StartsWith("plimsoll-files-"));
  CHECK(volumes()[0] == first);
  service->spec.mounts[1].digest = "3";
  CHECK(volumes()[0].at("Source") != first.at("Source"));
  input.image.volumes = {"/etc/app"};
  CHECK_FALSE(host_config(input).contains("Mounts"));
  input.image.volumes.clear();
  auto successor = create;
  successor.anonymous_volumes = {{"/etc", "of-the-one-before"}};
  const auto mounts = host_config({successor, {"dev", "web", "i"}, "acme", {1, 41}}).at("Mounts").as_array();
  REQUIRE(mounts.size() == 1);
  CHECK(mounts[0].at("Source") == "of-the-one-before");
  service->spec.read_only = false;
  CHECK_FALSE(host_config(input).contains("Mounts"));
}

TEST_CASE("files of one directory share a volume, which is made anew and filled before the container has its name") {
  Engine engine;
  engine.service->spec.read_only = true;
  for (const auto* target : {"/etc/a.conf", "/etc/b.conf", "/run/secrets/pw", "/data/c.conf"}) engine.add_file(target);
  CHECK(engine.create().ok());
  const auto lines = engine.asked();
  std::vector<std::string> course;
  for (const auto& line : lines)
    course.push_back(line.substr(0, line.find_first_of("?-")) +
                     line.substr(std::min(line.size(), line.find("?path="))));
  CHECK(course[1] == "GET /containers/dev");
  CHECK(course[0] == kImage);
  CHECK(course[2] == "DELETE /volumes/plimsoll");
  CHECK(course[3] == "DELETE /volumes/plimsoll");
  CHECK(course[4] == "POST /containers/create");
  CHECK(course[5] == "PUT /containers/c1/archive?path=%2Fdata&noOverwriteDirNonDir=1");
  CHECK(course[6] == "PUT /containers/c1/archive?path=%2Fetc&noOverwriteDirNonDir=1");
  CHECK(course[7] == "PUT /containers/c1/archive?path=%2Frun%2Fsecrets&noOverwriteDirNonDir=1");
  CHECK(course[8] == "POST /containers/c1/rename");
  CHECK(course.size() == 9);
}

TEST_CASE("an engine that copies nothing into a directory is asked once, and the message says what may help") {
  Engine engine;
  engine.service->spec.read_only = true;
  engine.add_file("/var/run/secrets/pw");
  engine.replies["PUT /containers/c1/archive"] = TableEngine::says(500, "container rootfs is marked read-only");
  const auto refused = engine.create();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::rejected);
  CHECK_THAT(refused.error().message,
             Catch::Contains("/var/run/secrets") && Catch::Contains("name the path that it leads to"));
  CHECK(engine.count("PUT") == 1);
}
