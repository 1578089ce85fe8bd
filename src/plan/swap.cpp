#include "plan/swap.hpp"

#include "plan/failure_report.hpp"
#include "plan/live_difference.hpp"
#include "plan/naming.hpp"
#include "plan/replaced.hpp"
#include "plan/retry.hpp"
#include "plan/settle.hpp"
#include "plan/swap_order.hpp"

namespace plimsoll::plan {
namespace {

/// One replica on its way from its base to a new container.
class Swap {
 public:
  Swap(const ServiceInput& input, const ReplicaRoles& roles, const SwapPermit& permit)
      : input_(input),
        roles_(roles),
        permit_(permit),
        order_(decide_swap_order(input.service, roles.base)),
        out_(input) {}

  ReplicaOutcome plan();

 private:
  [[nodiscard]] bool may_create() const { return permit_.may_begin && !input_.parent.unsettled; }
  [[nodiscard]] bool may_activate() const { return permit_.may_begin && input_.waits_for.empty(); }
  /// The newer revision asks for the very container that the app goes back to.
  [[nodiscard]] bool goes_back_to_candidate() const {
    return !input_.rollout.goes_back.empty() && input_.rollout.leaves_out_unfinished &&
           candidate_was_replaced(roles_) && input_.parent.lives(*roles_.candidate);
  }
  [[nodiscard]] std::string cause() const { return roles_.base_match.cause + "; " + order_.cause; }

  [[nodiscard]] bool is_reserve(const ObservedContainer& other) const;
  bool leave_out_base();
  void plan_outdated();
  void plan_prepared();
  void plan_gating();
  void plan_failed();
  void serve_old_again();
  void plan_retry();
  void create_and_activate();
  void bring_back();
  void begin(const ContainerRef& base, const ContainerRef& candidate);
  void activate(ContainerRef base, ContainerRef candidate);
  void report_waiting();
  [[nodiscard]] std::string failure_text() const;

