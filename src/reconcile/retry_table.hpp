#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/target_memory.hpp"
#include "ports/state_store.hpp"
#include "reconcile/backoff.hpp"

namespace plimsoll::reconcile {

/// What failed, how often, and when it is tried again, for every target. Losing it costs retries at the wrong time,
/// never a wrong action. Not thread-safe; the loop thread owns it, and passes work on copies (`memory_for`).
class RetryTable {
 public:
  explicit RetryTable(RetryPolicy policy = {}) : policy_(policy) {}

  /// Takes over what a pass left in its memory: its failures, by service ("" for the target as a whole), replace those
  /// of the target.
  void replace_failures(const TargetId& target, std::map<std::string, StepFailure> failures);

  /// Notes that the target's instance could not be observed; returns when to look again. Kept apart from the failures,
  /// which the planner sees: a failed observation says nothing about any service. Not persisted. `jitter` is in [0, 1].
  Instant record_unobserved(const TargetId& target, const Error& error, Instant now, double jitter);

  /// Notes that the observation succeeded.
  void clear_unobserved(const TargetId& target);

  /// Forgets everything about a target.
  void clear(const TargetId& target);

  /// The failures of a target as the planner wants them; the rest of the memory is left at its defaults.
  [[nodiscard]] TargetMemory memory_for(const TargetId& target) const;

  /// The rows to persist for a target: call `StateStore::clear_retry`, then save these.
  [[nodiscard]] std::vector<ports::RetryEntry> entries_for(const TargetId& target) const;
  /// Takes over what was persisted before a restart.
  void load(const std::vector<ports::RetryEntry>& entries);

 private:
  RetryPolicy policy_;
  std::map<TargetId, std::map<std::string, StepFailure>> failures_;
  std::map<TargetId, StepFailure> unobserved_;
};

}  // namespace plimsoll::reconcile
