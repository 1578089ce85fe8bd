#include "reconcile/retry_table.hpp"

#include <utility>

namespace plimsoll::reconcile {

void RetryTable::replace_failures(const TargetId& target, std::map<std::string, StepFailure> failures) {
  if (failures.empty()) {
    failures_.erase(target);
  } else {
    failures_[target] = std::move(failures);
  }
}

Instant RetryTable::record_unobserved(const TargetId& target, const Error& error, Instant now, double jitter) {
  const auto known = unobserved_.find(target);
  const StepFailure* previous = known == unobserved_.end() ? nullptr : &known->second;
  auto failure = next_failure(previous, {}, error, now, jitter, policy_);
  if (!failure) return now;
  // An instance comes back without any input changing, so a look at it never stalls.
  if (failure->retry_at == Instant::max()) failure->retry_at = now + backoff(1, policy_.max, policy_.max, jitter);
  unobserved_[target] = *failure;
  return failure->retry_at;
}

void RetryTable::clear_unobserved(const TargetId& target) { unobserved_.erase(target); }

void RetryTable::clear(const TargetId& target) {
  failures_.erase(target);
  unobserved_.erase(target);
}

TargetMemory RetryTable::memory_for(const TargetId& target) const {
  TargetMemory memory;
  const auto known = failures_.find(target);
  if (known != failures_.end()) memory.failures = known->second;
  return memory;
}

std::vector<ports::RetryEntry> RetryTable::entries_for(const TargetId& target) const {
  std::vector<ports::RetryEntry> entries;
  const auto known = failures_.find(target);
  if (known == failures_.end()) return entries;
  for (const auto& [service, failure] : known->second) {
    entries.push_back({.target = target,
                       .fingerprint = failure.spec_digest,
                       .attempts = failure.attempts,
                       .next = failure.retry_at,
                       .message = failure.message,
                       .service = service,
                       .kind = failure.kind});
  }
  return entries;
}

void RetryTable::load(const std::vector<ports::RetryEntry>& entries) {
  for (const auto& entry : entries) {
    failures_[entry.target][entry.service] = {entry.fingerprint, entry.kind, entry.attempts, entry.next, entry.message};
  }
}

}  // namespace plimsoll::reconcile
