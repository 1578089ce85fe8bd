#pragma once

#include <string>
#include <vector>

#include "model/target_status.hpp"

namespace plimsoll::controller {

/// One condition of a target: `Ready`, `Reconciling`, `Stalled`.
struct Condition {
  std::string type;
  bool holds = false;
  std::string reason;
  std::string message;
  Instant since{};  ///< when it came to hold or ceased to; `Instant{}` when that is not known
};

/// Which conditions hold.
struct ConditionStates {
  bool ready = false, reconciling = false, stalled = false;
};
[[nodiscard]] ConditionStates condition_states(const TargetStatus& status);

/// The three conditions, read off the status: Ready is Synced (but for what `prune: false` keeps) and Healthy; Stalled
/// waits for a person or new input; Reconciling is everything between.
[[nodiscard]] std::vector<Condition> conditions_of(const TargetStatus& status);

}  // namespace plimsoll::controller
