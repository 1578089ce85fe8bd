#include <catch2/catch.hpp>

#include "contract/bench.hpp"

// Changed files in a container that runs: what it is from then on, and what its process finds.

using namespace plimsoll;
using namespace plimsoll::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kName = "contract-web-api-1";
constexpr const char* kFile = "/etc/app.conf";
constexpr const char* kField = "mounts./etc/app.conf.digest";

Mount files_at(std::string target, std::vector<std::pair<std::string, std::string>> files) {
  Mount mount{.type = Mount::Type::repository, .target = std::move(target)};
  for (auto& [path, content] : files) {
    mount.digest += content;
    mount.files.push_back({.path = path, .content = std::make_shared<const std::string>(content), .mode = 0640});
  }
  return mount;
}

std::shared_ptr<DesiredService> service_of(Bench& bench, std::vector<Mount> mounts, Reload how) {
  auto service = bench.service("idle:1");
  how.layout = "these files";
  service->reload = std::move(how);
  service->spec.mounts = std::move(mounts);
  for (const auto& mount : service->spec.mounts) {
    service->canonical["mounts." + mount.target + ".digest"] = mount.digest;
    service->digest += mount.digest;
  }
  return service;
}

ReloadFiles reload(const DesiredService& from, const std::shared_ptr<DesiredService>& to) {
  ReloadFiles action{{"", kName}, to, {}, {from.digest, file_digests(from)}, {to->digest, file_digests(*to)}};
  for (const auto& mount : to->spec.mounts) action.targets.push_back(mount.target);
  return action;
}

void run(Bench& bench, const std::shared_ptr<DesiredService>& service) {
  (void)bench.create(kName, service);
  (void)bench.must(StartContainer{{"", kName}});
}

