#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/desired_state.hpp"
#include "model/instant.hpp"
#include "model/status_reason.hpp"
#include "model/target_id.hpp"

namespace plimsoll {

/// Whether what runs is what the manifests ask for.
enum class SyncStatus { synced, out_of_sync, unknown };

/// Ordered from best to worst: the whole shows its worst part.
enum class Health { healthy, suspended, progressing, missing, degraded, unknown };

/// `Synced`, `OutOfSync`, `Unknown`.
[[nodiscard]] std::string_view to_string(SyncStatus status) noexcept;
/// `Healthy`, `Suspended`, `Progressing`, `Missing`, `Degraded`, `Unknown`.
[[nodiscard]] std::string_view to_string(Health health) noexcept;
/// The worse of two.
[[nodiscard]] Health worst(Health left, Health right) noexcept;

/// One container as `status` shows it; `state` and `health` in the engine's words.
struct ContainerStatus {
  std::string id, name, state, health;
  bool as_desired = false;  ///< created for exactly what the service should be now
};

/// One service as `status` shows it.
struct ServiceStatus {
  std::string name;
  std::string image;  ///< desired reference
  std::vector<ContainerStatus> containers;
};

/// When each condition came to hold or ceased to; `Instant{}` when that is not known.
struct ConditionTimes {
  Instant ready{}, reconciling{}, stalled{};
};

/// What `status` shows of one target.
struct TargetStatus {
  TargetId id;
  SyncStatus sync = SyncStatus::unknown;
  Health health = Health::unknown;
  std::string reason;   ///< one of `reason::`, or empty when Synced and Healthy
  std::string message;  ///< one line for people; no secret
  Revision revision;    ///< the desired one
  std::string last_attempted_revision, last_applied_revision;
  std::vector<ServiceStatus> services;  ///< sorted by name
  ConditionTimes transitions = {};      ///< the loop's to fill in
};

/// True when it is as it should be: Healthy or suspended, and Synced but for what `prune: false` keeps.
[[nodiscard]] bool is_good(const TargetStatus& status) noexcept;

}  // namespace plimsoll
