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
  bool may_restart = true;  ///< with a dependency that was replaced; false: the batch before it is not through
  bool keep_record = true;  ///< false: another replica's failed container is the service's record
};

/// A replica whose base is not as desired: one move of the swap, up to the next gate that has to be waited for.
///
/// start-first: create `.next` without aliases, start; [gate]; where the gate takes no time, also aliases, and stop the
/// old one. stop-first: create `.next`; restart policy of the old
/// one to `no`, stop it, rename it `.prev`; rename `.next`; start; [gate]. A start-first swap never renames the old
/// container: it is stopped and removed at once after the gate (`settle_current`), so there is nothing to tell apart.
/// Where the base had replaced the very container that is asked for again, and kept it, that one takes the part of the
/// new one. Where the base is of an update that never was through, and what it had replaced is kept, that one goes on
/// being kept: stop-first then names the base `.superseded`, and `.prev` is what serves again.
/// A failed gate: stop the new one, name it `.next`, let the old one serve (`settle_outdated`); the same spec is tried
/// again after back-off, up to the retry limit. While nothing may begin, the old one serves. When the app goes back and
/// what such a base had replaced is kept, that one takes the place of the base (`go_back`).
[[nodiscard]] ReplicaOutcome plan_swap(const ServiceInput& input, const ReplicaRoles& roles, const SwapPermit& permit);

/// When the failed candidate may be tried again; `Instant::max()` for never by itself.
[[nodiscard]] Instant retry_time(const ServiceInput& input, const ReplicaRoles& roles);

}  // namespace plimsoll::plan
