#include "plan/failure_report.hpp"
#include "plan/live_difference.hpp"
#include "plan/naming.hpp"
#include "plan/reload.hpp"
#include "plan/replaced.hpp"
#include "plan/retry.hpp"
#include "plan/settle.hpp"

namespace plimsoll::plan {
namespace {

/// One replica whose base is as desired, on its way to being settled.
class CurrentReplica {
 public:
  CurrentReplica(const ServiceInput& input, const ReplicaRoles& roles, const std::string& reload_hold)
      : input_(input),
        roles_(roles),
        base_(*roles.base),
        gate_(judge_lone(base_, input.service, input.now, input.policy)),
        live_(live_difference(base_, input.service, input.target.id, roles.base_match.match != Match::same)),
        reload_hold_(reload_hold),
        self_(ref(base_)),
        out_(input) {}

  ReplicaOutcome plan();

 private:
  [[nodiscard]] bool moving() const { return !roles_.others.empty() || base_.name != roles_.name; }
  [[nodiscard]] bool changing() const { return moving() || roles_.base_match.match != Match::same; }
  [[nodiscard]] bool may_repair() const { return input_.target.sync.self_heal || changing(); }
  [[nodiscard]] std::string restart_cause() const;
  [[nodiscard]] std::string live_cause() const;
  [[nodiscard]] bool reloads() const { return roles_.base_match.match == Match::reload; }

  void plan_serving();
  void plan_not_serving();
  void plan_crashed(const Revival& revival);
  void put_live_right();
  void make_way();
  void make_anew(const std::string& why, int attempt);
  void bring_up();
  void bring_up_ended();
  void remove_others();
  void report();
  void report_modified();
  void report_gate();