  const ServiceInput& input_;
  const ReplicaRoles& roles_;
  const SwapPermit& permit_;
  const SwapOrder order_;
  ReplicaOutcome out_;
};

ReplicaOutcome Swap::plan() {
  if (roles_.vanishing) {
    out_.report(Health::progressing, reason::kChanged, "waiting until the engine has removed a container");
    out_.wake(input_.now + std::chrono::seconds(1));
    return std::move(out_);
  }
  if (is_up(*roles_.base)) {
    const bool kept = name_role(roles_.base->name, roles_.name) == NameRole::outgoing;
    for (const auto& attachment :
         kept ? aliases_to_give(*roles_.base, input_.service) : missing_aliases(*roles_.base)) {
      out_.steps.connect(ref(*roles_.base), attachment, "it serves");
    }
  }
  for (const auto* other : roles_.others) {
    if (!is_reserve(*other)) out_.steps.stop_and_remove(*other, "superseded");
  }
  if (leave_out_base()) return std::move(out_);
  switch (situation_of(roles_)) {
    case Situation::outdated: plan_outdated(); break;
    case Situation::prepared: plan_prepared(); break;
    case Situation::gating: plan_gating(); break;
    case Situation::failed: plan_failed(); break;
    case Situation::missing:
    case Situation::current: break;
  }
  return std::move(out_);
}

/// It was left out in a stop-first swap, and served to the last: while nothing serves, somebody could remove the base.
bool Swap::is_reserve(const ObservedContainer& other) const {
  return input_.rollout.goes_back.empty() && !is_up(*roles_.base) && has_ended(other) &&
         name_role(other.name, roles_.name) == NameRole::superseded;
}

/// The base is of an update that never was through: what it had replaced stays aside, and when the app goes back, it
/// is what serves again. True when that is all there is to do now.
bool Swap::leave_out_base() {
  if (roles_.previous == nullptr) return false;
  if (input_.rollout.goes_back.empty()) return put_aside(input_, roles_, out_), false;
  const bool tried = roles_.candidate != nullptr && (is_up(*roles_.candidate) || !has_ended(*roles_.candidate));
  if (tried) return false;  // it goes first
  const std::string no_way_back = why_no_way_back(input_, roles_);
  if (no_way_back.empty()) {
    go_back(input_, roles_, out_);
    if (input_.failure != nullptr) out_.hold();
    return true;
  }
  out_.steps.stop_and_remove(*roles_.previous, no_way_back + "; the app cannot go back to it");
  return false;
}

void Swap::plan_outdated() {
  out_.wants_image = true;
  if (!may_create()) {
    settle_outdated(input_, roles_, out_);
    return report_waiting();
  }
  if (!may_activate()) {
    settle_outdated(input_, roles_, out_);
    out_.steps.create(incoming_name(roles_.name), roles_.number, permit_.attempt, order_.stop_first, cause(),
                      roles_.base);
    return report_waiting();
  }
  create_and_activate();
}

void Swap::create_and_activate() {
  ContainerRef base = ref(*roles_.base);
  const NameRole role = name_role(base.name, roles_.name);
  if (role != NameRole::canonical && role != NameRole::outgoing) out_.steps.rename(base, roles_.name, "it serves");
  const ContainerRef candidate = out_.steps.create(incoming_name(roles_.name), roles_.number, permit_.attempt,
                                                   order_.stop_first, cause(), roles_.base);
  begin(base, candidate);
  out_.report(Health::progressing, reason::kChanged, cause());
}

/// Starts what is new. After a gate that takes no time the same plan goes on: another one would first have to wait
/// until the last service of the app has started. What is left to do then, the next plan sees.
void Swap::begin(const ContainerRef& base, const ContainerRef& candidate) {
  constexpr auto kCause = "its gate takes no time";
  activate(base, candidate);
  const bool alone = roles_.others.empty() && roles_.previous == nullptr;
  if (order_.stop_first || !alone || !gate_takes_no_time(input_.service)) return;
  out_.steps.check_gate(candidate, kCause);
  for (const auto& attachment : input_.service.spec.networks) {
    out_.steps.connect(candidate, with_service_alias(attachment, input_.service.spec.name), kCause);
  }
  if (is_up(*roles_.base)) out_.steps.stop(base, "a container as desired serves");
}

void Swap::activate(ContainerRef base, ContainerRef candidate) {
  out_.steps.begin_update();
  if (order_.stop_first) {
    const RestartPolicy never;
    if (!same_restart(roles_.base->restart, never)) out_.steps.set_restart(base, never, order_.cause);
    if (is_up(*roles_.base)) out_.steps.stop(base, order_.cause);
    const bool left_out = roles_.previous != nullptr;  // then that one is what serves again
    out_.steps.rename(base, left_out ? superseded_name(roles_.name) : outgoing_name(roles_.name), order_.cause);
    out_.steps.rename(candidate, roles_.name, order_.cause);
  }
  out_.steps.start(candidate, order_.cause);
}

void Swap::plan_prepared() {
  if (!input_.rollout.goes_back.empty() && !goes_back_to_candidate()) return take_back_candidate(input_, roles_, out_);
  if (!may_activate() && (!goes_back_to_candidate() || input_.failure != nullptr)) {
    settle_outdated(input_, roles_, out_);
    return report_waiting();
  }
  if (cannot_be_started(*roles_.candidate, input_.memory, input_.service) && may_create()) {
    out_.wants_image = true;
    out_.steps.remove(*roles_.candidate, "it could not be started");
    return create_and_activate();
  }
  has_ended(*roles_.candidate) ? bring_back() : begin(ref(*roles_.base), ref(*roles_.candidate));
  out_.report(Health::progressing, reason::kChanged, cause());
}

/// The candidate is what the base had replaced: a revert came before the app was through.
void Swap::bring_back() {
  const ObservedContainer& kept = *roles_.candidate;
  ContainerRef base = ref(*roles_.base);
  ContainerRef candidate = ref(kept);
  out_.steps.begin_update();
  if (name_role(kept.name, roles_.name) == NameRole::outgoing) {
    if (base.name == incoming_name(roles_.name)) out_.steps.rename(base, roles_.name, "it serves");
    out_.steps.rename(candidate, incoming_name(roles_.name), order_.cause);
  }
  if (!order_.stop_first) strip_aliases(kept, candidate, order_.cause, out_.steps);
  activate(base, candidate);
  const RestartPolicy& wanted = input_.service.spec.restart;
  if (!same_restart(kept.restart, wanted)) out_.steps.set_restart(candidate, wanted, order_.cause);
}

void Swap::plan_gating() {
  if (!input_.rollout.goes_back.empty() && !goes_back_to_candidate()) return take_back_candidate(input_, roles_, out_);
  const ObservedContainer& candidate = *roles_.candidate;
  // Nothing but start-first leaves the settled name with the old one: it was stopped by hand, or its stop was undone.
  const bool should_serve = roles_.base->name == roles_.name && !order_.stop_first;
  if (candidate.state == ContainerState::paused) {
    out_.steps.unpause(ref(candidate), "paused by hand");
  } else if (should_serve && !is_up(*roles_.base)) {
    settle_outdated(input_, roles_, out_);
  }
  out_.wake(roles_.candidate_gate.until);
  out_.report(Health::progressing, reason::kWaitingForHealth, roles_.candidate_gate.detail);
}

std::string Swap::failure_text() const {
  return input_.service.spec.image + " failed: " + roles_.candidate_gate.detail + "; the container before it serves";
}

void Swap::serve_old_again() {
  const ObservedContainer& candidate = *roles_.candidate;
  const std::string why = "gate failed: " + roles_.candidate_gate.detail;
  if (is_up(candidate)) out_.steps.stop(ref(candidate), why);
  settle_outdated(input_, roles_, out_);
  // Kept for its log, it must not come back with the next start of the engine. Last: an engine that refuses it must not
  // keep the old one from serving.
  if (!same_restart(candidate.restart, {}) && candidate.state != ContainerState::dead) {
    out_.steps.set_restart(ref(candidate), {}, why);
  }
}

void Swap::plan_failed() {
  out_.report(Health::degraded, reason::kRolledBack, failure_text());
  serve_old_again();
  if (!out_.steps.empty()) return;
  if (!permit_.keep_record) return out_.steps.remove(*roles_.candidate, "one failed container is record enough");
  const Instant again = retry_time(input_, roles_);
  out_.message +=
      " (try " + std::to_string(roles_.candidate->attempt) + " of " + std::to_string(input_.policy.retry_limit) + ")";
  if (input_.memory.retry_requested || input_.now >= again) return plan_retry();
  if (again == Instant::max()) {
    out_.message += "; not tried again until the app changes or `plimsoll sync --retry`";
  } else {
    out_.wake(again);
    out_.message += "; next try at " + to_rfc3339(again);
  }
}

/// The record makes room for the next try.
void Swap::plan_retry() {
  // Who asked for it has it begin: what it waits for may be swapped only now, and would be taken back for the record.
  if (may_create() && !may_activate() && input_.memory.retry_requested) {
    out_.wants_image = true;
    out_.steps.remove(*roles_.candidate, "tried again");
    out_.steps.create(incoming_name(roles_.name), roles_.number, permit_.attempt, order_.stop_first, cause(),
                      roles_.base);
    return report_waiting();
  }
  if (!may_create() || !may_activate()) {
    const std::string& why = input_.waits_for.empty() ? permit_.hold : input_.waits_for;
    if (!why.empty()) out_.message += "; " + why;
    return;
  }
  out_.wants_image = true;
  out_.steps.remove(*roles_.candidate, "tried again");
  create_and_activate();
}

void Swap::report_waiting() {
  if (!input_.waits_for.empty()) {
    out_.report(Health::progressing, reason::kWaitingForDependency, input_.waits_for);
  } else {
    out_.report(Health::progressing, reason::kChanged, permit_.hold.empty() ? cause() : permit_.hold);
  }
}

}  // namespace

ReplicaOutcome plan_swap(const ServiceInput& input, const ReplicaRoles& roles, const SwapPermit& permit) {
  return Swap(input, roles, permit).plan();
}

Instant retry_time(const ServiceInput& input, const ReplicaRoles& roles) {
  const ObservedContainer& failed = *roles.candidate;
  if (failed.attempt >= input.policy.retry_limit) return Instant::max();
  if (input.service.rollout.failure_action == Rollout::FailureAction::pause) return Instant::max();
  const auto ended = failed.state == ContainerState::created ? start_failed_at(failed, input.memory, input.service)
                                                             : failed.finished_at;
  return ended.value_or(input.now) + back_off(failed.attempt, input.policy);
}

}  // namespace plimsoll::plan
