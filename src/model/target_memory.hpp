#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/instant.hpp"

namespace plimsoll {

/// A step of a service that failed in an earlier pass (a pull, a create): the planner decides when to try again.
struct StepFailure {
  std::string spec_digest;  ///< of the service at that time; another digest makes this void
  ErrorKind kind = ErrorKind::transient;
  int attempts = 1;
  Instant retry_at{};  ///< not before; `Instant::max()` for never by itself
  std::string message;
  Instant noted_at{};  ///< when it happened; a clock that says less now was put back, and `retry_at` means nothing
};

/// Stands for a service in failures when a network or a volume of files could not be removed. It is no service's name,
/// so nothing is held back for it: what stays is untidy and no reason not to repair what runs.
inline constexpr std::string_view kCleanup = "(cleanup)";

/// Stands for a service, `(reload) web`, in failures of telling its container of changed files. Nothing of the service
/// is held back for it: a new container is made instead.
inline constexpr std::string_view kReload = "(reload) ";

/// Stands for a service, `(limits) web`, where the engine takes limits for a container and shows others afterwards.
/// Nothing of the service is held back for it: they are left as they are.
inline constexpr std::string_view kLimits = "(limits) ";

/// Stands for a service in failures of making a network anew whose options changed. Nothing of a service is held back
/// for it.
inline constexpr std::string_view kNetworks = "(networks)";

/// What is remembered of a target between passes and cannot be read off its containers. Losing it costs retries at the
/// wrong time, never a wrong action.
struct TargetMemory {
  std::map<std::string, StepFailure> failures;  ///< by service; "" for the target as a whole
  /// Digest that the registry has now, for references that are followed.
  std::map<std::string, std::string> followed_digests;
  /// The same as the containers tell it, where the registry has not been asked yet. Only planning fills it in.
  std::map<std::string, std::string> deployed_digests;
  bool retry_requested = false;  ///< `sync --retry`: forget failures and failed containers
};

}  // namespace plimsoll
