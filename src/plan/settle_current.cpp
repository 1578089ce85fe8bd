#include <algorithm>

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
  CurrentReplica(const ServiceInput& input, const ReplicaRoles& roles, const SwapPermit& permit)
      : input_(input),
        roles_(roles),
        base_(*roles.base),
        gate_(judge_lone(base_, input.service, input.now, input.policy)),
        live_(live_difference(base_, input.service, input.target.id, roles.base_match.match != Match::same)),
        permit_(permit),
        self_(ref(base_)),
        out_(input) {
    if (live_.resources) limits_left_ = limits_not_kept(input.memory, input.service);
    if (limits_left_ != nullptr) live_.resources = false;
  }

  ReplicaOutcome plan();

 private:
  [[nodiscard]] bool moving() const { return !roles_.others.empty() || base_.name != roles_.name; }
  [[nodiscard]] bool changing() const { return moving() || roles_.base_match.match != Match::same; }
  [[nodiscard]] bool may_repair() const { return input_.target.sync.self_heal || changing(); }
  /// What was once changed in place differs from its labels for good: that is no reason to start what somebody stopped.
  [[nodiscard]] bool may_start() const { return input_.target.sync.self_heal || moving(); }
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
  void report_limits_left();
  void report_gate();

  const ServiceInput& input_;
  const ReplicaRoles& roles_;
  const ObservedContainer& base_;
  const Gate gate_;
  LiveDifference live_;
  const SwapPermit& permit_;
  ContainerRef self_;
  ReplicaOutcome out_;
  const ObservedContainer* removed_ = nullptr;
  bool repairs_drift_ = false;
  bool made_anew_ = false;
  const StepFailure* limits_left_ = nullptr;  ///< why they are not as desired
  bool restart_waits_ = false;
  std::string change_waits_;  ///< why a change in place is not made yet
  std::string no_way_back_;   ///< why what it replaced cannot serve again although the app goes back
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
  // What else is there has a name that is needed on the way, or serves still.
  if (roles_.previous != nullptr && roles_.others.empty() && !input_.rollout.goes_back.empty()) {
    no_way_back_ = why_no_way_back(input_, roles_);
    if (no_way_back_.empty()) {
      go_back(input_, roles_, out_);
      return std::move(out_);
    }
  }
  const Revival revival = judge_revival(base_, input_.service, input_.now, input_.policy);
  if (base_.state == ContainerState::dead || (base_.state == ContainerState::exited && revival.crashed)) {
    plan_crashed(revival);
    return std::move(out_);
  }
  out_.good ? plan_serving() : plan_not_serving();
  out_.settled = !moving() && base_.state != ContainerState::created && (live_.empty() || !may_repair()) &&
                 !reloads() && !restart_waits_;
  report();
  if (limits_left_ != nullptr && out_.steps.empty()) report_limits_left();
  return std::move(out_);
}

void CurrentReplica::plan_serving() {
  put_live_right();
  remove_others();
  if (!no_way_back_.empty()) {
    out_.steps.stop_and_remove(*roles_.previous, no_way_back_ + "; the app cannot go back to it");
  } else if (roles_.previous != nullptr) {
    // A swap that was cut short and undone may have left each with the name of the other.
    const bool in_the_way = self_.name == outgoing_name(roles_.name) && roles_.previous->name != self_.name;
    if (in_the_way) out_.steps.rename(self_, incoming_name(roles_.name), "it serves");
    put_aside(input_, roles_, out_);
  }
  const bool by_hand = name_role(base_.name, roles_.name) == NameRole::other;
  out_.steps.rename(self_, roles_.name, by_hand ? "it had another name" : "the swap is done");
  if (reloads()) plan_reload(input_, roles_, self_, permit_.hold, out_);
  if (const std::string cause = restart_cause(); !cause.empty()) {
    restart_waits_ = !input_.parent.was_renewed(base_) && !permit_.may_restart;
    if (restart_waits_) return;
    out_.steps.stop(self_, cause);
    out_.steps.start(self_, cause);
  }
}

