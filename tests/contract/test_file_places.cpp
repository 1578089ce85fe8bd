#include <catch2/catch.hpp>

#include "contract/bench.hpp"

// Single files where an engine does not simply copy them: read-only root file systems, tmpfs, volumes.

using namespace plimsoll;
using namespace plimsoll::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kName = "contract-web-api-1";

Mount single_file(std::string target, std::string content, int mode = 0644, int uid = 0) {
  Mount mount{.type = Mount::Type::repository, .target = std::move(target), .digest = content};
  mount.files.push_back(
      {.path = "", .content = std::make_shared<const std::string>(std::move(content)), .mode = mode, .uid = uid});
  return mount;
}

/// A service that runs `script`; its image has /www/index.html with `v1`.
std::shared_ptr<DesiredService> service_of(Bench& bench, std::string script, std::vector<Mount> mounts) {
  auto service = bench.service("serves:1");
  service->spec.read_only = true;
  service->spec.command = {"/bin/sh", "-c", std::move(script)};
  service->spec.mounts = std::move(mounts);
  service->digest = "v1:" + service->spec.command->back();
  return service;
}

/// What the service prints until it ends. Its container stays.
std::string output_of(Bench& bench, const std::shared_ptr<DesiredService>& service) {
  const auto id = bench.create(kName, service).container_id;
  (void)bench.must(StartContainer{{"", kName}});
  REQUIRE(bench.eventually(kName, [](const auto& seen) { return seen.state == ContainerState::exited; }));
  const auto log = bench.engine().logs(id, 50, bench.call());
  REQUIRE(log.ok());
  return *log;
}

}  // namespace

TEST_CASE("single files are in a read-only root, beside what the image has there, and go with the container") {
  on_the_real_engine([](Bench& bench) {
    // Whole lines only: where a line reaches Podman's log in two writes, its tail puts the first half into the line
    // before (Podman 4.3).
    const std::string script =
        "cat /www/a.conf /www/b.conf; echo $(cat /www/index.html); cat /run/secrets/pw /etc/one.conf; "
        "stat -c '%a %u' /run/secrets/pw; "
        "grep -c nobody /etc/passwd; grep -c localhost /etc/hosts >/tmp/n && echo hosts; touch /run/x && echo tmpfs; "
        "touch /x /var/x 2>/dev/null || echo read-only";
    auto service =
        service_of(bench, script,
                   {single_file("/etc/one.conf", "one\n"), single_file("/run/secrets/pw", "pw\n", 0400, 65534),
                    single_file("/www/a.conf", "a\n"), single_file("/www/b.conf", "b\n")});
    service->spec.tmpfs = {{"/run", ""}, {"/tmp", ""}};
    CHECK(output_of(bench, service) == "a\nb\nv1\npw\none\n400 65534\n1\nhosts\ntmpfs\nread-only\n");
    (void)bench.must(RemoveContainer{{"", kName}, true});
    CHECK(bench.observe(true).idle_files.empty());
  });
}

TEST_CASE("a container that is made again finds what the image has, whatever a cut left") {
  on_the_real_engine([](Bench& bench) {
    const auto service = service_of(bench, "echo $(cat /www/a.conf /www/index.html); rm -f /www/index.html 2>/dev/null",
                                    {single_file("/www/a.conf", "a\n")});
    CHECK_THAT(output_of(bench, service), Catch::Equals("a v1\n"));
    bench.remove_by_hand(kName);
    CHECK_THAT(output_of(bench, service), Catch::Equals("a v1\n"));
    bench.remove_by_hand(kName);
    for (const auto& files : bench.observe(true).idle_files) (void)bench.must(RemoveFiles{files.name});
    CHECK(bench.observe(true).idle_files.empty());
  });
}

TEST_CASE("a file below a tmpfs is seen, in a writable root too") {
  on_the_real_engine([](Bench& bench) {
    auto service =
        service_of(bench, "cat /run/secrets/pw; touch /x && echo writable", {single_file("/run/secrets/pw", "pw\n")});
    service->spec.read_only = false;
    service->spec.tmpfs = {{"/run", ""}};
    CHECK(output_of(bench, service) == "pw\nwritable\n");
  });
}

TEST_CASE("a file in a volume of a container with a read-only root goes into that volume") {
  on_the_real_engine([](Bench& bench) {
    Mount directory = single_file("/files", "x\n");
    directory.files.front().path = "x";
    auto service = service_of(bench, "cat /data/deep/a.conf /files/x /files/a.conf; touch /data/y && echo writable",
                              {{.type = Mount::Type::volume, .source = "contract_places", .target = "/data"},
                               single_file("/data/deep/a.conf", "a\n"),
                               directory,
                               single_file("/files/a.conf", "b\n")});
    CHECK(output_of(bench, service) == "a\nx\nb\nwritable\n");
  });
}
