#include "plan/naming.hpp"
#include "plan/retry.hpp"
#include "plan/settle.hpp"

namespace plimsoll::plan {
namespace {

/// Gives the base its settled name. Whoever bears that name gets `.next`; if that is the base's, by way of `.prev`, or
/// of `.undone` where `.prev` is taken.
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
  steps.rename(candidate, roles.previous == nullptr ? outgoing_name(roles.name) : undone_name(roles.name), kRecord);
  steps.rename(base, roles.name, kCause);
  steps.rename(candidate, next, kRecord);
  return base;
}

void revive(const ServiceInput& input, const ObservedContainer& base, bool stopped_by_swap, ReplicaOutcome& outcome) {
  const Revival revival = judge_revival(base, input.service, input.now, input.policy);
  // It waits for the one whose namespace it shares, of which the next observation tells.
  if (!input.parent.lives(base)) return;
  if (stopped_by_swap) {
    outcome.steps.start(ref(base), "it serves again");
  } else if (input.now >= revival.not_before) {
    outcome.steps.start(ref(base), exit_text(base) + " while nothing newer serves");
  } else {
    outcome.wake(revival.not_before);
  }
}

}  // namespace

void settle_outdated(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome) {
  const ObservedContainer& base = *roles.base;
  const RestartPolicy wanted = applied_restart(base, input.service.spec.restart);
  const bool taken_away = base.restart.name == "no" && !same_restart(base.restart, wanted);
  const NameRole role = name_role(base.name, roles.name);
  const bool stopped_by_swap = taken_away || role == NameRole::outgoing || role == NameRole::superseded;
  // First of all it serves: what comes after may fail without harm, and a cut before leaves the marks of the swap.
  if (base.state == ContainerState::paused) outcome.steps.unpause(ref(base), "paused by hand");
  if (base.state == ContainerState::exited) revive(input, base, stopped_by_swap, outcome);
  if (is_up(base) && input.parent.was_renewed(base)) {
    outcome.steps.stop(ref(base), input.parent.renewal_cause());
    outcome.steps.start(ref(base), input.parent.renewal_cause());
  }
  const ContainerRef container = take_settled_name(roles, outcome.steps);
  if (taken_away) outcome.steps.set_restart(container, wanted, "it serves again");
}

}  // namespace plimsoll::plan
