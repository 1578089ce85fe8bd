#include "reconcile/pass.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "reconcile/history.hpp"

namespace plimsoll::reconcile {
namespace {

/// So often may a step succeed, round after round, and still be to be done: somebody may undo it once.
constexpr int kInVain = 2;

/// One run of `run_pass`: its parts share the input and the outcome that grows.
class Pass {
 public:
  explicit Pass(const PassInput& input) : input_(input) {
    outcome_.memory = input.memory;
    outcome_.status = input.previous;
    outcome_.status.id = input.target;
    if (input.desired != nullptr) outcome_.status.revision = input.desired->revision;
    // A retry on request starts afresh; the planner sees the flag until the first plan has been carried out.
    if (outcome_.memory.retry_requested) outcome_.memory.failures.clear();
    earlier_failures_ = outcome_.memory.failures;
  }

  PassOutcome run() {
    auto observed = first_observation();
    if (observed) outcome_.images = image_changes(observed_images(input_.target, *observed), input_.desired.get());
    while (observed && go_on()) {
      if (!round(*observed)) break;
      observed = observe(observed->networks.has_value());
    }
    if (!observed) note_unobserved(observed.error());
    if (note_applied() && observed) outcome_.deployed = observed_images(input_.target, *observed);
    note_retry_times();
    return std::move(outcome_);
  }

 private:
  Result<ObservedInstance> first_observation() {
    if (input_.first_observation) return *input_.first_observation;
    return observe(/* networks= */ true);
  }

  Result<ObservedInstance> observe(bool networks) {
    const ports::ObserveScope scope{input_.target.environment, input_.target.app, networks};
    return input_.engine.observe(scope, ports::within(input_.policy.observe_limit, input_.stop));
  }

  /// False, with the outcome saying why, when the pass must end before another plan.
  bool go_on() {
    if (input_.stop.stop_requested()) {
      outcome_.stopped = true;
    } else if (input_.superseded && input_.superseded()) {
      outcome_.superseded = true;
    }
    return !outcome_.stopped && !outcome_.superseded;
  }

  [[nodiscard]] Plan make_plan(const ObservedInstance& observed, Instant now) const {
    if (input_.desired == nullptr) {
      return plan::plan_removal(input_.target, input_.removal_sync, observed, outcome_.memory, now,
                                input_.removal_keeps);
    }
    return plan::plan_target(*input_.desired, observed, outcome_.memory, now, input_.policy.plan);
  }

  /// Plans and executes once. True when something was carried out, so that it is worth looking again.
  bool round(const ObservedInstance& observed) {
    Plan plan = make_plan(observed, input_.clock.now());
    if (note_not_kept(plan)) plan = make_plan(observed, input_.clock.now());
    ++outcome_.rounds;
    adopt(plan);
    if (plan.steps.empty()) return false;
    if (comes_again(plan) > input_.policy.max_rounds) {
      note_unsettled(plan.steps.front());
      return false;
    }
    return carry_out(plan, observed);
  }

  /// How many plans of this pass had been made in it before.
  int comes_again(const Plan& plan) {
    std::string text;
    for (const auto& step : plan.steps) text += to_string(step) + "\n";
    if (!plans_made_.insert(std::move(text)).second) ++plans_again_;
    return plans_again_;
  }

  /// True when steps were carried out well, round after round, and are still to be done.
  bool note_not_kept(const Plan& plan) {
    std::map<std::string, Error> found;
    for (const auto& step : plan.steps) {
      const auto done = in_a_row_.find(to_string(step));
      if (done == in_a_row_.end() || done->second < kInVain || is_ensured(step.action)) continue;
      const auto* update = std::get_if<UpdateContainer>(&step.action);
      const bool limits = update != nullptr && update->resources.has_value();
      const std::string key = limits ? std::string(kLimits) + step.service : memory_key(step);
      found.emplace(
          key, Error{ErrorKind::conflict, limits ? "the engine does not keep the limits of " + update->container.name +
                                                       ": it takes them and shows others; ask for what it supports"
                                                 : "the engine does not keep what is done: " + to_string(step)});
    }
    for (const auto& [key, error] : found) note_error(key, error);
    return !found.empty();
  }

