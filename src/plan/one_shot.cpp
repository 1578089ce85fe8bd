#include "plan/one_shot.hpp"

#include <algorithm>
#include <tuple>

#include "plan/failure_report.hpp"
#include "plan/naming.hpp"
#include "plan/replica_roles.hpp"
#include "plan/retry.hpp"

namespace plimsoll::plan {
namespace {

bool is_done(const ObservedContainer& container) {
  return container.state == ContainerState::exited && container.exit_code == 0;
}

/// The run of this spec (`run`), the last completed run of another (`earlier`), and what is left over.
struct Runs {
  const ObservedContainer* run = nullptr;
  const ObservedContainer* earlier = nullptr;
  std::vector<const ObservedContainer*> others;
  bool vanishing = false;
};

auto run_rank(const ObservedContainer& container) {
  const int state = is_done(container) ? 0 : is_up(container) ? 1 : container.state == ContainerState::created ? 2 : 3;
  return std::tuple(state, -container.attempt, container.created_at.value_or(Instant{}), container.id);
}

Runs find_runs(const ServiceInput& input) {
  Runs runs;
  std::vector<const ObservedContainer*> rest;
  for (const auto* container : input.containers) {
    if (container->state == ContainerState::removing) {
      runs.vanishing = true;
      continue;
    }
    const Match match = compare_run(input, *container).match;
    const bool fits = match == Match::same || (match == Match::in_place && is_done(*container));
    if (fits && (runs.run == nullptr || run_rank(*container) < run_rank(*runs.run))) {
      if (runs.run != nullptr) rest.push_back(runs.run);
      runs.run = container;
    } else {
      rest.push_back(container);
    }
  }
  const bool keep_earlier = runs.run == nullptr || !is_done(*runs.run);
  for (const auto* container : rest) {
    if (keep_earlier && runs.earlier == nullptr && is_done(*container)) {
      runs.earlier = container;
    } else {
      runs.others.push_back(container);
    }
  }
  return runs;
}

class OneShot {
 public:
  explicit OneShot(const ServiceInput& input)
      : input_(input),
        runs_(find_runs(input)),
        name_(container_name(input.target.id, input.service.spec, 1)),
        out_(input) {}

  ReplicaOutcome plan(bool& completed);

 private:
  void plan_done();
  void plan_up();
  void plan_created();
  void plan_failed();
  void create(int attempt, const std::string& cause);
  [[nodiscard]] bool has_begun() const { return runs_.run != nullptr && runs_.run->state != ContainerState::created; }
  [[nodiscard]] bool name_taken() const { return runs_.earlier != nullptr && runs_.earlier->name == name_; }

  const ServiceInput& input_;
  const Runs runs_;
  const std::string name_;
  ReplicaOutcome out_;
};

ReplicaOutcome OneShot::plan(bool& completed) {
  completed = runs_.run != nullptr && is_done(*runs_.run);
  for (const auto* other : runs_.others) out_.steps.stop_and_remove(*other, "superseded");
  if (runs_.vanishing) {
    out_.wake(input_.now + std::chrono::seconds(1));
    out_.report(Health::progressing, reason::kChanged, "waiting until the engine has removed a container");
  } else if (const std::string hold = input_.rollout.hold(input_.service.spec.name);
             !hold.empty() && !completed && !has_begun()) {
    out_.report(Health::progressing, reason::kChanged, hold);
  } else if (runs_.run == nullptr) {
    create(1, runs_.earlier == nullptr ? "no container exists" : compare_run(input_, *runs_.earlier).cause);
  } else if (completed) {
    plan_done();
  } else if (is_up(*runs_.run)) {
    plan_up();
  } else if (runs_.run->state == ContainerState::created) {
    plan_created();
  } else {
    plan_failed();
  }
  return std::move(out_);
}

void OneShot::plan_done() {
  out_.good = out_.running = true;
  ContainerRef self = ref(*runs_.run);
  out_.steps.rename(self, name_, "it completed");
  out_.settled = out_.steps.empty();
  if (!out_.settled) out_.report(Health::progressing, reason::kChanged, out_.steps.all().front().cause);
}

void OneShot::plan_up() {
  const ContainerRef self = ref(*runs_.run);
  // Under another policy the engine would run it again and again.
  if (input_.target.sync.self_heal && !same_restart(runs_.run->restart, input_.service.spec.restart)) {
    out_.steps.set_restart(self, input_.service.spec.restart, "restart policy changed by hand");
  }
  if (runs_.run->state == ContainerState::paused) out_.steps.unpause(self, "paused by hand");
  out_.running = true;
  out_.report(Health::progressing, reason::kChanged, "running to completion");
}

void OneShot::plan_created() {
  if (!input_.waits_for.empty()) {
    out_.report(Health::progressing, reason::kWaitingForDependency, input_.waits_for);
    return;
  }
  if (cannot_be_started(*runs_.run, input_.memory, input_.service)) {
    out_.steps.remove(*runs_.run, "it could not be started");
    return create(runs_.run->attempt, "tried again");
  }
  out_.steps.begin_update();
  out_.steps.start(ref(*runs_.run), "created and not started yet");
  out_.report(Health::progressing, reason::kChanged, "running to completion");
}

void OneShot::create(int attempt, const std::string& cause) {
  out_.wants_image = true;
  const bool waits = !input_.waits_for.empty();
  out_.report(Health::progressing, waits ? reason::kWaitingForDependency : reason::kChanged,
              waits ? input_.waits_for : cause);
  if (input_.parent.unsettled) return;
  const std::string name = name_taken() ? incoming_name(name_) : name_;
  const ContainerRef created = out_.steps.create(name, 1, attempt, true, cause);
  if (waits) return;
  out_.steps.begin_update();
  out_.steps.start(created, cause);
}

void OneShot::plan_failed() {
  const ObservedContainer& run = *runs_.run;
  const int limit = input_.policy.retry_limit;
  const Instant again = run.finished_at.value_or(input_.now) + back_off(run.attempt, input_.policy);
  std::string text = exit_text(run) + " (try " + std::to_string(run.attempt) + " of " + std::to_string(limit) + ")";
  const bool asked = input_.memory.retry_requested;
  if (!asked && run.attempt >= limit) {
    text += "; not tried again until the app changes or `plimsoll sync --retry`";
  } else if (!asked && input_.now < again) {
    out_.wake(again);
    text += "; next try at " + to_rfc3339(again);
  } else {
    out_.steps.remove(run, "tried again");
    create(asked ? 1 : run.attempt + 1, exit_text(run));
  }
  out_.report(Health::degraded, reason::kOneShotFailed, text);
}

}  // namespace

Comparison compare_run(const ServiceInput& input, const ObservedContainer& container) {
  return is_done(container) ? compare_spec(container, input.service, input.memory) : compare_with(input, container);
}

ReplicaOutcome plan_one_shot(const ServiceInput& input, bool& completed) { return OneShot(input).plan(completed); }

}  // namespace plimsoll::plan
