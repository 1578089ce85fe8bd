#include "plan/replica_roles.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "plan/failure_report.hpp"
#include "plan/live_difference.hpp"
#include "plan/naming.hpp"
#include "plan/reload.hpp"

namespace plimsoll::plan {
namespace {

/// The smallest rank is the base.
auto base_rank(const ServiceInput& input, const std::string& name, const ObservedContainer& container,
               const std::vector<const ObservedContainer*>& beside) {
  const Match match = compare_with(input, container).match;
  const Verdict gate = judge_gate(container, input.service, input.now, input.policy).verdict;
  const Verdict lone = judge_lone(container, input.service, input.now, input.policy).verdict;
  const bool arrived = match != Match::different && gate == Verdict::passed;
  // What is new has to pass its gate; what is old only has to work.
  const bool works = (match == Match::same ? gate : lone) == Verdict::passed && input.parent.lives(container);
  NameRole role = name_role(container.name, name);
  // What served before it comes first, whatever its name is by now; what came after it never served.
  const bool has_older = std::any_of(beside.begin(), beside.end(), [&container](const ObservedContainer* other) {
    return other->created_at < container.created_at;
  });
  if (role == NameRole::superseded && has_older) role = NameRole::undone;
  return std::tuple(!arrived, !works, -static_cast<int>(role), container.created_at.value_or(Instant{}), container.id);
}

/// A running candidate before a prepared one before a failed one, then the newest.
auto candidate_rank(const ObservedContainer& container) {
  const int state = is_up(container) ? 0 : container.state == ContainerState::created ? 1 : 2;
  return std::tuple(state, -container.attempt, Instant{} - container.created_at.value_or(Instant{}), container.id);
}

const ObservedContainer* find_base(const ServiceInput& input, const std::string& name,
                                   const std::vector<const ObservedContainer*>& containers) {
  const auto best = std::min_element(containers.begin(), containers.end(), [&](const auto* left, const auto* right) {
    return base_rank(input, name, *left, containers) < base_rank(input, name, *right, containers);
  });
  return best == containers.end() ? nullptr : *best;
}

/// Its own end says nothing of it: it was stopped because the app goes back.
bool was_taken_back(const ObservedContainer& container, const std::string& name) {
  return name_role(container.name, name) == NameRole::undone && has_ended(container);
}

/// The base replaced it: its last run is from before the base, so that its end tells of no try. It can be started
/// again.
bool was_put_aside(const ServiceInput& input, const ObservedContainer& container, const ObservedContainer& base) {
  if (container.state != ContainerState::exited || input.parent.is_another(container)) return false;
  return container.started_at && base.created_at && *container.started_at < *base.created_at;
}

bool may_be_previous(const ServiceInput& input, const ObservedContainer& container, const ReplicaRoles& roles) {
  if (&container == roles.base || container.replica != roles.number) return false;
  if (container.state == ContainerState::created || container.state == ContainerState::dead) return false;
  if (container.state == ContainerState::removing) return false;
  if (container.created_at > roles.base->created_at) return false;
  if (compare_with(input, container).match != Match::different) return false;
  const NameRole role = name_role(container.name, roles.name);
  return role != NameRole::incoming && role != NameRole::undone;
}

const ObservedContainer* find_previous(const ServiceInput& input, const ReplicaRoles& roles) {
  if (!input.rollout.open && input.rollout.goes_back.empty()) return nullptr;
  const bool superseded = roles.base != nullptr && roles.base_match.match == Match::different;
  if (superseded && !input.rollout.leaves_out_unfinished) return nullptr;
  const ObservedContainer* replaced = find_replaced(input, roles);
  return replaced == roles.candidate ? nullptr : replaced;
}

const ObservedContainer* find_candidate(const ServiceInput& input, const ReplicaRoles& roles,
                                        const std::vector<const ObservedContainer*>& containers) {
  if (roles.base == nullptr || roles.base_match.match != Match::different) return nullptr;
  const ObservedContainer* best = nullptr;
  for (const auto* container : containers) {
    if (container == roles.base || compare_with(input, *container).match != Match::same) continue;
    if (was_taken_back(*container, roles.name)) continue;
    if (best == nullptr || candidate_rank(*container) < candidate_rank(*best)) best = container;
  }
  return best;
}

}  // namespace

Situation situation_of(const ReplicaRoles& roles) noexcept {
  if (roles.base == nullptr) return Situation::missing;
  if (roles.base_match.match != Match::different) return Situation::current;
  if (roles.candidate == nullptr) return Situation::outdated;
  switch (roles.candidate_gate.verdict) {
    case Verdict::not_started: return Situation::prepared;
    case Verdict::failed: return Situation::failed;
    case Verdict::pending:
    case Verdict::passed: break;
  }
  return Situation::gating;
}

bool candidate_was_replaced(const ReplicaRoles& roles) noexcept {
  return roles.candidate != nullptr && roles.candidate->created_at < roles.base->created_at;
}

const ObservedContainer* find_replaced(const ServiceInput& input, const ReplicaRoles& roles) {
  if (roles.base == nullptr) return nullptr;
  const bool superseded = roles.base_match.match == Match::different;
  if (superseded && candidate_was_replaced(roles)) return roles.candidate;
  // A revert was on its way: the name that keeps what was replaced is the base's.
  if (superseded && name_role(roles.base->name, roles.name) == NameRole::outgoing) return nullptr;
  const Verdict gate = judge_gate(*roles.base, input.service, input.now, input.policy).verdict;
  if (!superseded && gate != Verdict::passed) return nullptr;
  const ObservedContainer* best = nullptr;
  const auto rank = [&roles](const ObservedContainer& container) {
    return std::tuple(-static_cast<int>(name_role(container.name, roles.name)),
                      container.created_at.value_or(Instant{}), container.id);
  };
  for (const auto* container : input.containers) {
    if (!may_be_previous(input, *container, roles)) continue;
    // What cannot start any more is no better than what was never through.
    const bool stray = input.parent.service.empty() && !container->namespace_of.empty();
    if (superseded && (stray || input.parent.lost(*container))) continue;
    if (best == nullptr || rank(*container) < rank(*best)) best = container;
  }
  return best;
}

Comparison compare_with(const ServiceInput& input, const ObservedContainer& container) {
  if (container.service != input.service.spec.name) {
    return {Match::different, "it takes the place of " + container.service, {}};
  }
  Comparison comparison = compare_spec(container, input.service, input.memory);
  if (comparison.match == Match::different) return comparison;
  // A record of a failure tells of the spec, wherever it ran: without it nobody would know how often it was tried.
  const bool is_record = has_ended(container) && container.name.ends_with(incoming_name(""));
  if (!is_record && input.parent.is_another(container)) {
    return {Match::different, "its parent " + input.parent.service + " was recreated", {}};
  }
  const std::string lift = input.target.sync.self_heal ? limit_to_lift(container, input.service) : std::string();
  if (!lift.empty()) return {Match::different, lift + " set by hand", {}};
  if (comparison.match != Match::reload) return comparison;
  const std::string why_not = why_no_reload(input, container);
  if (!why_not.empty()) return {Match::different, comparison.cause + "; " + why_not, {}};
  return comparison;
}

ReplicaRoles find_roles(const ServiceInput& input, int number,
                        const std::vector<const ObservedContainer*>& containers) {
  ReplicaRoles roles;
  roles.number = number;
  roles.name = container_name(input.target.id, input.service.spec, number);
  std::vector<const ObservedContainer*> present;
  for (const auto* container : containers) {
    if (container->state == ContainerState::removing) {
      roles.vanishing = true;
    } else if (container->state == ContainerState::created &&
               compare_with(input, *container).match == Match::different) {
      roles.others.push_back(container);  // never ran and never will: nothing to go back to
    } else {
      present.push_back(container);
    }
  }
  roles.base = find_base(input, roles.name, present);
  if (roles.base != nullptr) roles.base_match = compare_with(input, *roles.base);
  roles.candidate = find_candidate(input, roles, present);
  if (roles.candidate != nullptr && !was_put_aside(input, *roles.candidate, *roles.base)) {
    roles.candidate_gate = judge_gate(*roles.candidate, input.service, input.now, input.policy);
    if (start_failed(*roles.candidate, input.memory, input.service, input.policy.retry_limit)) {
      const std::string& why = roles.candidate->detail;
      roles.candidate_gate = {Verdict::failed, {}, "it could not be started" + (why.empty() ? "" : ": " + why)};
    }
  }
  roles.previous = find_previous(input, roles);
  for (const auto* container : present) {
    if (container == roles.base || container == roles.candidate || container == roles.previous) continue;
    roles.others.push_back(container);
  }
  return roles;
}

bool failures_tolerated(const DesiredService& service, const std::vector<ReplicaRoles>& replicas) noexcept {
  const auto failed = std::count_if(replicas.begin(), replicas.end(),
                                    [](const ReplicaRoles& roles) { return situation_of(roles) == Situation::failed; });
  return failed > 0 && static_cast<double>(failed) <= service.rollout.max_failure_ratio * service.replicas;
}

ServiceRoles find_service_roles(const ServiceInput& input) {
  ServiceRoles found;
  std::map<int, std::vector<const ObservedContainer*>> by_number;
  for (const auto* container : input.containers) by_number[container->replica].push_back(container);
  for (auto entry = by_number.rbegin(); entry != by_number.rend(); ++entry) {
    if (entry->first >= 1 && entry->first <= input.service.replicas) continue;
    for (const auto* container : entry->second) {
      if (container->state != ContainerState::removing) found.surplus.push_back(container);
    }
  }
  for (int number = 1; number <= input.service.replicas; ++number) {
    found.replicas.push_back(find_roles(input, number, by_number[number]));
  }
  return found;
}

}  // namespace plimsoll::plan
