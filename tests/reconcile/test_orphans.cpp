#include <catch2/catch.hpp>

#include "reconcile/orphans.hpp"

using namespace plimsoll;
using reconcile::orphaned_targets;

namespace {

ObservedInstance with_apps(const std::vector<std::pair<std::string, std::string>>& apps) {
  ObservedInstance observed;
  for (const auto& [environment, app] : apps) {
    ObservedContainer container;
    container.environment = environment;
    container.app = app;
    observed.containers.push_back(container);
  }
  return observed;
}

DesiredState naming(const std::vector<TargetId>& targets) {
  DesiredState desired;
  for (const auto& id : targets) {
    desired.targets.emplace_back();
    desired.targets.back().id = id;
  }
  return desired;
}

std::vector<std::string> names(const std::vector<TargetId>& targets) {
  std::vector<std::string> texts;
  for (const auto& one : targets) texts.push_back(to_string(one));
  return texts;
}

Diagnostic problem(const std::string& file, Severity severity = Severity::error) {
  return {severity, {file, 1, 1}, "", "wrong", ""};
}

using Names = std::vector<std::string>;
const auto kSeen = with_apps({{"dev", "web"}, {"dev", "api"}, {"dev", "api"}, {"prod", "api"}});

}  // namespace

TEST_CASE("what runs on an instance and no manifest names is orphaned, once each, sorted") {
  const auto desired = naming({{"dev", "api", "dev-1"}});
  CHECK(names(orphaned_targets(desired, "dev-1", kSeen)) == Names{"dev/web@dev-1", "prod/api@dev-1"});
}

TEST_CASE("an app that moved to another instance is orphaned on the old one") {
  const auto desired = naming({{"dev", "api", "dev-2"}, {"dev", "web", "dev-1"}, {"prod", "api", "dev-1"}});
  CHECK(names(orphaned_targets(desired, "dev-1", kSeen)) == Names{"dev/api@dev-1"});
}

TEST_CASE("a shared network that its environment names no more makes an orphan without an app, once nothing uses it") {
  ObservedInstance observed;
  observed.networks = {{"1", "dev_edge", "dev", ""}, {"2", "dev_bus", "dev", ""}};
  auto desired = naming({{"dev", "api", "dev-1"}});
  desired.shared_networks["dev"] = {"dev_bus"};
  CHECK(names(orphaned_targets(desired, "dev-1", observed)) == Names{"dev/@dev-1"});
  CHECK_FALSE(reconcile::uses_what_is_not_shared(desired, "dev-1", observed));
  SECTION("in use") {
    observed.networks->front().in_use = true;
    CHECK(orphaned_targets(desired, "dev-1", observed).empty());
    CHECK(reconcile::uses_what_is_not_shared(desired, "dev-1", observed));
  }
  SECTION("named by the environment's file") {
    desired.shared_networks["dev"].insert("dev_edge");
    CHECK(orphaned_targets(desired, "dev-1", observed).empty());
  }
  SECTION("needed by an app that is pinned to an earlier revision") {
    NetworkSpec pinned;
    pinned.name = "dev_edge";
    pinned.shared = true;
    desired.targets.front().networks = {pinned};
    CHECK(orphaned_targets(desired, "dev-1", observed).empty());
  }
  SECTION("of an environment whose file has errors") {
    desired.broken.push_back({"dev", "", {}, {}});
    CHECK(orphaned_targets(desired, "dev-1", observed).empty());
  }
  SECTION("of an environment that is gone") {
    CHECK(names(orphaned_targets(naming({{"prod", "api", "dev-1"}}), "dev-1", observed)) == Names{"dev/@dev-1"});
  }
  SECTION("of an environment that vanished with an error elsewhere") {
    auto other = naming({{"prod", "api", "dev-1"}});
    other.diagnostics = {problem("instances.yaml")};
    CHECK(orphaned_targets(other, "dev-1", observed).empty());
  }
  SECTION("not looked at") {
    observed.networks.reset();
    CHECK(orphaned_targets(desired, "dev-1", observed).empty());
  }
}

TEST_CASE("a network that an app left behind makes an orphan") {
  ObservedInstance observed;
  observed.networks = {{"1", "dev-old_default", "dev", "old"}};
  CHECK(names(orphaned_targets({}, "dev-1", observed)) == Names{"dev/old@dev-1"});
}

TEST_CASE("a broken app is no orphan, on whatever instance it runs") {
  auto desired = naming({{"dev", "api", "dev-1"}, {"prod", "api", "dev-1"}});
  desired.broken.push_back({"dev", "web", {"dev-2"}, {}});
  CHECK(orphaned_targets(desired, "dev-1", kSeen).empty());
}

TEST_CASE("an environment whose file has errors has no orphans") {
  auto desired = naming({{"prod", "api", "dev-1"}});
  SECTION("as a broken app without a name") { desired.broken.push_back({"dev", "", {}, {}}); }
  SECTION("as a diagnostic") { desired.diagnostics = {problem("environments/dev.yaml")}; }
  SECTION("as a diagnostic with the path in the repository") {
    desired.diagnostics = {problem("manifests/environments/dev.yml")};
  }
  CHECK(orphaned_targets(desired, "dev-1", kSeen).empty());
}

TEST_CASE("an error in another file protects only environments that vanished whole") {
  auto desired = naming({{"dev", "api", "dev-1"}});
  desired.diagnostics = {problem("instances.yaml")};
  CHECK(names(orphaned_targets(desired, "dev-1", kSeen)) == Names{"dev/web@dev-1"});
}

TEST_CASE("a warning protects nothing") {
  auto desired = naming({{"dev", "api", "dev-1"}});
  desired.diagnostics = {problem("environments/dev.yaml", Severity::warning)};
  CHECK(names(orphaned_targets(desired, "dev-1", kSeen)) == Names{"dev/web@dev-1", "prod/api@dev-1"});
}
