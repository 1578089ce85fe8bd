#pragma once

#include <string>

#include "plan/replica_outcome.hpp"
#include "plan/replica_roles.hpp"

namespace plimsoll::plan {

/// What the service as a whole lets one replica do (batches, holds).
struct SwapPermit {
  bool may_begin = false;   ///< create, start or try again
  std::string hold;         ///< why not, for the status; may be empty
  int attempt = 1;          ///< number of the next try
  bool keep_record = true;  ///< false: another replica's failed container is the service's record
};

/// A replica whose base is not as desired: one move of the swap (DESIGN 4.4), up to the next gate.
///
/// start-first: create `.next` without aliases, start; [gate]. stop-first: create `.next`; restart policy of the old
/// one to `no`, stop it, rename it `.prev`; rename `.next`; start; [gate]. A start-first swap never renames the old
/// container: it is stopped and removed at once after the gate (`settle_current`), so there is nothing to tell apart.
/// A failed gate: stop the new one, name it `.next`, let the old one serve (`settle_outdated`); the same spec is tried
/// again after back-off, up to the retry limit. While nothing may begin, the old one serves.
[[nodiscard]] ReplicaOutcome plan_swap(const ServiceInput& input, const ReplicaRoles& roles, const SwapPermit& permit);

/// When the failed candidate may be tried again; `Instant::max()` for never by itself.
[[nodiscard]] Instant retry_time(const ServiceInput& input, const ReplicaRoles& roles);

}  // namespace plimsoll::plan
