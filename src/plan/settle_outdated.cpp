#include "plan/naming.hpp"
#include "plan/retry.hpp"
#include "plan/settle.hpp"

namespace plimsoll::plan {
namespace {

/// Gives the base its settled name. Whoever bears that name gets `.next`; if that is the base's, by way of `.prev`.
ContainerRef take_settled_name(const ReplicaRoles& roles, ServiceSteps& steps) {
  constexpr auto kCause = "it serves";
  constexpr auto kRecord = "kept as the record of the failure";
  ContainerRef base = ref(*roles.base);
  const std::string next = incoming_name(roles.name);
  const bool in_the_way = roles.candidate != nullptr && roles.candidate->name != next && base.name != roles.name;
  if (!in_the_way) {
    steps.rename(base, roles.name, kCause);
    return base;
  }
  ContainerRef candidate = ref(*roles.candidate);
  if (base.name != next) {
    steps.rename(candidate, next, kRecord);
    steps.rename(base, roles.name, kCause);
    return base;
  }
  steps.rename(candidate, outgoing_name(roles.name), kRecord);
  steps.rename(base, roles.name, kCause);
  steps.rename(candidate, next, kRecord);
  return base;
}

/// True when the base had ended before the candidate began: it made way in a stop-first swap, and its own exit says
/// nothing of it. Holds after any cut of the way back, when names and restart policy tell no more.
bool made_way(const ReplicaRoles& roles) {
  const ObservedContainer* candidate = roles.candidate;
  if (candidate == nullptr || !candidate->started_at || !roles.base->finished_at) return false;
  return *roles.base->finished_at <= *candidate->started_at;
}

}  // namespace

void settle_outdated(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome) {
  const ObservedContainer& base = *roles.base;
  const RestartPolicy wanted = applied_restart(base, input.service.spec.restart);
  const bool taken_away = base.restart.name == "no" && !same_restart(base.restart, wanted);
  const bool stopped_by_swap = taken_away || name_role(base.name, roles.name) == NameRole::outgoing || made_way(roles);
  const ContainerRef container = take_settled_name(roles, outcome.steps);
  if (taken_away) outcome.steps.set_restart(container, wanted, "it serves again");
  if (base.state == ContainerState::paused) outcome.steps.unpause(container, "paused by hand");
  if (base.state != ContainerState::exited) return;
  const Revival revival = judge_revival(base, input.service, input.now, input.policy);
  if (stopped_by_swap) {
    outcome.steps.start(container, "it serves again");
  } else if (!revival.crashed && input.now >= revival.not_before) {
    outcome.steps.start(container, exit_text(base) + " while nothing newer serves");
  } else if (!revival.crashed) {
    outcome.wake(revival.not_before);
  }
}

}  // namespace plimsoll::plan