/// Until its program has said `word`: a signal that comes before its handler is lost.
bool has_said(Bench& bench, const std::string& word, std::string* log = nullptr) {
  const auto id = bench.seen(kName).id;
  return bench.eventually(kName, [&](const auto&) {
    const std::string said = *bench.engine().logs(id, 50, bench.call());
    if (log != nullptr) *log = said;
    return said.find(word) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("a reloaded container is the same one, and from then on what it was reloaded to") {
  on_every_engine([](Bench& bench) {
    const auto first = service_of(bench, {files_at(kFile, {{"", "one"}})}, {.signal = "SIGHUP"});
    const auto second = service_of(bench, {files_at(kFile, {{"", "two"}})}, {.signal = "SIGHUP"});
    run(bench, first);
    const auto before = bench.seen(kName);
    CHECK(before.reload == "these files");
    CHECK(before.spec_digest == first->digest);
    for (int round = 0; round < 2; ++round) {
      (void)bench.must(reload(*first, second));
      const auto seen = bench.seen(kName);
      CHECK(seen.id == before.id);
      CHECK(seen.started_at == before.started_at);
      CHECK(seen.spec_digest == second->digest);
      CHECK(seen.applied == second->canonical);
    }
    (void)bench.must(StopContainer{{"", kName}, 0s});
    CHECK(bench.seen(kName).spec_digest == second->digest);
    (void)bench.must(StartContainer{{"", kName}});
    (void)bench.must(reload(*second, first));
    CHECK(bench.seen(kName).spec_digest == first->digest);
    CHECK(bench.seen(kName).applied == first->canonical);
  });
}

TEST_CASE("a reload whose command fails is rejected, and the container is what it was") {
  on_every_engine([](Bench& bench) {
    const auto first = service_of(bench, {files_at(kFile, {{"", "one"}})}, {.command = {"false"}});
    const auto second = service_of(bench, {files_at(kFile, {{"", "two"}})}, {.command = {"false"}});
    run(bench, first);
    CHECK(bench.fails(reload(*first, second)).kind == ErrorKind::rejected);
    CHECK(bench.seen(kName).spec_digest == first->digest);
    CHECK(bench.seen(kName).applied.at(kField) == "one");
  });
}

TEST_CASE("a container that does not run cannot be reloaded, and is what it was") {
  on_every_engine([](Bench& bench) {
    const auto first = service_of(bench, {files_at(kFile, {{"", "one"}})}, {.signal = "SIGHUP"});
    const auto second = service_of(bench, {files_at(kFile, {{"", "two"}})}, {.signal = "SIGHUP"});
    run(bench, first);
    (void)bench.must(StopContainer{{"", kName}, 0s});
    CHECK(bench.fails(reload(*first, second)).kind == ErrorKind::transient);
    CHECK(bench.seen(kName).spec_digest == first->digest);
    CHECK(bench.fails(ReloadFiles{{"", "contract-web-gone-1"}, second, {kFile}, {}, {}}).kind == ErrorKind::transient);
  });
}

TEST_CASE("the process finds the new contents of files and of directories, secrets in clear") {
  on_the_real_engine([](Bench& bench) {
    const std::string token = secret_token("PASSWORD", "00ff");
    bench.secrets.emplace(token, Secret("open sesame"));
    const std::string script =
        "show() { cat /etc/app.conf /www/a /www/sub/b; stat -c '%a' /etc/app.conf; echo shown; }; trap show HUP; "
        "trap 'exit 0' TERM; echo ready; while :; do sleep 3600 & wait $!; done";
    const auto with = [&](const std::string& content) {
      auto service = service_of(
          bench, {files_at(kFile, {{"", content + "\n"}}), files_at("/www", {{"a", content + "\n"}, {"sub/b", "b\n"}})},
          {.command = {"sh", "-c", "kill -HUP 1"}});
      service->spec.command = {"/bin/sh", "-c", script};
      return service;
    };
    const auto first = with("one");
    run(bench, first);
    REQUIRE(has_said(bench, "ready"));
    (void)bench.must(reload(*first, with(token)));
    std::string log;
    CHECK(has_said(bench, "shown", &log));
    CHECK(log == "ready\nopen sesame\nopen sesame\nb\n640\nshown\n");
  });
}

TEST_CASE("what ends after a signal is started again by the engine's own restart policy") {
  on_the_real_engine([](Bench& bench) {
    const auto with = [&](const std::string& content) {
      auto service = service_of(bench, {files_at(kFile, {{"", content}})}, {.signal = "SIGHUP"});
      service->spec.command = {"/bin/sh", "-c",
                               "trap 'grep -q two /etc/app.conf && sleep 1 && exit 5' HUP; echo ready; "
                               "while :; do sleep 3600 & wait $!; done"};
      service->spec.restart.name = "always";
      return service;
    };
    const auto first = with("one");
    run(bench, first);
    REQUIRE(has_said(bench, "ready"));
    (void)bench.must(reload(*first, with("two")));
    CHECK(bench.eventually(
        kName, [](const auto& seen) { return seen.restart_count == 1 && seen.state == ContainerState::running; }));
  });
}

TEST_CASE("a command that fails is quoted without secrets, and the files are as before") {
  on_the_real_engine([](Bench& bench) {
    const std::string token = secret_token("PASSWORD", "00ff");
    bench.secrets.emplace(token, Secret("open sesame"));
    const Reload how{.command = {"sh", "-c", "cat /etc/app.conf /www/a; test -e /failed || touch /failed && exit 4"}};
    const auto with = [&](const std::string& content) {
      return service_of(bench, {files_at(kFile, {{"", content}}), files_at("/www", {{"a", content}})}, how);
    };
    const auto first = with("one");
    run(bench, first);
    CHECK_THAT(bench.fails(reload(*first, with(token))).message, Catch::Contains("ended with 4: ******"));
    auto nothing = with("one");
    nothing->reload->command = {"sh", "-c", "cat /etc/app.conf /www/a; exit 5"};
    auto action = reload(*first, nothing);
    action.targets.clear();
    CHECK_THAT(bench.fails(action).message, Catch::Contains("ended with 5: oneone"));
    auto absent = with("one");
    absent->reload->command = {"no-such-program"};
    CHECK(bench.fails(reload(*first, absent)).kind == ErrorKind::rejected);
  });
}
