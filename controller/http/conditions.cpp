#include "controller/http/conditions.hpp"

#include <algorithm>
#include <array>

namespace plimsoll::controller {
namespace {

bool needs_a_person(const TargetStatus& status) {
  constexpr std::array kStalling{reason::kRolledBack,  reason::kGateFailed,     reason::kOneShotFailed,
                                 reason::kInvalidSpec, reason::kRemovalBlocked, reason::kConflict,
                                 reason::kUnauthorized};
  return std::find(kStalling.begin(), kStalling.end(), status.reason) != kStalling.end();
}

}  // namespace

std::vector<Condition> conditions_of(const TargetStatus& status) {
  const bool ready = status.sync == SyncStatus::synced && status.health == Health::healthy;
  const bool stalled = !ready && needs_a_person(status);
  const bool rests = status.health == Health::suspended || status.reason == reason::kModified;
  const bool reconciling = !ready && !stalled && !rests;
  const auto condition = [&status](const char* type, bool holds) {
    return Condition{type, holds, status.reason, holds || std::string_view(type) == "Ready" ? status.message : ""};
  };
  return {condition("Ready", ready), condition("Reconciling", reconciling), condition("Stalled", stalled)};
}

}  // namespace plimsoll::controller
