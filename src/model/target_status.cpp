#include "model/target_status.hpp"

namespace plimsoll {

std::string_view to_string(SyncStatus status) noexcept {
  switch (status) {
    case SyncStatus::synced: return "Synced";
    case SyncStatus::out_of_sync: return "OutOfSync";
    case SyncStatus::unknown: return "Unknown";
  }
  return "Unknown";
}

std::string_view to_string(Health health) noexcept {
  switch (health) {
    case Health::healthy: return "Healthy";
    case Health::suspended: return "Suspended";
    case Health::progressing: return "Progressing";
    case Health::missing: return "Missing";
    case Health::degraded: return "Degraded";
    case Health::unknown: return "Unknown";
  }
  return "Unknown";
}

bool is_good(const TargetStatus& status) noexcept {
  const bool as_asked = status.sync == SyncStatus::synced ||
                        (status.sync == SyncStatus::out_of_sync && status.reason == reason::kPruneDisabled);
  return as_asked && status.health <= Health::suspended;
}

Health worst(Health left, Health right) noexcept { return left < right ? right : left; }

}  // namespace plimsoll