void CurrentReplica::plan_not_serving() {
  make_way();
  put_live_right();
  bring_up();
  for (const auto* other : roles_.others) {
    // A newer one, such as one made anew, has yet to show that it does better than what is there.
    const bool is_newer = made_anew_ || other->created_at < base_.created_at;
    if (other != removed_ && !is_newer) out_.steps.remove(*other, "superseded");
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
  if (!may_repair() || live_.empty()) return;
  LiveDifference now = live_;
  // One that takes the place of another does so complete.
  if (!moving()) change_waits_ = reason_to_wait(input_, "changes");
  if (!change_waits_.empty() && take_changes(now, base_, input_.service).empty()) change_waits_.clear();
  if (!change_waits_.empty()) out_.pending = "to be changed";
  repairs_drift_ = !changing();
  const std::string cause = change_waits_.empty() ? live_cause() : now.text() + " as desired";
  if (now.restart) out_.steps.set_restart(self_, input_.service.spec.restart, cause);
  if (now.resources) out_.steps.set_limits(self_, input_.service.spec.resources, cause);
  for (const auto& attachment : now.connect) out_.steps.connect(self_, attachment, cause);
  for (const auto& network : now.disconnect) out_.steps.disconnect(self_, network, cause);
}

void CurrentReplica::bring_up() {
  switch (base_.state) {
    case ContainerState::created:
      if (!input_.waits_for.empty()) return;
      if (cannot_be_started(base_, input_.memory, input_.service))
        return make_anew("it could not be started", base_.attempt);
      out_.steps.start(self_, "created and not started yet");
      out_.running = true;
      return;
    case ContainerState::paused:
      if (!may_start()) return;
      out_.steps.unpause(self_, "paused by hand");
      repairs_drift_ = !changing();
      return;
    case ContainerState::exited: bring_up_ended(); return;
    default: return;
  }
}

void CurrentReplica::bring_up_ended() {
  const Revival revival = judge_revival(base_, input_.service, input_.now, input_.policy);
  const std::string due = restart_cause();
  if (!may_start() && due.empty()) return;
  if (!input_.parent.lives(base_)) return;
  // Cut between the stop and the start: its end is no crash to wait after.
  const bool waits = due.empty() && !moving() && input_.now < revival.not_before;
  if (waits) return out_.wake(revival.not_before);
  const bool name_is_free = std::none_of(roles_.others.begin(), roles_.others.end(),
                                         [this](const auto* other) { return other->name == roles_.name; });
  if (name_is_free && cannot_be_started(base_, input_.memory, input_.service)) {
    return make_anew("it could not be started", base_.attempt);
  }
  out_.running = true;
  if (!due.empty()) return out_.steps.start(self_, due);
  out_.steps.start(self_, (revival.by_hand ? "stopped by hand: " : "") + exit_text(base_));
  repairs_drift_ = !changing();
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
  made_anew_ = true;
  if (input_.parent.unsettled) return;
  out_.steps.remove(base_, why);
  const ContainerRef created = out_.steps.create(roles_.name, roles_.number, attempt, true, "tried again", &base_);
  if (input_.waits_for.empty()) out_.steps.start(created, "tried again");
}

void CurrentReplica::report() {
  if (!no_way_back_.empty()) {
    return out_.report(Health::degraded, reason::kRolledBack,
                       "the new one serves on, since the one before it cannot: " + no_way_back_);
  }
  if (!out_.steps.empty()) {
    const std::string& cause = out_.steps.all().front().cause;
    out_.report(Health::progressing, repairs_drift_ ? reason::kModified : reason::kChanged, cause);
    return;
  }
  if (restart_waits_) {
    return out_.report(Health::progressing, reason::kChanged, "to be restarted after the batch before it");
  }
  if (!change_waits_.empty()) {
    return out_.report(Health::progressing, input_.waits_for.empty() ? reason::kChanged : reason::kWaitingForDependency,
                       change_waits_);
  }
  if (reloads()) return;
  const bool stays_down = base_.state == ContainerState::exited || base_.state == ContainerState::paused;
  if ((!may_repair() && !live_.empty()) || (!may_start() && stays_down)) return report_modified();
  report_gate();
}

void CurrentReplica::report_modified() {
  const bool stays_down = base_.state != ContainerState::running;
  out_.modified = true;
  out_.settled = false;
  out_.report(stays_down ? Health::degraded : Health::healthy, reason::kModified,
              (stays_down ? exit_text(base_) : live_.text() + " changed by hand") + "; self_heal is off");
}

void CurrentReplica::report_limits_left() {
  out_.modified = true;
  out_.settled = false;
  if (out_.health >= Health::degraded) return;
  FailureReport left = report_failure(*limits_left_, out_.running);
  out_.report(left.health, left.reason, std::move(left.message));
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

ReplicaOutcome settle_current(const ServiceInput& input, const ReplicaRoles& roles, const SwapPermit& permit) {
  return CurrentReplica(input, roles, permit).plan();
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
