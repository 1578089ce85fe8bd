#include "plan/failure_report.hpp"

#include "plan/gate.hpp"

namespace plimsoll::plan {
namespace {

/// Whether or not its time has come.
const StepFailure* failure_of_spec(const TargetMemory& memory, const DesiredService& service) {
  const auto found = memory.failures.find(service.spec.name);
  return found == memory.failures.end() || found->second.spec_digest != service.digest ? nullptr : &found->second;
}

}  // namespace

FailureReport report_failure(const StepFailure& failure, bool something_runs) {
  FailureReport report{Health::degraded, std::string(reason::kError), failure.message};
  switch (failure.kind) {
    case ErrorKind::missing:
      report.health = Health::progressing;
      report.reason = reason::kWaitingForImage;
      break;
    case ErrorKind::unauthorized: report.reason = reason::kUnauthorized; break;
    case ErrorKind::conflict: report.reason = reason::kConflict; break;
    case ErrorKind::rejected: break;
    case ErrorKind::transient:
    case ErrorKind::deadline:
    case ErrorKind::cancelled:
    case ErrorKind::internal:
      if (something_runs) report.health = Health::progressing;
      break;
  }
  report.message += failure.retry_at == Instant::max()
                        ? "; not tried again until the app changes or `plimsoll sync --retry`"
                        : "; next try at " + to_rfc3339(failure.retry_at);
  return report;
}

const StepFailure* active_failure(const TargetMemory& memory, const std::string& service, const std::string& digest,
                                  Instant now) {
  if (memory.retry_requested) return nullptr;
  const auto found = memory.failures.find(service);
  if (found == memory.failures.end()) return nullptr;
  const StepFailure& failure = found->second;
  const bool same_input =
      service.empty() ? failure.spec_digest.empty() || failure.spec_digest == digest : failure.spec_digest == digest;
  constexpr Millis kSteps{1'000};  // what a clock is put right by, now and then
  if (now + kSteps < failure.noted_at) return nullptr;
  return same_input && now < failure.retry_at ? &failure : nullptr;
}

const StepFailure* limits_not_kept(const TargetMemory& memory, const DesiredService& service) {
  if (memory.retry_requested) return nullptr;
  const auto found = memory.failures.find(std::string(kLimits) + service.spec.name);
  return found == memory.failures.end() || found->second.spec_digest != service.digest ? nullptr : &found->second;
}

bool cannot_be_started(const ObservedContainer& container, const TargetMemory& memory, const DesiredService& service) {
  if (container.state == ContainerState::created && !container.detail.empty()) return true;
  const StepFailure* failure = failure_of_spec(memory, service);
  if (failure == nullptr || failure->attempts < 2) return false;
  return !has_ended(container) || failure->kind == ErrorKind::transient;
}

bool start_failed(const ObservedContainer& container, const TargetMemory& memory, const DesiredService& service,
                  int limit) {
  if (container.state != ContainerState::created) return false;
  const StepFailure* failure = failure_of_spec(memory, service);
  return !container.detail.empty() || (failure != nullptr && failure->attempts >= limit);
}

std::optional<Instant> start_failed_at(const ObservedContainer& container, const TargetMemory& memory,
                                       const DesiredService& service) {
  const StepFailure* failure = failure_of_spec(memory, service);
  const bool dated = failure != nullptr && failure->noted_at > container.created_at.value_or(Instant{});
  return dated ? std::optional(failure->noted_at) : container.created_at;
}

}  // namespace plimsoll::plan