  static bool is_ensured(const Action& action) {
    return std::holds_alternative<EnsureImage>(action) || std::holds_alternative<EnsureNetwork>(action) ||
           std::holds_alternative<EnsureVolume>(action);
  }

  void adopt(const Plan& plan) {
    auto attempted = std::move(outcome_.status.last_attempted_revision);
    auto applied = std::move(outcome_.status.last_applied_revision);
    outcome_.status = plan.status;
    outcome_.status.id = input_.target;
    if (input_.desired != nullptr && !input_.desired->sync.suspended) attempted = to_string(input_.desired->revision);
    outcome_.status.last_attempted_revision = std::move(attempted);
    outcome_.status.last_applied_revision = std::move(applied);
    outcome_.wake_at = plan.wake_at;
    Plan shown = plan;
    shown.status = outcome_.status;
    input_.progress.planned(input_.target, shown);
  }

  bool carry_out(const Plan& plan, const ObservedInstance& observed) {
    Execution done = execute({.plan = plan,
                              .desired = input_.desired.get(),
                              .observed = &observed,
                              .engine = input_.engine,
                              .progress = input_.progress,
                              .stop = input_.stop,
                              .superseded = input_.superseded,
                              .failed_before = not_to_be_tried(),
                              .limits = input_.policy.actions,
                              .at_once = input_.policy.steps_at_once});
    const bool tried = !done.steps.empty();
    left_undone_ = !tried;
    auto before = std::exchange(in_a_row_, {});
    for (auto& step : done.steps) {
      if (!step.error) {
        outcome_.changed = true;
        const std::string text = to_string(step.step);
        in_a_row_[text] = before[text] + 1;
        outgrow(memory_key(step.step));
      }
      outcome_.steps.push_back(std::move(step));
    }
    for (const auto& [service, error] : done.errors) note_error(service, error);
    for (auto& [step, services] : done.failed) failed_steps_[step] = std::move(services);
    if (tried && !done.stopped) outcome_.memory.retry_requested = false;
    if (done.stopped) return go_on_after_stop();
    return tried;
  }

  /// What failed in this pass is not done again in it before its time. Whatever else its services need, such as the
  /// way back to what served, is.
  std::set<std::string> not_to_be_tried() {
    const auto due = [this](const std::string& service) {
      const auto failure = outcome_.memory.failures.find(service);
      return failure != outcome_.memory.failures.end() && failure->second.retry_at <= input_.clock.now();
    };
    std::erase_if(failed_steps_,
                  [&due](const auto& step) { return std::any_of(step.second.begin(), step.second.end(), due); });
    std::set<std::string> steps;
    for (const auto& [step, services] : failed_steps_) steps.insert(step);
    return steps;
  }

  /// A step that succeeded while its service is in back-off only undid what had failed: the failure itself stands.
  void outgrow(const std::string& service) {
    const auto failure = outcome_.memory.failures.find(service);
    if (failure != outcome_.memory.failures.end() && failure->second.retry_at <= input_.clock.now())
      outcome_.memory.failures.erase(failure);
  }

  /// The executor stopped between two steps: says which of the two causes it was.
  bool go_on_after_stop() {
    if (go_on()) outcome_.stopped = true;  // the engine cancelled by itself
    return false;
  }

  void note_error(const std::string& service, const Error& error) {
    outcome_.errors.emplace(service, error);
    // In a long pass the time of another try can come: it counts like one of another pass.
    const auto last = outcome_.memory.failures.find(service);
    const bool again = last != outcome_.memory.failures.end() && last->second.retry_at <= input_.clock.now();
    if (again) earlier_failures_[service] = last->second;
    const auto known = earlier_failures_.find(service);
    const StepFailure* previous = known == earlier_failures_.end() ? nullptr : &known->second;
    auto failure = next_failure(previous, digest_of(service), error, input_.clock.now(),
                                input_.jitter ? input_.jitter() : 0.5, input_.policy.retry);
    if (failure) outcome_.memory.failures[service] = std::move(*failure);
  }

