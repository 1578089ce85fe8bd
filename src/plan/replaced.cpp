#include "plan/replaced.hpp"

#include <algorithm>
#include <set>

#include "plan/live_difference.hpp"
#include "plan/naming.hpp"
#include "plan/settle.hpp"
#include "plan/swap_order.hpp"

namespace plimsoll::plan {
namespace {

/// It was started on a way back, after its successor had begun, and ended: it is no longer what it was. One that was
/// started after its successor while it still served, as after a death of the engine, was put aside like any other.
bool ended_again(const ReplicaRoles& roles) {
  const ObservedContainer& previous = *roles.previous;
  if (is_up(previous) || name_role(roles.base->name, roles.name) != NameRole::undone) return false;
  // A successor that crashed was started again since.
  const auto& since = roles.base->restart_count > 0 ? roles.base->created_at : roles.base->started_at;
  return previous.started_at && since && *previous.started_at > *since;
}

/// The networks that it was in while it served: a cut between leaving and joining one may have taken it out.
std::set<std::string> memberships(const ObservedContainer& container) {
  auto names = networks_created_in(container);
  for (const auto& [network, aliases] : container.networks) names.insert(network);
  return names;
}

bool bears_alias(const ObservedContainer& container, const std::string& network) {
  const auto live = container.networks.find(network);
  return live != container.networks.end() &&
         std::find(live->second.begin(), live->second.end(), container.service) != live->second.end();
}

/// One replica on its way back.
class WayBack {
 public:
  WayBack(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome)
      : input_(input), roles_(roles), previous_(*roles.previous), cause_(input.rollout.goes_back), out_(outcome) {}

  void plan() {
    if (previous_.state == ContainerState::paused) return out_.steps.unpause(ref(previous_), "paused by hand");
    ContainerRef base = ref(*roles_.base);
    out_.steps.rename(base, undone_name(roles_.name), cause_);
    // By their names the two are told apart, whatever comes next.
    ContainerRef previous = ref(previous_);
    out_.steps.rename(previous, outgoing_name(roles_.name), cause_);
    if (decide_swap_order(input_.service, roles_.base).stop_first) {
      // What depends on it waits for the one that serves when these steps are done.
      out_.good = is_up(previous_) &&
                  judge_lone(previous_, input_.service, input_.now, input_.policy).verdict == Verdict::passed;
      if (!same_restart(roles_.base->restart, {})) out_.steps.set_restart(base, {}, cause_);
      out_.steps.stop(base, cause_);
      if (!is_up(previous_)) out_.steps.start(previous, cause_);
      return finish(previous);
    }
    if (!is_up(previous_)) {
      strip_aliases(previous_, previous, cause_, out_.steps);
      return out_.steps.start(previous, cause_);
    }
    const Gate gate = judge_lone(previous_, input_.service, input_.now, input_.policy);
    if (gate.verdict != Verdict::passed) return out_.wake(gate.until);
    for (const auto& attachment : aliases_to_give(previous_, input_.service)) {
      out_.steps.connect(previous, attachment, cause_);
    }
    out_.steps.stop(base, cause_);
    finish(previous);
  }

 private:
  /// The base has stopped and the previous one runs.
  void finish(ContainerRef previous) {
    const RestartPolicy wanted = applied_restart(previous_, input_.service.spec.restart);
    if (!same_restart(previous_.restart, wanted)) out_.steps.set_restart(previous, wanted, cause_);
    out_.steps.remove(*roles_.base, cause_);
    // The record of a failure may bear the name. The next plan sees to that.
    if (roles_.candidate == nullptr || roles_.candidate->name != roles_.name) {
      out_.steps.rename(previous, roles_.name, cause_);
    }
  }

  const ServiceInput& input_;
  const ReplicaRoles& roles_;
  const ObservedContainer& previous_;
  const std::string cause_;
  ReplicaOutcome& out_;
};

}  // namespace

std::vector<NetworkAttachment> aliases_to_give(const ObservedContainer& container, const DesiredService& service) {
  auto give = missing_aliases(container);
  for (const auto& network : memberships(container)) {
    const auto known = [&network](const NetworkAttachment& one) { return one.network == network; };
    if (bears_alias(container, network) || std::any_of(give.begin(), give.end(), known)) continue;
    const auto& wanted = service.spec.networks;
    const auto now = std::find_if(wanted.begin(), wanted.end(), known);
    NetworkAttachment attachment;
    attachment.network = network;
    if (now != wanted.end()) attachment.aliases = now->aliases;
    give.push_back(with_service_alias(std::move(attachment), container.service));
  }
  return give;
}

void strip_aliases(const ObservedContainer& container, const ContainerRef& by, const std::string& cause,
                   ServiceSteps& steps) {
  for (const auto& network : memberships(container)) {
    if (container.networks.contains(network) && !bears_alias(container, network)) continue;
    NetworkAttachment bare;
    bare.network = network;
    steps.connect(by, bare, cause);
  }
}

void put_aside(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome) {
  constexpr auto kCause = "kept until the whole app is through";
  const ObservedContainer& previous = *roles.previous;
  if (!same_restart(previous.restart, {})) outcome.steps.set_restart(ref(previous), {}, kCause);
  if (is_up(previous)) outcome.steps.stop(ref(previous), kCause);
  ContainerRef subject = ref(previous);
  outcome.steps.rename(subject, outgoing_name(container_name(input.target.id, input.service.spec, roles.number)),
                       kCause);
}

std::string why_no_way_back(const ServiceInput& input, const ReplicaRoles& roles) {
  const ObservedContainer& previous = *roles.previous;
  if (ended_again(roles)) return "it ended again";
  if (input.parent.lost(previous)) return "the container whose namespace it shared is gone";
  if (!is_up(previous)) return {};
  Gate gate = judge_lone(previous, input.service, input.now, input.policy);
  // While it warms up, its crashes count as those of a new one do: each begins the wait again.
  if (gate.verdict == Verdict::pending) gate = judge_gate(previous, input.service, input.now, input.policy);
  return gate.verdict == Verdict::failed ? "it does badly now, " + gate.detail : std::string();
}

void go_back(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome) {
  WayBack(input, roles, outcome).plan();
  outcome.report(Health::progressing, reason::kRolledBack, "goes back: " + input.rollout.goes_back);
}

void take_back_candidate(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome) {
  const std::string& cause = input.rollout.goes_back;
  ContainerRef candidate = ref(*roles.candidate);
  ReplicaRoles without = roles;
  without.candidate = nullptr;
  // A base that was itself about to be undone when a new revision came has the name that the candidate gets.
  const bool base_first = name_role(roles.base->name, roles.name) == NameRole::undone;
  if (base_first && candidate.name == roles.name) outcome.steps.rename(candidate, incoming_name(roles.name), cause);
  if (base_first) settle_outdated(input, without, outcome);
  outcome.steps.rename(candidate, undone_name(roles.name), cause);
  if (is_up(*roles.candidate)) outcome.steps.stop(candidate, cause);
  if (!base_first) settle_outdated(input, without, outcome);
  outcome.steps.remove(*roles.candidate, cause);
  outcome.report(Health::progressing, reason::kRolledBack, "goes back: " + cause);
}

}  // namespace plimsoll::plan
