#pragma once

#include <span>
#include <string_view>

namespace plimsoll {

/// Machine-readable reasons of a status, CamelCase as users of Kubernetes know them. What each says is in
/// `status_reasons()`.
namespace reason {
inline constexpr std::string_view kModified = "Modified";
inline constexpr std::string_view kChanged = "Changed";
inline constexpr std::string_view kWaitingForImage = "WaitingForImage";
inline constexpr std::string_view kWaitingForHealth = "WaitingForHealth";
inline constexpr std::string_view kWaitingForDependency = "WaitingForDependency";
inline constexpr std::string_view kRolledBack = "RolledBack";
inline constexpr std::string_view kGateFailed = "GateFailed";
inline constexpr std::string_view kOneShotFailed = "OneShotFailed";
inline constexpr std::string_view kUnhealthy = "Unhealthy";
inline constexpr std::string_view kInvalidSpec = "InvalidSpecError";
inline constexpr std::string_view kRemovalBlocked = "RemovalBlocked";
inline constexpr std::string_view kEngineUnreachable = "EngineUnreachable";
inline constexpr std::string_view kInstanceUnusable = "InstanceUnusable";
inline constexpr std::string_view kConflict = "Conflict";
inline constexpr std::string_view kUnauthorized = "Unauthorized";
inline constexpr std::string_view kError = "Error";
inline constexpr std::string_view kSuspended = "Suspended";
inline constexpr std::string_view kPruning = "Pruning";
inline constexpr std::string_view kPruneDisabled = "PruneDisabled";
inline constexpr std::string_view kPinned = "Pinned";
}  // namespace reason

/// What a reason says of the target that has it.
struct StatusReason {
  std::string_view name;
  /// Waits for a person or new input: the condition is Stalled, and an operation that ends so has Failed.
  bool stalls = false;
  /// Nothing more happens soon without new input: nobody who waits for a sync waits for it. True of all that stall.
  bool settles = false;
  /// A new container failed and is kept, stopped: its last log lines belong to the event.
  bool keeps_failed = false;
};

/// Every reason that there is, once.
[[nodiscard]] std::span<const StatusReason> status_reasons() noexcept;

/// What the reason with this name says; of an unknown or empty one, nothing.
[[nodiscard]] StatusReason status_reason(std::string_view name) noexcept;

}  // namespace plimsoll