  void note_unsettled(const Step& next) {
    const Error error{ErrorKind::internal,
                      "plan of " + to_string(input_.target) + " comes again and again, more than " +
                          std::to_string(input_.policy.max_rounds) +
                          " times; this is a bug in Plimsoll, report it with the next step: " + to_string(next)};
    note_error(next.service, error);
    outcome_.status.reason = reason::kError;
    outcome_.status.message = error.message;
  }

  /// What makes a failure of `service` void when it changes: its digest, or the revision for the target as a whole.
  [[nodiscard]] std::string digest_of(const std::string& service) const {
    if (input_.desired == nullptr) return {};
    if (service.empty()) return input_.desired->revision.commit;
    if (service == kNetworks) return input_.desired->digest;
    const std::size_t prefix = service.starts_with(kReload)   ? kReload.size()
                               : service.starts_with(kLimits) ? kLimits.size()
                                                              : 0;
    for (const auto& one : input_.desired->services) {
      if (one.spec.name == std::string_view(service).substr(prefix)) return one.digest;
    }
    return {};
  }

  void note_unobserved(const Error& error) {
    if (error.kind == ErrorKind::cancelled) {
      outcome_.stopped = true;
      return;
    }
    outcome_.observe_error = error;
    outcome_.wake_at.reset();
    outcome_.status.sync = SyncStatus::unknown;
    outcome_.status.health = Health::unknown;
    outcome_.status.reason = reason::kEngineUnreachable;
    outcome_.status.message = error.message;
  }

  /// Makes sure that what failed in this pass is tried again, whatever the last plan waits for.
  void note_retry_times() {
    if (outcome_.observe_error) return;
    const auto wake = [this](Instant at) { outcome_.wake_at = std::min(outcome_.wake_at.value_or(at), at); };
    // The last plan could not be carried out: some of it may be what should serve.
    if (left_undone_) wake(input_.clock.now() + input_.policy.retry.max);
    for (const auto& [service, unused] : outcome_.errors) {
      const auto failure = outcome_.memory.failures.find(service);
      if (failure == outcome_.memory.failures.end() || failure->second.retry_at == Instant::max()) continue;
      wake(failure->second.retry_at);
    }
  }

  /// True when settled: failures that were outgrown must then not make the next one wait longer.
  bool note_applied() {
    // Of a removal everything that failed keeps what should go.
    const auto kept = input_.desired == nullptr ? outcome_.errors.begin() : outcome_.errors.find(std::string(kCleanup));
    if (kept != outcome_.errors.end() && outcome_.status.reason == reason::kPruning) {
      outcome_.status.message = kept->second.message;
    }
    // A reload that failed is outgrown by the new container.
    const bool went_well = std::all_of(outcome_.errors.begin(), outcome_.errors.end(),
                                       [](const auto& error) { return error.first.starts_with(kReload); });
    const bool settled =
        went_well && outcome_.status.sync == SyncStatus::synced && outcome_.status.health == Health::healthy;
    if (!settled || outcome_.stopped || outcome_.superseded) return false;
    outcome_.memory.failures.clear();
    outcome_.memory.retry_requested = false;
    if (input_.desired != nullptr) outcome_.status.last_applied_revision = to_string(input_.desired->revision);
    return true;
  }

  const PassInput& input_;
  PassOutcome outcome_;
  std::map<std::string, int> in_a_row_;  // steps of the round before, with how many rounds they came in a row
  std::set<std::string> plans_made_;
  int plans_again_ = 0;
  std::map<std::string, std::set<std::string>> failed_steps_;  // by identity, with the services that bear the failure
  bool left_undone_ = false;                                   // of the last plan not a step could be tried
  std::map<std::string, StepFailure> earlier_failures_;        // before this pass: what attempts are counted from
};

}  // namespace

PassOutcome run_pass(const PassInput& input) { return Pass(input).run(); }

}  // namespace plimsoll::reconcile
