#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/desired_state.hpp"
#include "model/instant.hpp"
#include "model/target_id.hpp"

namespace plimsoll {

/// Whether what runs is what the manifests ask for (DESIGN 2).
enum class SyncStatus { synced, out_of_sync, unknown };

/// Ordered from best to worst: the whole shows its worst part (DESIGN 2).
enum class Health { healthy, suspended, progressing, missing, degraded, unknown };

/// `Synced`, `OutOfSync`, `Unknown`.
[[nodiscard]] std::string_view to_string(SyncStatus status) noexcept;
/// `Healthy`, `Suspended`, `Progressing`, `Missing`, `Degraded`, `Unknown`.
[[nodiscard]] std::string_view to_string(Health health) noexcept;
/// The worse of two.
[[nodiscard]] Health worst(Health left, Health right) noexcept;

/// Machine-readable reasons, CamelCase as users of Kubernetes know them.
namespace reason {
inline constexpr std::string_view kModified = "Modified";  ///< live drift, not repaired
inline constexpr std::string_view kChanged = "Changed";    ///< a new desired state is being applied
inline constexpr std::string_view kWaitingForImage = "WaitingForImage";
inline constexpr std::string_view kWaitingForHealth = "WaitingForHealth";
inline constexpr std::string_view kWaitingForDependency = "WaitingForDependency";
inline constexpr std::string_view kRolledBack = "RolledBack";
inline constexpr std::string_view kGateFailed = "GateFailed";  ///< failed with nothing to go back to
inline constexpr std::string_view kOneShotFailed = "OneShotFailed";
inline constexpr std::string_view kUnhealthy = "Unhealthy";
inline constexpr std::string_view kInvalidSpec = "InvalidSpecError";
inline constexpr std::string_view kRemovalBlocked = "RemovalBlocked";
inline constexpr std::string_view kEngineUnreachable = "EngineUnreachable";
inline constexpr std::string_view kConflict = "Conflict";
inline constexpr std::string_view kUnauthorized = "Unauthorized";
inline constexpr std::string_view kError = "Error";
inline constexpr std::string_view kSuspended = "Suspended";
inline constexpr std::string_view kPruning = "Pruning";
inline constexpr std::string_view kPinned = "Pinned";  ///< as `rollback` wants it, not as the branch says
}  // namespace reason

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
};

}  // namespace plimsoll
