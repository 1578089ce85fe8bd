#include "plan/app_rollout.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "plan/gate.hpp"
#include "plan/naming.hpp"
#include "plan/one_shot.hpp"
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
  bool updates = false;        ///< something of another content is there to go back to
  bool tried_first = false;    ///< refused before, and to be prepared again now
  bool halfway = false;        ///< on its way back: that is finished before anything is tried again
  /// What was asked for when that was made which a newer revision supersedes although it was never through.
  std::set<std::string> unfinished;
  std::set<std::string> goes_back_to;  ///< ... and that which would serve if the app went back now
};

/// Made when the target was to be what it is to be now. A revision tells less: after a restart, or a commit elsewhere,
/// another one asks for the same.
bool of_desired_content(const ServiceInput& input, const ObservedContainer& container) {
  if (container.target_digest.empty()) return container.revision == to_string(input.target.revision);
  return container.target_digest == input.target.digest;
}

/// Says the same of what was made for one update.
const std::string& content_of(const ObservedContainer& container) {
  return container.target_digest.empty() ? container.revision : container.target_digest;
}

/// When the last container was made for anything else.
std::optional<Instant> last_of_other_content(const std::vector<ServiceInput>& inputs) {
  std::optional<Instant> last;
  for (const auto& input : inputs) {
    for (const auto* container : input.containers) {
      if (!of_desired_content(input, *container)) last = std::max(last, container->created_at);
    }
  }
  return last;
}

/// How one service stands; `others_until`: what was made no later may be as desired because of a revert.
class ServiceJudge {
 public:
  ServiceJudge(const ServiceInput& input, std::optional<Instant> others_until)
      : input_(input), others_until_(others_until) {}

  Standing judge() { return input_.one_shot ? judge_one_shot() : judge_rolling(); }

 private:
  [[nodiscard]] bool made_by_update(const ObservedContainer& container) const {
    return of_desired_content(input_, container) && container.created_at >= others_until_;
  }
  [[nodiscard]] bool stays_bad(const ObservedContainer& container) const;
  [[nodiscard]] bool has_replaced() const;
  [[nodiscard]] bool may_try_again() const;
  void judge_replica(const ReplicaRoles& roles);
  void judge_way_back(const ReplicaRoles& roles);
  Standing judge_rolling();
  Standing judge_one_shot();

  const ServiceInput& input_;
  const std::optional<Instant> others_until_;
  Standing standing_;
};

/// True when the container, which is as desired, ended or does badly, and nothing new is tried yet.
bool ServiceJudge::stays_bad(const ObservedContainer& container) const {
  if (judge_lone(container, input_.service, input_.now, input_.policy).verdict != Verdict::failed) return false;
  if (!has_ended(container)) return true;
  const Revival revival = judge_revival(container, input_.service, input_.now, input_.policy);
  return revival.crashed && (input_.now < revival.not_before || revival.attempt >= input_.policy.retry_limit);
}

bool refused(const StepFailure* failure) {
  return failure != nullptr && (failure->kind == ErrorKind::conflict || failure->kind == ErrorKind::rejected ||
                                failure->kind == ErrorKind::unauthorized);
}

/// The engine refused a step of this very spec, and the time of the next try has come.
bool ServiceJudge::may_try_again() const {
  const auto known = input_.memory.failures.find(input_.service.spec.name);
  return known != input_.memory.failures.end() && refused(&known->second) && input_.failure == nullptr &&
         known->second.spec_digest == input_.service.digest && !input_.memory.retry_requested;
}

void ServiceJudge::judge_replica(const ReplicaRoles& roles) {
  const Situation situation = situation_of(roles);
  const ObservedContainer* newest = roles.candidate != nullptr ? roles.candidate : roles.base;
  const bool fits = roles.candidate != nullptr || situation == Situation::current;
  if (fits && is_up(*newest) && name_role(newest->name, roles.name) == NameRole::undone) standing_.halfway = true;
  if (situation == Situation::current) {
    if (!made_by_update(*roles.base)) return;
    const Verdict verdict = judge_lone(*roles.base, input_.service, input_.now, input_.policy).verdict;
    standing_.open = standing_.open || verdict != Verdict::passed;
    const bool never_ran = roles.base->state == ContainerState::created;
    standing_.failed_beside = standing_.failed_beside || (never_ran ? refused(input_.failure) : stays_bad(*roles.base));
    return;
  }
  standing_.open = true;
  standing_.failed_beside = standing_.failed_beside || refused(input_.failure);
  const bool prepared = situation == Situation::prepared || situation == Situation::gating;
  standing_.tried_first = standing_.tried_first || (!prepared && may_try_again());
  if (situation == Situation::missing) return;
  standing_.updates = standing_.updates || !of_desired_content(input_, *roles.base);
  if (situation == Situation::failed && input_.now < retry_time(input_, roles)) standing_.failed = true;
}

