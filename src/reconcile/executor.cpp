#include "reconcile/executor.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <type_traits>
#include <utility>
#include <variant>

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

/// True when a container of `spec` cannot be created without what `action` ensures.
bool needs(const ServiceSpec& spec, const Action& action) {
  if (const auto* image = std::get_if<EnsureImage>(&action)) return spec.image == image->reference;
  if (const auto* network = std::get_if<EnsureNetwork>(&action)) {
    return std::any_of(spec.networks.begin(), spec.networks.end(),
                       [&](const NetworkAttachment& one) { return one.network == network->network.name; });
  }
  if (const auto* volume = std::get_if<EnsureVolume>(&action)) {
    return std::any_of(spec.mounts.begin(), spec.mounts.end(), [&](const Mount& one) {
      return one.type == Mount::Type::volume && one.source == volume->volume.name;
    });
  }
  return false;
}

/// True when `step` cannot succeed without what `action` ensures.
bool needs(const Step& step, const Action& action) {
  if (const auto* create = std::get_if<CreateContainer>(&step.action)) return needs(create->service->spec, action);
  const auto* connect = std::get_if<ConnectNetwork>(&step.action);
  const auto* network = std::get_if<EnsureNetwork>(&action);
  return connect != nullptr && network != nullptr && connect->attachment.network == network->network.name;
}

/// Which services have failed, and which must wait for them.
class Failures {
 public:
  Failures(const Plan& plan, const DesiredTarget* desired, const std::map<std::string, Error>& before)
      : plan_(plan), desired_(desired) {
    for (const auto& [service, unused] : before) failed_.insert(service);
    cleanup_failed_before_ = before.contains(std::string(kCleanup));
  }

  /// Holds the step's service responsible, and every service whose steps need what it should have ensured.
  void add(const Step& step, const Error& error) {
    if (is_cleanup(step.action)) {
      errors_.emplace(kCleanup, error);
      return;
    }
    std::set<std::string> services;
    for (const auto& later : plan_.steps) {
      if (needs(later, step.action)) services.insert(later.service);
    }
    if (!step.service.empty() || services.empty()) services.insert(step.service);
    for (const auto& service : services) {
      errors_.emplace(service, error);
      failed_.insert(service);
    }
  }

  /// True when `step` must not be tried because of an earlier failure.
  [[nodiscard]] bool blocks(const Step& step) const {
    if (cleanup_failed_before_ && is_cleanup(step.action)) return true;
    std::set<std::string> visited;
    return failed_.contains("") || waits_for_failed(step.service, visited);
  }

  [[nodiscard]] std::map<std::string, Error> take_errors() { return std::move(errors_); }

 private:
  [[nodiscard]] bool waits_for_failed(const std::string& service, std::set<std::string>& visited) const {
    if (failed_.contains(service)) return true;
    if (desired_ == nullptr || !visited.insert(service).second) return false;
    for (const auto& one : desired_->services) {
      if (one.spec.name != service) continue;
      for (const auto& dependency : one.depends_on) {
        if (waits_for_failed(dependency.service, visited)) return true;
      }
    }
    return false;
  }

  const Plan& plan_;
  const DesiredTarget* desired_;
  std::map<std::string, Error> errors_;  // of this execution
  std::set<std::string> failed_;         // in it or before it
  bool cleanup_failed_before_ = false;
};

ExecutedStep carry_out(const ExecutionInput& input, const Step& step, Findings& findings) {
  ports::ApplyContext context;
  context.target = input.plan.target;
  if (input.desired != nullptr) context.secrets = input.desired->secrets.get();
  context.progress = [&input](const ports::PullProgress& progress) {
    input.progress.pull_progress(input.plan.target, progress);
  };
  ExecutedStep done{.step = {step.service, findings.completed(step.action), step.cause}};
  input.progress.step_started(input.plan.target, done.step);
  const auto started = std::chrono::steady_clock::now();
  const auto limit = action_limit(done.step, input.desired, input.observed, input.limits);
  auto applied = input.engine.apply(done.step.action, context, ports::within(limit, input.stop));
  done.duration = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - started);
  if (applied) {
    findings.learn(done.step.action, *applied);
    done.applied = std::move(*applied);
  } else {
    done.error = std::move(applied).error();
  }
  input.progress.step_finished(input.plan.target, done.step, done.duration, done.error ? &*done.error : nullptr);
  return done;
}

bool must_stop(const ExecutionInput& input) {
  return input.stop.stop_requested() || (input.superseded && input.superseded());
}

}  // namespace

bool is_cleanup(const Action& action) noexcept {
  return std::holds_alternative<RemoveNetwork>(action) || std::holds_alternative<RemoveFiles>(action);
}

Execution execute(const ExecutionInput& input) {
  Execution execution;
  Findings findings;
  Failures failures(input.plan, input.desired, input.failed_before);
  for (const auto& step : input.plan.steps) {
    if (failures.blocks(step)) continue;
    if (must_stop(input)) {
      execution.stopped = true;
      break;
    }
    auto done = carry_out(input, step, findings);
    const auto error = done.error;
    execution.steps.push_back(std::move(done));
    if (!error) continue;
    if (error->kind == ErrorKind::cancelled) {
      execution.stopped = true;
      break;
    }
    failures.add(step, *error);
  }
  execution.errors = failures.take_errors();
  return execution;
}

}  // namespace plimsoll::reconcile
