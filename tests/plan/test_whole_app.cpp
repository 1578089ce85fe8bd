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

constexpr long kDefaultUpdates = 80;  // with sanitizers; ctest runs many more without
constexpr int kPasses = 4000;

/// An app that runs well, and an update of it that is taken back, with cuts at random steps.
class AppUpdate {
 public:
  explicit AppUpdate(std::uint64_t seed) : dice_(seed), engine_(Instant(std::chrono::hours(500'000))) {
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

  /// One service of the update fails. In the end every service must run in the very containers that it ran in before.
  /// Empty, or what went wrong.
  std::string run() {
    deploy("1", "");
    settle(/* cuts= */ false);
    if (status_.health != Health::healthy) return "does not come up: " + status_.message;
    const auto before = running();
    deploy("2", any_service());
    settle(/* cuts= */ true);
    if (wrong_.empty() && status_.reason != reason::kRolledBack) fail("ends as " + status_.reason);
    if (wrong_.empty() && running() != before) fail("other containers run than before");
    if (const std::string left = leftovers(desired_, engine_); wrong_.empty() && !left.empty()) fail(left);
    return wrong_;
  }

  /// The same app, and an update of it that is taken back by a revert before it is through. Nothing does badly, so
  /// nothing may be called so, and in the end all is as the revert asks for. Empty, or what went wrong.
  std::string run_reverted() {
    deploy("1", "");
    settle(/* cuts= */ false);
    deploy("2", "");
    for (int i = dice_.roll(8); i > 0; --i) {
      carry_out_next(/* cuts= */ true);
      engine_.advance(Millis(dice_.roll(6000)));
    }
    deploy("1", "");
    never_degraded_ = true;
    settle(/* cuts= */ true);
    if (status_.sync != SyncStatus::synced || status_.health != Health::healthy) fail("ends as " + status_.message);
    if (const std::string lacks = shortfall(desired_, engine_); !lacks.empty()) fail(lacks);
    return wrong_;
  }

  /// The same app, an update of it that may itself do badly, and before that is through a newer one, of which one
  /// service fails. In the end every service must run in the very containers that it ran in before both; only where all
  /// of the first update did well by then, all of it may be what is gone back to. Empty, or what went wrong.
  std::string run_superseded() {
    deploy("1", "");
    settle(/* cuts= */ false);
    const auto before = running();
    deploy("2", dice_.chance(30) ? any_service() : "");
    for (int i = dice_.roll(16); i > 0; --i) {
      carry_out_next(/* cuts= */ true);
      engine_.advance(Millis(dice_.roll(6000)));
    }
    const auto unfinished = images();
    const bool may_be_through = runs(unfinished);
    // Of one service the old one serves yet, of another it is gone.
    const bool cut_in_the_end = may_be_through && running().size() > before.size();
    // What was through may be half cleaned up. Of a service that does not change nobody could tell then.
    deploy("3", any_service(), may_be_through ? Others::all_change : Others::some_go_back);
    settle(/* cuts= */ true);
    if (wrong_.empty() && status_.reason != reason::kRolledBack) fail("ends as " + status_.reason);
    const bool as_wanted = running() == before || (may_be_through && runs(unfinished));
    if (wrong_.empty() && !as_wanted && !cut_in_the_end) fail("other containers run than before");
    if (const std::string left = leftovers(desired_, engine_); wrong_.empty() && !left.empty()) fail(left);
    return wrong_;
  }
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }

 private:
  std::string any_service() {
    return desired_.services[static_cast<std::size_t>(dice_.roll(static_cast<int>(desired_.services.size())))]
        .spec.name;
  }
  std::map<std::string, std::string> images() {
    std::map<std::string, std::string> images;
    for (const auto& service : desired_.services) images[service.spec.name] = service.spec.image;
    return images;
  }
  /// True when every replica runs the image given, and has done well.
  bool runs(const std::map<std::string, std::string>& images) {
    return std::all_of(desired_.services.begin(), desired_.services.end(), [&](const DesiredService& service) {
      return service.replicas ==
             std::count_if(engine_.containers().begin(), engine_.containers().end(), [&](const SimContainer& one) {
               return one.seen.service == service.spec.name && one.seen.image == images.at(service.spec.name) &&
                      one.seen.state == ContainerState::running && (one.ever_good || engine_.is_good(one));
             });
    });
  }
  void add_service(const std::string& name) {
    DesiredService service;
    service.spec.name = name;
    NetworkAttachment attachment;
    attachment.network = "dev-shop_default";
    service.spec.networks.push_back(attachment);
    if (dice_.chance(60)) service.spec.healthcheck = HealthCheck{};
    if (dice_.chance(60)) service.spec.restart.name = "unless-stopped";
    service.rollout.parallelism = dice_.roll(3);
    if (dice_.chance(30)) service.rollout.min_ready = Millis(0);
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

  /// What an update does to services other than the one that does badly.
  enum class Others { all_change, most_change, some_go_back };

  /// Gives services the tag; `bad` certainly, and its containers do badly.
  void deploy(const std::string& tag, const std::string& bad, Others others = Others::most_change) {
    desired_.revision = {"main", tag};
    for (auto& service : desired_.services) {
      const bool may_stay = !bad.empty() && service.spec.name != bad && others != Others::all_change;
      if (may_stay && dice_.chance(30)) continue;
      if (may_stay && others == Others::some_go_back && dice_.chance(15)) {
        service.spec.image = service.spec.name + ":1";
        complete(service);
        continue;
      }
      service.spec.image = service.spec.name + ":" + tag;
      Behaviour behaviour;
      behaviour.healthy_after = Millis(500 * dice_.roll(12));
      if (service.spec.name == bad) {
        behaviour.unhealthy = service.spec.healthcheck && dice_.chance(50);
        // Before its gate can have passed.
        const bool at_once = service.rollout.min_ready == Millis(0);
        if (!behaviour.unhealthy) behaviour.exit_after = Millis(at_once ? 0 : 300 * dice_.roll(6));
        behaviour.healthy_after = Millis(60'000);
      }
      engine_.set_behaviour(service.spec.image, behaviour);
      complete(service);
    }
    complete(desired_);
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
      const Plan plan = carry_out_next(cuts);
      if (never_degraded_ && status_.health == Health::degraded) fail("calls it degraded: " + status_.message);
      if (dice_.chance(10)) desired_.revision.commit += "'";  // a commit elsewhere, and a restart of the controller
      if (!plan.steps.empty()) continue;
      if (!plan.wake_at && status_.health != Health::progressing) return;
      engine_.advance(plan.wake_at ? std::max(Millis(*plan.wake_at - engine_.now()), Millis(1)) : Millis(1000));
    }
    fail("does not settle");
  }

  Plan carry_out_next(bool cuts) {
    const ObservedInstance observed = engine_.observe(desired_.id, true);
    Plan plan = plan::plan_target(desired_, observed, {}, engine_.now());
    status_ = plan.status;
    log_.push_back("plan: " + std::string(to_string(status_.health)) + " " + status_.reason + " " + status_.message);
    carry_out(random_order(plan, desired_, observed, dice_), cuts);
    return plan;
  }

  void carry_out(const std::vector<const Step*>& steps, bool cuts) {
    const std::size_t cut = cuts && dice_.chance(30) ? static_cast<std::size_t>(dice_.roll(8)) : steps.size();
    for (std::size_t i = 0; i < std::min(cut, steps.size()); ++i) {
      log_.push_back("  " + to_string(*steps[i]));
      if (const std::string bad = violation(*steps[i], desired_, engine_); !bad.empty()) fail(bad);
      const std::string no = engine_.apply(steps[i]->action, desired_.id);
      if (no == kNoNamespace || no == kGateNotPassed) return log_.push_back("  ^ " + no);
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
  bool never_degraded_ = false;
};

/// Runs as many updates as are asked for, each with its own seed; fails with the log of the first that goes wrong.
long run_updates(std::string (AppUpdate::*kind)()) {
  const char* asked = std::getenv("PLIMSOLL_UPDATES");
  const long updates = asked == nullptr ? kDefaultUpdates : std::strtol(asked, nullptr, 10);
  for (long seed = 1; seed <= updates; ++seed) {
    AppUpdate update(static_cast<std::uint64_t>(seed));
    const std::string wrong = (update.*kind)();
    if (wrong.empty()) continue;
    const auto& log = update.log();
    for (std::size_t i = log.size() > 90 ? log.size() - 90 : 0; i < log.size(); ++i) std::cerr << log[i] << "\n";
    FAIL("seed " << seed << ": " << wrong);
  }
  return updates;
}

}  // namespace

TEST_CASE("an update in which one service fails leaves the whole app in the containers that it ran in before") {
  const long updates = run_updates(&AppUpdate::run);
  std::cout << updates << " failing updates, each undone\n";
  REQUIRE(updates > 0);
}

TEST_CASE("an update that fails before the one before it was through leaves the app in the containers before both") {
  const long updates = run_updates(&AppUpdate::run_superseded);
  std::cout << updates << " updates, each superseded by one that fails\n";
  REQUIRE(updates > 0);
}

TEST_CASE("an update in which a revert comes before it is through ends well, and never calls degraded what does well") {
  const long updates = run_updates(&AppUpdate::run_reverted);
  std::cout << updates << " updates, each reverted\n";
  REQUIRE(updates > 0);
}

}  // namespace plimsoll::plan_test