/// What was replaced in this update is still there.
bool ServiceJudge::has_replaced() const {
  return std::any_of(input_.containers.begin(), input_.containers.end(), [this](const ObservedContainer* container) {
    return has_ended(*container) && !of_desired_content(input_, *container) &&
           compare_with(input_, *container).match == Match::different;
  });
}

Standing ServiceJudge::judge_one_shot() {
  standing_.open = true;
  standing_.failed_beside = refused(input_.failure);
  standing_.tried_first = may_try_again();
  for (const auto* container : input_.containers) {
    if (compare_run(input_, *container).match == Match::different) continue;
    if (!has_ended(*container)) standing_.tried_first = false;
    if (!has_ended(*container)) continue;
    if (container->exit_code == 0) return {};
    if (!made_by_update(*container)) continue;
    const bool exhausted = container->attempt >= input_.policy.retry_limit;
    const Instant again = container->finished_at.value_or(input_.now) + back_off(container->attempt, input_.policy);
    standing_.failed_beside = standing_.failed_beside || exhausted || input_.now < again;
  }
  return standing_;
}

/// What the base of a superseded update had replaced may serve again only together with all that this update replaced.
void ServiceJudge::judge_way_back(const ReplicaRoles& roles) {
  if (roles.base == nullptr) return;
  const ObservedContainer* replaced = find_replaced(input_, roles);
  standing_.goes_back_to.insert(content_of(replaced != nullptr ? *replaced : *roles.base));
  if (replaced == nullptr || situation_of(roles) == Situation::current) return;
  standing_.unfinished.insert(content_of(*roles.base));
  const bool undone = name_role(roles.base->name, roles.name) == NameRole::undone;
  standing_.halfway = standing_.halfway || (undone && is_up(*roles.base));
}

Standing ServiceJudge::judge_rolling() {
  const auto replicas = find_service_roles(input_).replicas;
  const bool tolerated = failures_tolerated(input_.service, replicas);
  for (const auto& roles : replicas) {
    judge_way_back(roles);
    if (!tolerated || situation_of(roles) != Situation::failed) judge_replica(roles);
  }
  standing_.updates = standing_.updates || has_replaced();
  return standing_;
}

/// False also where a service was new in such an update: what was replaced may be gone because all was through.
bool leaves_out_unfinished(const std::vector<Standing>& standings) {
  std::set<std::string> unfinished, goes_back_to;
  for (const auto& standing : standings) {
    unfinished.insert(standing.unfinished.begin(), standing.unfinished.end());
    goes_back_to.insert(standing.goes_back_to.begin(), standing.goes_back_to.end());
  }
  return std::none_of(unfinished.begin(), unfinished.end(),
                      [&goes_back_to](const std::string& content) { return goes_back_to.contains(content); });
}

}  // namespace

AppRollout survey_rollout(const std::vector<ServiceInput>& inputs) {
  AppRollout rollout;
  std::vector<Standing> standings;
  const auto others_until = last_of_other_content(inputs);
  for (const auto& input : inputs) standings.push_back(ServiceJudge(input, others_until).judge());
  rollout.leaves_out_unfinished = leaves_out_unfinished(standings);
  const bool updates =
      std::any_of(standings.begin(), standings.end(), [](const Standing& standing) { return standing.updates; });
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].service.rollout.failure_action != Rollout::FailureAction::rollback) continue;
    rollout.open = rollout.open || standings[i].open;
    rollout.unsettled = rollout.unsettled || (standings[i].open && inputs[i].service.hook != Hook::post_sync);
    if (updates && standings[i].tried_first) rollout.tried_first.insert(inputs[i].service.spec.name);
    const bool failed = standings[i].failed || (updates && standings[i].failed_beside);
    if (!failed || inputs[i].memory.retry_requested) continue;
    const std::string why = inputs[i].service.spec.name + " failed";
    if (rollout.goes_back.empty() || why < rollout.goes_back) rollout.goes_back = why;
  }
  const bool halfway =
      std::any_of(standings.begin(), standings.end(), [](const Standing& standing) { return standing.halfway; });
  const bool asked = !inputs.empty() && inputs.front().memory.retry_requested;
  if (halfway && !asked && rollout.goes_back.empty()) rollout.goes_back = "the app goes back before it is tried again";
  return rollout;
}

}  // namespace plimsoll::plan
