#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>

#include "plan/canonical_form.hpp"
#include "plan/naming.hpp"
#include "plan/plan_target.hpp"
#include "plan/random_order.hpp"
#include "plan/safety_properties.hpp"
#include "plan/walk_generator.hpp"

namespace plimsoll::plan_test {
namespace {

constexpr long kDefaultUpdates = 200;
constexpr int kPasses = 4000;

/// An app that runs well, and an update of it in which one service fails, with cuts at random steps. In the end every
/// service must run in the very containers that it ran in before.
class FailingUpdate {
 public:
  explicit FailingUpdate(std::uint64_t seed) : dice_(seed), engine_(Instant(std::chrono::hours(500'000))) {
    desired_.id = {"dev", "shop", "one"};
    NetworkSpec network;
    network.name = "dev-shop_default";
    desired_.networks.push_back(network);
    VolumeSpec volume;
    volume.name = "dev-shop_data";
    desired_.volumes.push_back(volume);
    for (const auto* name : {"api", "db", "web"}) add_service(name);
    if (dice_.chance(50)) add_sidecar();
  }

  /// Empty, or what went wrong.
  std::string run() {
    deploy("1", "");
    settle(/* cuts= */ false);
    if (status_.health != Health::healthy) return "does not come up: " + status_.message;
    const auto before = running();
    const int count = static_cast<int>(desired_.services.size());
    deploy("2", desired_.services[static_cast<std::size_t>(dice_.roll(count))].spec.name);
    settle(/* cuts= */ true);
    if (wrong_.empty() && status_.reason != reason::kRolledBack) fail("ends as " + status_.reason);
    if (wrong_.empty() && running() != before) fail("other containers run than before");
    if (const std::string left = leftovers(desired_, engine_); wrong_.empty() && !left.empty()) fail(left);
    return wrong_;
  }
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }

 private:
  void add_service(const std::string& name) {
    DesiredService service;
    service.spec.name = name;
    NetworkAttachment attachment;
    attachment.network = "dev-shop_default";
    service.spec.networks.push_back(attachment);
    if (dice_.chance(60)) service.spec.healthcheck = HealthCheck{};
    if (dice_.chance(60)) service.spec.restart.name = "unless-stopped";
    service.rollout.parallelism = dice_.roll(3);
    if (name == "db") {
      Mount mount;
      mount.source = "dev-shop_data";
      mount.target = "/data";
      service.spec.mounts.push_back(mount);
    } else {
      service.replicas = 1 + dice_.roll(3);
    }
    if (name == "api" && dice_.chance(50)) {
      Dependency dependency;
      dependency.service = "db";
      dependency.condition = dice_.chance(50) ? Dependency::Condition::healthy : Dependency::Condition::started;
      service.depends_on.push_back(dependency);
    }
    desired_.services.push_back(service);
  }

  /// A service that lives in the network of the one that is stopped first, or of one that is not.
  void add_sidecar() {
    add_service("side");
    ServiceSpec& spec = desired_.services.back().spec;
    spec.networks.clear();
    spec.network_mode = dice_.chance(50) ? "service:db" : "service:web";
    desired_.services.back().replicas = 1;
  }

  /// Gives services the tag; `bad` certainly, and its containers do badly.
  void deploy(const std::string& tag, const std::string& bad) {
    desired_.revision = {"main", tag};
    for (auto& service : desired_.services) {
      if (!bad.empty() && service.spec.name != bad && dice_.chance(30)) continue;
      service.spec.image = service.spec.name + ":" + tag;
      Behaviour behaviour;
      behaviour.healthy_after = Millis(500 * dice_.roll(12));
      if (service.spec.name == bad) {
        behaviour.unhealthy = service.spec.healthcheck && dice_.chance(50);
        if (!behaviour.unhealthy) behaviour.exit_after = Millis(300 * dice_.roll(6));
        behaviour.healthy_after = Millis(60'000);
      }
      engine_.set_behaviour(service.spec.image, behaviour);
      complete(service);
    }
  }

  std::map<std::string, std::string> running() {
    std::map<std::string, std::string> ids;
    for (const auto& container : engine_.containers()) {
      if (container.seen.state != ContainerState::running) continue;
      std::string& what = ids[container.seen.name] = container.seen.id;
      const SimContainer* parent = engine_.find({container.seen.namespace_of, ""});
      if (container.seen.namespace_of.empty()) parent = &container;
      if (parent == nullptr || parent->seen.state != ContainerState::running) what += " without network";
      if (parent != nullptr && parent->seen.started_at > container.seen.started_at)
        what += " in a network that is gone";
      for (const auto& [network, aliases] : container.seen.networks) {
        what += " " + network;
        for (const auto& alias : aliases) what += "/" + alias;
      }
    }
    return ids;
  }

  void settle(bool cuts) {
    for (int i = 0; i < kPasses && wrong_.empty(); ++i) {
      const ObservedInstance observed = engine_.observe();
      const Plan plan = plan::plan_target(desired_, observed, {}, engine_.now());
      status_ = plan.status;
      log_.push_back("plan: " + std::string(to_string(status_.health)) + " " + status_.reason + " " + status_.message);
      carry_out(random_order(plan, desired_, observed, dice_), cuts);
      if (!plan.steps.empty()) continue;
      if (!plan.wake_at && status_.health != Health::progressing) return;
      engine_.advance(plan.wake_at ? std::max(Millis(*plan.wake_at - engine_.now()), Millis(1)) : Millis(1000));
    }
    fail("does not settle");
  }

  void carry_out(const std::vector<const Step*>& steps, bool cuts) {
    const std::size_t cut = cuts && dice_.chance(30) ? static_cast<std::size_t>(dice_.roll(8)) : steps.size();
    for (std::size_t i = 0; i < std::min(cut, steps.size()); ++i) {
      log_.push_back("  " + to_string(*steps[i]));
      if (const std::string bad = violation(*steps[i], desired_, engine_); !bad.empty()) fail(bad);
      const std::string no = engine_.apply(steps[i]->action, desired_.id);
      if (no == kNoNamespace) return log_.push_back("  ^ " + no);
      if (!no.empty()) fail("refused: " + no);
      engine_.advance(Millis(1 + dice_.roll(40)));
    }
    if (cut >= steps.size()) return;
    // An engine changes aliases by leaving a network and joining it again.
    if (const auto* connect = std::get_if<ConnectNetwork>(&steps[cut]->action); connect && dice_.chance(50)) {
      (void)engine_.apply(DisconnectNetwork{connect->container, connect->attachment.network}, desired_.id);
      log_.push_back("  (cut while off the network)");
    }
    engine_.advance(Millis(dice_.roll(3000)));
  }

  void fail(const std::string& text) {
    if (!wrong_.empty()) return;
    wrong_ = text;
    for (const auto& container : engine_.containers()) {
      log_.push_back("has " + container.seen.name + " " + container.seen.image + " " +
                     std::string(to_string(container.seen.state)) + " " + container.seen.id);
    }
  }

  Dice dice_;
  EngineSimulation engine_;
  DesiredTarget desired_;
  TargetStatus status_;
  std::vector<std::string> log_;
  std::string wrong_;
};

}  // namespace

TEST_CASE("an update in which one service fails leaves the whole app in the containers that it ran in before") {
  const char* asked = std::getenv("PLIMSOLL_UPDATES");
  const long updates = asked == nullptr ? kDefaultUpdates : std::strtol(asked, nullptr, 10);
  for (long seed = 1; seed <= updates; ++seed) {
    FailingUpdate update(static_cast<std::uint64_t>(seed));
    const std::string wrong = update.run();
    if (wrong.empty()) continue;
    const auto& log = update.log();
    for (std::size_t i = log.size() > 90 ? log.size() - 90 : 0; i < log.size(); ++i) std::cerr << log[i] << "\n";
    FAIL("seed " << seed << ": " << wrong);
  }
  std::cout << updates << " failing updates, each undone\n";
  REQUIRE(updates > 0);
}

}  // namespace plimsoll::plan_test