  const ServiceInput& input_;
  const ReplicaRoles& roles_;
  const ObservedContainer& base_;
  const Gate gate_;
  const LiveDifference live_;
  const std::string& reload_hold_;
  ContainerRef self_;
  ReplicaOutcome out_;
  const ObservedContainer* removed_ = nullptr;
  bool repairs_drift_ = false;
};

/// Empty when what it depends on, or whose namespace it shares, was not started after it.
std::string CurrentReplica::restart_cause() const {
  if (input_.parent.was_renewed(base_)) return input_.parent.renewal_cause();
  const bool due = input_.restart_after && base_.started_at && *base_.started_at < *input_.restart_after;
  return due ? input_.restart_cause : std::string();
}

std::string CurrentReplica::live_cause() const {
  if (roles_.base_match.match == Match::in_place) return roles_.base_match.cause;
  return live_.text() + (changing() ? " as desired" : " changed by hand");
}

ReplicaOutcome CurrentReplica::plan() {
  out_.running = is_up(base_);
  out_.good = gate_.verdict == Verdict::passed;
  if (roles_.vanishing) {
    out_.report(Health::progressing, reason::kChanged, "waiting until the engine has removed a container");
    out_.wake(input_.now + std::chrono::seconds(1));
    return std::move(out_);
  }
  if (roles_.previous != nullptr && !input_.rollout.goes_back.empty() && go_back(input_, roles_, out_)) {
    return std::move(out_);
  }
  const Revival revival = judge_revival(base_, input_.service, input_.now, input_.policy);
  if (base_.state == ContainerState::dead || (base_.state == ContainerState::exited && revival.crashed)) {
    plan_crashed(revival);
    return std::move(out_);
  }
  out_.good ? plan_serving() : plan_not_serving();
  out_.settled = !moving() && base_.state != ContainerState::created && (live_.empty() || !may_repair()) && !reloads();
  report();
  return std::move(out_);
}

void CurrentReplica::plan_serving() {
  put_live_right();
  remove_others();
  const bool cannot_go_back = roles_.previous != nullptr && !input_.rollout.goes_back.empty();
  if (cannot_go_back)
    out_.steps.stop_and_remove(*roles_.previous, "it ended again, so that the app cannot go back to it");
  if (roles_.previous != nullptr && !cannot_go_back) put_aside(input_, roles_, out_);
  const bool by_hand = name_role(base_.name, roles_.name) == NameRole::other;
  out_.steps.rename(self_, roles_.name, by_hand ? "it had another name" : "the swap is done");
  if (reloads()) plan_reload(input_, roles_, self_, reload_hold_, out_);
  if (const std::string cause = restart_cause(); !cause.empty()) {
    out_.steps.stop(self_, cause);
    out_.steps.start(self_, cause);
  }
}

void CurrentReplica::plan_not_serving() {
  make_way();
  put_live_right();
  bring_up();
  for (const auto* other : roles_.others) {
    if (other != removed_) out_.steps.remove(*other, "superseded");
  }
}

/// Stops what runs beside it and gets it its settled name.
void CurrentReplica::make_way() {
  const std::string next = incoming_name(roles_.name);
  bool next_taken = base_.name == next;
  for (const auto* other : roles_.others) next_taken = next_taken || other->name == next;
  for (const auto* other : roles_.others) {
    if (is_up(*other)) out_.steps.stop(ref(*other), "superseded");
    if (other->name != roles_.name || base_.name == roles_.name) continue;
    if (next_taken) {
      out_.steps.remove(*other, "superseded");
      removed_ = other;
    } else {
      ContainerRef blocker = ref(*other);
      out_.steps.rename(blocker, next, "superseded");
    }
  }
  out_.steps.rename(self_, roles_.name, "it is as desired");
}

void CurrentReplica::put_live_right() {
  if (!may_repair()) return;
  if (live_.empty()) return;
  repairs_drift_ = !changing();
  const std::string cause = live_cause();
  if (live_.restart) out_.steps.set_restart(self_, input_.service.spec.restart, cause);
  if (live_.resources) out_.steps.set_limits(self_, input_.service.spec.resources, cause);
  for (const auto& attachment : live_.connect) out_.steps.connect(self_, attachment, cause);
  for (const auto& network : live_.disconnect) out_.steps.disconnect(self_, network, cause);
}

void CurrentReplica::bring_up() {
  switch (base_.state) {
    case ContainerState::created:
      if (!input_.waits_for.empty()) return;
      if (start_keeps_failing(input_.memory, input_.service))
        return make_anew("it could not be started", base_.attempt);
      out_.steps.start(self_, "created and not started yet");
      out_.running = true;
      return;
    case ContainerState::paused:
      if (!may_repair()) return;
      out_.steps.unpause(self_, "paused by hand");
      repairs_drift_ = !changing();
      return;
    case ContainerState::exited: bring_up_ended(); return;
    default: return;
  }
}

void CurrentReplica::bring_up_ended() {
  const Revival revival = judge_revival(base_, input_.service, input_.now, input_.policy);
  if (!may_repair() && restart_cause().empty()) return;
  if (!input_.parent.lives(base_)) return;
  if (!moving() && input_.now < revival.not_before) return out_.wake(revival.not_before);
  out_.steps.start(self_, (revival.by_hand ? "stopped by hand: " : "") + exit_text(base_));
  repairs_drift_ = !changing();
  out_.running = true;
}

void CurrentReplica::remove_others() {
  for (const auto* other : roles_.others) {
    const bool outdated = compare_with(input_, *other).match == Match::different;
    out_.steps.stop_and_remove(*other,
                               outdated ? "a container as desired serves" : "one container a replica is enough");
  }
}

/// It ended before its gate can have passed, and nothing older is there to go back to.
void CurrentReplica::plan_crashed(const Revival& revival) {
  remove_others();
  const bool asked = input_.memory.retry_requested;
  const bool exhausted = revival.attempt >= input_.policy.retry_limit && !asked;
  const int next_attempt = asked ? 1 : revival.attempt + 1;
  const std::string tries =
      " (try " + std::to_string(revival.attempt) + " of " + std::to_string(input_.policy.retry_limit) + ")";
  out_.settled = roles_.others.empty() && base_.name == roles_.name;
  if (exhausted) {
    out_.report(Health::degraded, reason::kGateFailed,
                exit_text(base_) + tries + "; not tried again until the app changes or `plimsoll sync --retry`");
    return;
  }
  if (!asked && input_.now < revival.not_before) {
    out_.wake(revival.not_before);
    out_.report(Health::degraded, reason::kGateFailed,
                exit_text(base_) + tries + "; next try at " + to_rfc3339(revival.not_before));
    return;
  }
  out_.report(Health::degraded, reason::kGateFailed, exit_text(base_) + tries + "; trying again");
  make_anew(exit_text(base_), next_attempt);
}

void CurrentReplica::make_anew(const std::string& why, int attempt) {
  out_.settled = false;
  out_.wants_image = true;
  if (input_.parent.unsettled) return;
  out_.steps.remove(base_, why);
  const ContainerRef created = out_.steps.create(roles_.name, roles_.number, attempt, true, "tried again", &base_);
  if (input_.waits_for.empty()) out_.steps.start(created, "tried again");
}

void CurrentReplica::report() {
  if (!out_.steps.empty()) {
    const std::string& cause = out_.steps.all().front().cause;
    out_.report(Health::progressing, repairs_drift_ ? reason::kModified : reason::kChanged, cause);
    return;
  }
  if (reloads()) return;
  const bool stays_down = base_.state == ContainerState::exited || base_.state == ContainerState::paused;
  if (!may_repair() && (!live_.empty() || stays_down)) return report_modified();
  report_gate();
}

void CurrentReplica::report_modified() {
  const bool stays_down = base_.state != ContainerState::running;
  out_.modified = true;
  out_.settled = false;
  out_.report(stays_down ? Health::degraded : Health::healthy, reason::kModified,
              (stays_down ? exit_text(base_) : live_.text() + " changed by hand") + "; self_heal is off");
}

void CurrentReplica::report_gate() {
  if (base_.state == ContainerState::created) {
    out_.report(Health::progressing, reason::kWaitingForDependency, input_.waits_for);
    return;
  }
  if (base_.state == ContainerState::exited) {
    out_.report(Health::degraded, reason::kUnhealthy, exit_text(base_) + "; started again soon");
    return;
  }
  out_.wake(gate_.until);
  if (gate_.verdict == Verdict::pending) {
    out_.report(Health::progressing, reason::kWaitingForHealth, gate_.detail);
  } else if (gate_.verdict == Verdict::failed) {
    const bool never_healthy = base_.health == HealthState::starting && base_.restart_count == 0;
    out_.report(Health::degraded, never_healthy ? reason::kGateFailed : reason::kUnhealthy, gate_.detail);
  }
}

}  // namespace

ReplicaOutcome settle_current(const ServiceInput& input, const ReplicaRoles& roles, const std::string& reload_hold) {
  return CurrentReplica(input, roles, reload_hold).plan();
}

ReplicaOutcome create_missing(const ServiceInput& input, const ReplicaRoles& roles, int attempt) {
  ReplicaOutcome outcome(input);
  outcome.wants_image = true;
  for (const auto* other : roles.others) outcome.steps.stop_and_remove(*other, "superseded");
  if (roles.vanishing) {
    outcome.report(Health::progressing, reason::kChanged, "waiting until the engine has removed a container");
    outcome.wake(input.now + std::chrono::seconds(1));
    return outcome;
  }
  if (input.parent.unsettled) {
    outcome.report(Health::progressing, reason::kWaitingForDependency, input.waits_for);
    return outcome;
  }
  const ContainerRef created = outcome.steps.create(roles.name, roles.number, attempt, true, "no container exists");
  if (input.waits_for.empty()) {
    outcome.steps.start(created, "no container exists");
    outcome.running = true;
  }
  outcome.report(Health::progressing, reason::kChanged, "no container exists");
  return outcome;
}

}  // namespace plimsoll::plan
