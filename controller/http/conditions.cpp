#include "controller/http/conditions.hpp"

namespace plimsoll::controller {

ConditionStates condition_states(const TargetStatus& status) {
  const bool ready = is_good(status) && status.health == Health::healthy;
  const bool stalled = !ready && status_reason(status.reason).stalls;
  const bool only_shown = status.reason == reason::kModified && status.health != Health::progressing;
  const bool rests = status.health == Health::suspended || only_shown;
  return {ready, !ready && !stalled && !rests, stalled};
}

std::vector<Condition> conditions_of(const TargetStatus& status) {
  const auto holding = condition_states(status);
  const auto& times = status.transitions;
  const auto condition = [&status](const char* type, bool holds, Instant since) {
    const bool told = holds || std::string_view(type) == "Ready";
    return Condition{type, holds, status.reason, told ? status.message : "", since};
  };
  return {condition("Ready", holding.ready, times.ready),
          condition("Reconciling", holding.reconciling, times.reconciling),
          condition("Stalled", holding.stalled, times.stalled)};
}

}  // namespace plimsoll::controller
