#pragma once

#include "plan/replica_outcome.hpp"
#include "plan/replica_roles.hpp"
#include "plan/swap.hpp"

namespace plimsoll::plan {

/// A replica whose base is as desired: finishes or undoes a swap (aliases, leftovers, name), changes in place what can
/// be, starts what should run, repairs drift, and recreates what crashed before its gate, with back-off.
///
/// Order, so that every prefix is safe: with a base that serves, aliases come first, then the leftovers stop and go,
/// then the name. With a base that does not, what is in its way stops, it gets its name and policies back and starts,
/// and only then the leftovers go: while they are there, the next pass sees that a swap is being undone.
/// A base whose files can be reloaded is told of them last, unless `permit.hold` says why not yet. What the desired
/// state asks to be changed in place, other than drift, waits for the rest of the app as a reload does.
[[nodiscard]] ReplicaOutcome settle_current(const ServiceInput& input, const ReplicaRoles& roles,
                                            const SwapPermit& permit);

/// Lets a base that is *not* as desired serve while nothing newer may: settled name, the restart policy it was created
/// with (stop-first had taken it away), started again, with back-off when it crashed by itself. `roles.candidate`, if
/// any, keeps `.next`.
void settle_outdated(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome);

/// The first container of a replica.
[[nodiscard]] ReplicaOutcome create_missing(const ServiceInput& input, const ReplicaRoles& roles, int attempt);

}  // namespace plimsoll::plan
