#include "reconcile/executor.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include "plan/step_order.hpp"

namespace plimsoll::reconcile {
namespace {

/// What execution learns and later steps of the same plan need.
class Findings {
 public:
  /// `action` with the digest and the container id filled in, where they are known by now.
  [[nodiscard]] Action completed(Action action) const {
    if (auto* create = std::get_if<CreateContainer>(&action); create != nullptr && create->image_digest.empty()) {
      const auto found = digests_.find(create->service->spec.image);
      if (found != digests_.end()) create->image_digest = found->second;
    }
    std::visit([this](auto& one) { fill_id(one); }, action);
    return action;
  }

  void learn(const Action& action, const ports::Applied& applied) {
    if (const auto* image = std::get_if<EnsureImage>(&action)) digests_[image->reference] = applied.image_digest;
    if (const auto* create = std::get_if<CreateContainer>(&action)) ids_[create->name] = applied.container_id;
    if (const auto* rename = std::get_if<RenameContainer>(&action)) {
      ids_.erase(rename->container.name);
      if (!rename->container.id.empty()) ids_[rename->to] = rename->container.id;
    }
  }

 private:
  template <class T>
  void fill_id(T& action) const {
    if constexpr (requires { action.container; }) {
      if (!action.container.id.empty()) return;
      const auto found = ids_.find(action.container.name);
      if (found != ids_.end()) action.container.id = found->second;
    }
  }

  std::map<std::string, std::string> digests_;  // by image reference
  std::map<std::string, std::string> ids_;      // by container name
};

/// Which services have failed, and which must wait for them.
class Failures {
 public:
  Failures(const Plan& plan, const DesiredTarget* desired, const std::set<std::string>& before)
      : plan_(plan), desired_(desired), before_(before) {}

  /// Holds the step's service responsible, and every service whose steps need what it should have ensured.
  void add(const Step& step, const Error& error) {
    hold(step);
    auto& caused = failed_steps_[identity(step)];
    for (auto& key : responsible(step)) {
      errors_.emplace(key, error);
      caused.insert(std::move(key));
    }
  }

  /// Leaves the rest of the step's service to the next plan; nothing has failed.
  void leave(const Step& step) { held_[step.service].insert(step.replica); }

  /// True when `step` must not be tried because of an earlier failure, of which it may be the very step.
  [[nodiscard]] bool blocks(const Step& step) {
    if (before_.contains(identity(step))) {
      hold(step);
      return true;
    }
    std::set<std::string> visited;
    if (held_.contains("") || waits_for_another(step.service, visited)) return true;
    const auto held = held_.find(step.service);
    if (held == held_.end() || plan::goes_on_after(held->second, step)) return false;
    held->second.insert(step.replica);
    return true;
  }

  [[nodiscard]] std::map<std::string, Error> take_errors() { return std::move(errors_); }
  [[nodiscard]] std::map<std::string, std::set<std::string>> take_steps() { return std::move(failed_steps_); }

 private:
  /// What the failure of `step` is remembered under.
  [[nodiscard]] std::set<std::string> responsible(const Step& step) const {
    if (step.service == kNetworks || is_cleanup(step.action) || std::holds_alternative<ReloadFiles>(step.action)) {
      return {memory_key(step)};
    }
    auto services = dependents(step);
    if (!step.service.empty() || services.empty()) services.insert(step.service);
    return services;
  }

  /// Ends what cannot go on without `step`.
  void hold(const Step& step) {
    // What cannot be removed is still there, for those that left it to join it again.
    if (is_cleanup(step.action)) return;
    const auto services = dependents(step);
    for (const auto& service : services) held_[service].insert(0);
    if (step.service != kNetworks && (!step.service.empty() || services.empty())) {
      held_[step.service].insert(step.replica);
    }
  }

  /// Services whose later steps need what `step` should have ensured.
  [[nodiscard]] std::set<std::string> dependents(const Step& step) const {
    std::set<std::string> services;
    for (const auto& later : plan_.steps) {
      if (plan::needs(later, step.action)) services.insert(later.service);
    }
    return services;
  }

  /// True when something that `service` depends on, directly or not, is held.
  [[nodiscard]] bool waits_for_another(const std::string& service, std::set<std::string>& visited) const {
    if (desired_ == nullptr || !visited.insert(service).second) return false;
    for (const auto& one : desired_->services) {
      if (one.spec.name != service) continue;
      for (const auto& dependency : one.depends_on) {
        if (!dependency.required) continue;
        if (held_.contains(dependency.service) || waits_for_another(dependency.service, visited)) return true;
      }
    }
    return false;
  }

  const Plan& plan_;
  const DesiredTarget* desired_;
  const std::set<std::string>& before_;
  std::map<std::string, Error> errors_;                        // of this execution
  std::map<std::string, std::set<std::string>> failed_steps_;  // ... and which of them each step caused
  /// Services that failed, in it or before it, or were left, with the replicas that did (`Step::replica`).
  std::map<std::string, std::set<int>> held_;
};

/// One execution: its threads share the plan's steps, each taking the first one that may begin.
class Run {
 public:
  explicit Run(const ExecutionInput& input)
      : input_(input),
        failures_(input.plan, input.desired, input.failed_before),
        order_(plan::step_order(input.plan, input.desired, input.observed)),
        states_(input.plan.steps.size(), State::waiting) {}

  Execution run();

 private:
  enum class State { waiting, running, ended };

  void take_part() noexcept;
  void work();
  [[nodiscard]] std::optional<std::size_t> next();
  [[nodiscard]] bool may_begin(std::size_t index) const;
  [[nodiscard]] bool is_skipped(std::size_t index);
  void end(std::size_t index, bool well);
  [[nodiscard]] bool must_stop() const {
    return input_.stop.stop_requested() || (input_.superseded && input_.superseded());
  }
  [[nodiscard]] ExecutedStep carry_out(Step step);
  void note(ExecutedStep&& done);
  [[nodiscard]] std::size_t useful_threads() const;

