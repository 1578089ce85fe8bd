#include "plan/reload.hpp"

#include <algorithm>

#include "plan/gate.hpp"

namespace plimsoll::plan {
namespace {

/// How telling this service's container of these very files ended before, or null.
const StepFailure* earlier_failure(const ServiceInput& input) {
  if (input.memory.retry_requested) return nullptr;
  const auto found = input.memory.failures.find(std::string(kReload) + input.service.spec.name);
  if (found == input.memory.failures.end() || found->second.spec_digest != input.service.digest) return nullptr;
  return &found->second;
}

/// The engine hiccuped once: that says nothing of the program.
bool may_tell_again(const StepFailure& failure) {
  return failure.kind == ErrorKind::transient && failure.attempts == 1;
}

bool has_successor(const ServiceInput& input, const ObservedContainer& container) {
  return std::any_of(input.containers.begin(), input.containers.end(), [&](const ObservedContainer* other) {
    return other->id != container.id && other->replica == container.replica &&
           other->state != ContainerState::removing && other->spec_digest == input.service.digest;
  });
}

}  // namespace

std::string reason_to_wait(const ServiceInput& input, std::string_view does) {
  if (!input.rollout.goes_back.empty()) return "held: " + input.rollout.goes_back;
  if (!input.waits_for.empty()) return input.waits_for;
  if (input.rollout.unsettled) return std::string(does) + " when the rest of the app is through";
  return {};
}

std::string why_no_reload(const ServiceInput& input, const ObservedContainer& container) {
  if (input.one_shot) return "it runs once for each content";
  if (container.state != ContainerState::running) return "it does not run";
  if (judge_lone(container, input.service, input.now, input.policy).verdict != Verdict::passed) {
    return "it is not known to do well";
  }
  if (has_successor(input, container)) return "its successor is there";
  const StepFailure* failure = earlier_failure(input);
  return failure == nullptr || may_tell_again(*failure) ? "" : failure->message;
}

void plan_reload(const ServiceInput& input, const ReplicaRoles& roles, const ContainerRef& self,
                 const std::string& hold, ReplicaOutcome& outcome) {
  outcome.pending = "to reload";
  std::string wait = reason_to_wait(input, "reloads");
  if (wait.empty()) wait = hold;
  if (!wait.empty()) {
    return outcome.report(Health::progressing,
                          input.waits_for.empty() ? reason::kChanged : reason::kWaitingForDependency, wait);
  }
  const StepFailure* failure = earlier_failure(input);
  if (failure != nullptr && input.now < failure->retry_at) {
    outcome.wake(failure->retry_at);
    return outcome.report(Health::progressing, reason::kError,
                          failure->message + "; next try at " + to_rfc3339(failure->retry_at));
  }
  ReloadRecord before{roles.base->spec_digest, file_digests(input.service)};
  for (auto& [path, digest] : before.files) digest = roles.base->applied.at(path);
  outcome.steps.reload(self, roles.base_match.reloads, std::move(before), roles.base_match.cause);
}

}  // namespace plimsoll::plan
