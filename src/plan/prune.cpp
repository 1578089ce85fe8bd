#include "plan/prune.hpp"

#include <algorithm>
#include <tuple>

#include "plan/gate.hpp"
#include "plan/service_steps.hpp"
#include "plan/target_status.hpp"

namespace plimsoll::plan {

std::vector<const ObservedContainer*> containers_of(const TargetId& target, const ObservedInstance& observed) {
  std::vector<const ObservedContainer*> ours;
  for (const auto& container : observed.containers) {
    if (container.environment == target.environment && container.app == target.app) ours.push_back(&container);
  }
  std::sort(ours.begin(), ours.end(), [](const auto* left, const auto* right) {
    return std::tie(left->service, left->replica, left->name, left->id) <
           std::tie(right->service, right->replica, right->name, right->id);
  });
  return ours;
}

std::vector<Step> remove_containers(const std::vector<const ObservedContainer*>& containers, const std::string& cause) {
  std::vector<Step> steps;
  for (const auto* container : containers) {
    if (container->state == ContainerState::removing) continue;
    if (is_up(*container)) steps.push_back({container->service, StopContainer{ref(*container), std::nullopt}, cause});
    const bool force = container->state == ContainerState::dead;
    steps.push_back({container->service, RemoveContainer{ref(*container), force}, cause});
  }
  return steps;
}

std::vector<Step> remove_networks(const TargetId& target, const std::set<std::string>& kept,
                                  const ObservedInstance& observed) {
  std::vector<Step> steps;
  if (!observed.networks) return steps;
  std::vector<const ObservedNetwork*> gone;
  for (const auto& network : *observed.networks) {
    const bool ours = network.environment == target.environment && network.app == target.app;
    if (ours && !kept.contains(network.name) && !network.in_use) gone.push_back(&network);
  }
  std::sort(gone.begin(), gone.end(), [](const auto* left, const auto* right) {
    return std::tie(left->name, left->id) < std::tie(right->name, right->id);
  });
  for (const auto* network : gone) {
    steps.push_back({{}, RemoveNetwork{network->id, network->name}, "no manifest names it any more"});
  }
  return steps;
}

std::vector<Step> remove_idle_files(const TargetId& target, const ObservedInstance& observed) {
  std::vector<Step> steps;
  for (const auto& files : observed.idle_files) {
    if (files.environment != target.environment || files.app != target.app) continue;
    steps.push_back({{}, RemoveFiles{files.name}, "its container is gone"});
  }
  std::sort(steps.begin(), steps.end(),
            [](const Step& left, const Step& right) { return to_string(left) < to_string(right); });
  return steps;
}

Plan plan_removal(const TargetId& target, const SyncPolicy& sync, const ObservedInstance& observed,
                  const TargetMemory& memory, Instant now, const std::set<std::string>& kept) {
  Plan plan;
  plan.target = plan.status.id = target;
  const auto containers = containers_of(target, observed);
  plan.status.services = list_services({}, containers);
  if (!sync.suspended && sync.prune) {
    plan.steps = remove_containers(containers, "no manifest names the app any more");
    if (containers.empty()) plan.steps = remove_networks(target, kept, observed);
    if (plan.steps.empty()) plan.steps = remove_idle_files(target, observed);
  }
  const bool left = !containers.empty() || !plan.steps.empty();
  plan.status.sync = left ? SyncStatus::out_of_sync : SyncStatus::synced;
  plan.status.health = Health::healthy;
  if (!left) {
    plan.status.message = "removed";
    return plan;
  }
  plan.status.reason = sync.suspended ? reason::kSuspended : sync.prune ? reason::kPruning : reason::kPruneDisabled;
  plan.status.health = sync.suspended ? Health::suspended : sync.prune ? Health::progressing : Health::healthy;
  const std::string what = target.app.empty() ? "the environment shares a network no more"
                                              : std::string("no manifest names the app any more");
  plan.status.message = what + (sync.suspended ? "; suspended" : sync.prune ? "; removing it" : "; prune is off");
  if (const auto failure = memory.failures.find("");
      failure != memory.failures.end() && !memory.retry_requested && now < failure->second.retry_at) {
    plan.steps.clear();
    if (failure->second.retry_at != Instant::max()) plan.wake_at = failure->second.retry_at;
    plan.status.reason = reason::kError;
    plan.status.health = Health::degraded;
    plan.status.message = failure->second.message;
  }
  return plan;
}

}  // namespace plimsoll::plan
