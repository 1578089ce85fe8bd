#include "plan/app_rollout.hpp"

#include <algorithm>

#include "plan/gate.hpp"
#include "plan/naming.hpp"
#include "plan/replica_roles.hpp"
#include "plan/retry.hpp"
#include "plan/swap.hpp"

namespace plimsoll::plan {
namespace {

/// What one service says of the update.
struct Standing {
  bool open = false;
  bool failed = false;
  bool failed_beside = false;  ///< failed with nothing of its own to go back to; counts only in an update
  bool updates = false;        ///< something of another revision is there to go back to
  bool halfway = false;        ///< on its way back: that is finished before anything is tried again
};

bool of_desired_revision(const ServiceInput& input, const ObservedContainer& container) {
  return container.revision == to_string(input.target.revision);
}

/// True when the container, which is as desired, ended or does badly, and nothing new is tried yet.
bool stays_bad(const ServiceInput& input, const ObservedContainer& container) {
  if (judge_lone(container, input.service, input.now, input.policy).verdict != Verdict::failed) return false;
  if (!has_ended(container)) return true;
  const Revival revival = judge_revival(container, input.service, input.now, input.policy);
  return revival.crashed && (input.now < revival.not_before || revival.attempt >= input.policy.retry_limit);
}

bool refused(const StepFailure* failure) {
  return failure != nullptr && (failure->kind == ErrorKind::conflict || failure->kind == ErrorKind::rejected ||
                                failure->kind == ErrorKind::unauthorized);
}

void judge_replica(const ServiceInput& input, const ReplicaRoles& roles, Standing& standing) {
  const Situation situation = situation_of(roles);
  const ObservedContainer* newest = roles.candidate != nullptr ? roles.candidate : roles.base;
  const bool fits = roles.candidate != nullptr || situation == Situation::current;
  if (fits && is_up(*newest) && name_role(newest->name, roles.name) == NameRole::undone) standing.halfway = true;
  if (situation == Situation::current) {
    if (!of_desired_revision(input, *roles.base)) return;
    const Verdict verdict = judge_lone(*roles.base, input.service, input.now, input.policy).verdict;
    standing.open = standing.open || verdict != Verdict::passed;
    standing.failed_beside = standing.failed_beside || stays_bad(input, *roles.base);
    return;
  }
  standing.open = true;
  if (situation == Situation::missing) return;
  standing.updates = standing.updates || !of_desired_revision(input, *roles.base);
  standing.failed_beside = standing.failed_beside || refused(input.failure);
  if (situation == Situation::failed && input.now < retry_time(input, roles)) standing.failed = true;
}

/// What was replaced in this update and is still there.
bool has_replaced(const ServiceInput& input) {
  return std::any_of(input.containers.begin(), input.containers.end(), [&input](const ObservedContainer* container) {
    return has_ended(*container) && !of_desired_revision(input, *container) &&
           compare_with(input, *container).match == Match::different;
  });
}

Standing judge_one_shot(const ServiceInput& input) {
  Standing standing;
  standing.open = true;
  for (const auto* container : input.containers) {
    if (compare_with(input, *container).match == Match::different || !has_ended(*container)) continue;
    if (container->exit_code == 0) return {};
    if (!of_desired_revision(input, *container)) continue;
    const bool exhausted = container->attempt >= input.policy.retry_limit;
    const Instant again = container->finished_at.value_or(input.now) + back_off(container->attempt, input.policy);
    standing.failed_beside = standing.failed_beside || exhausted || input.now < again;
  }
  return standing;
}

Standing judge_service(const ServiceInput& input) {
  if (input.one_shot) return judge_one_shot(input);
  Standing standing;
  const auto replicas = find_service_roles(input).replicas;
  const bool tolerated = failures_tolerated(input.service, replicas);
  for (const auto& roles : replicas) {
    if (!tolerated || situation_of(roles) != Situation::failed) judge_replica(input, roles, standing);
  }
  standing.updates = standing.updates || has_replaced(input);
  return standing;
}

}  // namespace

AppRollout survey_rollout(const std::vector<ServiceInput>& inputs) {
  AppRollout rollout;
  std::vector<Standing> standings;
  for (const auto& input : inputs) standings.push_back(judge_service(input));
  const bool updates =
      std::any_of(standings.begin(), standings.end(), [](const Standing& standing) { return standing.updates; });
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].service.rollout.failure_action != Rollout::FailureAction::rollback) continue;
    rollout.open = rollout.open || standings[i].open;
    rollout.unsettled = rollout.unsettled || (standings[i].open && inputs[i].service.hook != Hook::post_sync);
    const bool failed = standings[i].failed || (updates && standings[i].failed_beside);
    if (!failed || inputs[i].memory.retry_requested) continue;
    const std::string why = inputs[i].service.spec.name + " failed";
    if (rollout.goes_back.empty() || why < rollout.goes_back) rollout.goes_back = why;
  }
  const bool halfway =
      std::any_of(standings.begin(), standings.end(), [](const Standing& standing) { return standing.halfway; });
  if (halfway && rollout.goes_back.empty()) rollout.goes_back = "the app goes back before it is tried again";
  return rollout;
}

}  // namespace plimsoll::plan
