// The loop's side of removals: what no manifest names any more, and whether it may go.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "controller/control_loop.hpp"
#include "plan/removal_guard.hpp"
#include "reconcile/orphans.hpp"

namespace plimsoll::controller {
namespace {

/// What a desired state names. Targets of a broken app are named, too: they must not count as removed.
std::vector<TargetId> named_targets(const DesiredState& state) {
  std::vector<TargetId> ids;
  for (const auto& target : state.targets) ids.push_back(target.id);
  for (const auto& broken : state.broken) {
    for (const auto& instance : broken.instances) ids.push_back({broken.environment, broken.app, instance});
    if (broken.instances.empty()) ids.push_back({broken.environment, broken.app, {}});
  }
  return ids;
}

}  // namespace

void ControlLoop::adopt_orphans(const InstanceLane& lane, const ObservedInstance& observed) {
  if (!desired_) return;
  std::erase_if(orphans_, [&lane](const auto& orphan) { return orphan.first.instance == lane.spec.name; });
  for (const auto& id : reconcile::orphaned_targets(*desired_, lane.spec.name, observed)) {
    SyncPolicy policy;
    for (const auto& target : desired_->targets) {
      if (target.id.environment == id.environment) policy = target.sync;
    }
    const auto* known = targets_.find(id);
    if (known == nullptr || !known->busy) targets_.adopt_orphan(id, policy);
    orphans_[id] = std::any_of(observed.containers.begin(), observed.containers.end(), [&id](const auto& container) {
      return container.environment == id.environment && container.app == id.app;
    });
  }
  const auto found = lanes_.find(lane.spec.name);
  if (found != lanes_.end()) found->second->looked = true;
  decide_removals();
}

void ControlLoop::decide_removals() {
  removable_.clear();
  // Half of the truth could let half of the apps go one instance at a time.
  for (const auto& [name, lane] : lanes_) {
    if (lane->engine && !lane->looked) return;
  }
  const auto next = named_targets(*desired_);
  std::set<TargetId> before(next.begin(), next.end());
  before.insert(vanished_.begin(), vanished_.end());
  // An app of which only networks are left runs no more: taking those away takes nothing down.
  for (const auto& [id, has_containers] : orphans_) {
    if (has_containers) before.insert(id);
  }
  const bool allowed = removal_allowed_ == desired_->revision.commit;
  const auto verdict = plan::guard_removal({before.begin(), before.end()}, next, allowed);
  if (verdict.held && verdict.message != removal_held_) spdlog::warn("removal held: {}", verdict.message);
  removal_held_ = verdict.held ? verdict.message : std::string();
  if (removal_held_.empty()) vanished_.clear();
  for (const auto& [id, has_containers] : orphans_) {
    auto* entry = targets_.find(id);
    if (entry == nullptr) continue;
    if (removal_held_.empty()) {
      removable_.insert(id);
      queue_.add(id, ports_.clock.now(), "named by no manifest");
      continue;
    }
    entry->known = true;
    auto& status = entry->progress.status;
    status.id = id;
    status.sync = SyncStatus::out_of_sync;
    status.health = Health::healthy;
    status.reason = reason::kRemovalBlocked;
    status.message = removal_held_;
  }
  dispatch_soon();
}

}  // namespace plimsoll::controller
