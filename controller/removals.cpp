#include "controller/removals.hpp"

#include <algorithm>

#include "plan/removal_guard.hpp"

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

void Removals::revise(const DesiredState* previous, const DesiredState& next) {
  defer();
  if (allowed_for_ != next.revision.commit) allowed_.clear();
  if (previous != nullptr) {
    for (const auto& target : previous->targets) vanished_.insert(target.id);
  }
  for (const auto& [environment, policy] : next.environments) policies_[environment] = policy;
  const auto is_out_of_sight = [&next](const TargetId& id) {
    return std::none_of(next.instances.begin(), next.instances.end(),
                        [&id](const InstanceSpec& spec) { return spec.name == id.instance; });
  };
  std::erase_if(vanished_, is_out_of_sight);
  std::erase_if(orphans_, [&](const auto& orphan) { return is_out_of_sight(orphan.first); });
}

void Removals::found(const std::string& instance, const std::map<TargetId, bool>& orphans) {
  std::erase_if(orphans_, [&instance](const auto& orphan) { return orphan.first.instance == instance; });
  orphans_.insert(orphans.begin(), orphans.end());
}

void Removals::allow(const TargetFilter& filter, const std::string& commit) {
  if (allowed_for_ != commit) allowed_.clear();
  allowed_for_ = commit;
  allowed_.push_back(filter);
}

bool Removals::is_allowed(const TargetId& target) const {
  return std::any_of(allowed_.begin(), allowed_.end(),
                     [&target](const TargetFilter& filter) { return filter.matches(target); });
}

void Removals::decide(const DesiredState& desired) {
  removable_.clear();
  // What somebody let through is no loss that the guard has to weigh.
  std::erase_if(vanished_, [this](const TargetId& id) { return is_allowed(id); });
  const auto next = named_targets(desired);
  std::set<TargetId> before(next.begin(), next.end());
  before.insert(vanished_.begin(), vanished_.end());
  // An app of which only networks are left runs no more: taking those away takes nothing down.
  for (const auto& [id, has_containers] : orphans_) {
    if (has_containers && !is_allowed(id)) before.insert(id);
  }
  const auto verdict = plan::guard_removal({before.begin(), before.end()}, next, /* allow_removal= */ false);
  held_ = verdict.held ? verdict.message : std::string();
  if (!verdict.held) vanished_.clear();
  for (const auto& [id, has_containers] : orphans_) {
    if (!verdict.held || is_allowed(id)) removable_.insert(id);
  }
}

std::vector<TargetId> Removals::orphans() const {
  std::vector<TargetId> ids;
  for (const auto& [id, has_containers] : orphans_) ids.push_back(id);
  return ids;
}

SyncPolicy Removals::policy(const TargetId& target, const Decisions& decisions) const {
  const auto known = policies_.find(target.environment);
  SyncPolicy policy = known == policies_.end() ? SyncPolicy{} : known->second;
  policy.suspended = policy.suspended || decisions.suspends(target.environment, target.app);
  return policy;
}

}  // namespace plimsoll::controller