  const ExecutionInput& input_;
  std::mutex mutex_;  // guards what follows, and the sink: it hears one thing at a time
  std::condition_variable step_ended_;
  Findings findings_;
  Failures failures_;
  const std::vector<std::vector<std::size_t>> order_;
  std::vector<State> states_;
  bool prepared_well_ = true;  // of the steps that are not held none failed and none was skipped
  Execution execution_;
  std::exception_ptr thrown_;  // by one of the threads: nothing begins any more
};

/// More threads than services that have steps would only wait.
std::size_t Run::useful_threads() const {
  std::set<std::string_view> services;
  for (const auto& step : input_.plan.steps) services.insert(step.service);
  return std::clamp<std::size_t>(services.size(), 1, std::max<std::size_t>(input_.at_once, 1));
}

Execution Run::run() {
  {
    std::vector<std::jthread> helpers;
    try {
      for (std::size_t i = 1, count = useful_threads(); i < count; ++i) helpers.emplace_back([this] { take_part(); });
    } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): with fewer threads it only takes longer
    }
    take_part();
  }
  execution_.errors = failures_.take_errors();
  execution_.failed = failures_.take_steps();
  if (thrown_) execution_.errors.emplace("", thrown_error(thrown_));
  return std::move(execution_);
}

/// Its share of the work. An exception that left a thread would end the whole program.
void Run::take_part() noexcept {
  try {
    work();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    thrown_ = std::current_exception();
    step_ended_.notify_all();
  }
}

bool Run::may_begin(std::size_t index) const {
  return states_[index] == State::waiting &&
         std::all_of(order_[index].begin(), order_[index].end(),
                     [this](std::size_t before) { return states_[before] == State::ended; });
}

void Run::end(std::size_t index, bool well) {
  states_[index] = State::ended;
  if (index < input_.plan.held_from() && !well) prepared_well_ = false;
}

/// Held steps do not begin after any failure; once they have begun, each service goes on by itself.
bool Run::is_skipped(std::size_t index) {
  const bool held_back = index >= input_.plan.held_from() && !prepared_well_;
  return held_back || failures_.blocks(input_.plan.steps[index]);
}

/// The first step that may begin; what an earlier failure blocks has ended without having begun.
std::optional<std::size_t> Run::next() {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (!may_begin(i)) continue;
    if (!is_skipped(i)) return i;
    end(i, /*well=*/false);
  }
  return std::nullopt;
}

void Run::work() {
  std::unique_lock lock(mutex_);
  while (!execution_.stopped && !thrown_) {
    const auto index = next();
    if (!index) {
      if (std::find(states_.begin(), states_.end(), State::running) == states_.end()) break;
      step_ended_.wait(lock);
      continue;
    }
    if (must_stop()) {
      execution_.stopped = true;
      break;
    }
    const Step& planned = input_.plan.steps[*index];
    Step step{planned.service, findings_.completed(planned.action), planned.cause, planned.replica};
    states_[*index] = State::running;
    input_.progress.step_started(input_.plan.target, step);
    lock.unlock();
    auto done = carry_out(std::move(step));
    lock.lock();
    end(*index, /*well=*/!done.error);
    note(std::move(done));
    step_ended_.notify_all();
  }
  step_ended_.notify_all();
}

ExecutedStep Run::carry_out(Step step) {
  ports::ApplyContext context;
  context.target = input_.plan.target;
  if (input_.desired != nullptr) context.secrets = input_.desired->secrets.get();
  context.progress = [this](const ports::PullProgress& progress) {
    const std::lock_guard lock(mutex_);
    input_.progress.pull_progress(input_.plan.target, progress);
  };
  ExecutedStep done{.step = std::move(step)};
  const auto started = std::chrono::steady_clock::now();
  const auto limit = action_limit(done.step, input_.desired, input_.observed, input_.limits);
  auto applied =
      attempt([&] { return input_.engine.apply(done.step.action, context, ports::within(limit, input_.stop)); });
  done.ended = std::chrono::steady_clock::now();
  done.duration = std::chrono::duration_cast<Millis>(done.ended - started);
  if (applied) {
    done.applied = std::move(*applied);
  } else {
    done.error = std::move(applied).error();
  }
  return done;
}

void Run::note(ExecutedStep&& done) {
  const Error* error = done.error ? &*done.error : nullptr;
  input_.progress.step_finished(input_.plan.target, done);
  if (error == nullptr) {
    findings_.learn(done.step.action, done.applied);
    if (!done.applied.gate_passed) failures_.leave(done.step);
  } else if (error->kind == ErrorKind::cancelled) {
    execution_.stopped = true;
  } else {
    failures_.add(done.step, *error);
  }
  execution_.steps.push_back(std::move(done));
}

}  // namespace

bool is_cleanup(const Action& action) noexcept {
  return std::holds_alternative<RemoveNetwork>(action) || std::holds_alternative<RemoveFiles>(action);
}

std::string memory_key(const Step& step) {
  if (step.service != kNetworks && is_cleanup(step.action)) return std::string(kCleanup);
  return (std::holds_alternative<ReloadFiles>(step.action) ? std::string(kReload) : std::string()) + step.service;
}

std::string identity(const Step& step) {
  std::string text = to_string(Step{step.service, step.action, {}});
  std::visit(
      [&text](const auto& action) {
        if constexpr (requires { action.container; }) text += " " + action.container.id;
      },
      step.action);
  return text;
}

Execution execute(const ExecutionInput& input) { return Run(input).run(); }

}  // namespace plimsoll::reconcile
