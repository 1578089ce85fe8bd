#pragma once

#include <vector>

#include "plan/replica_outcome.hpp"
#include "plan/replica_roles.hpp"

namespace plimsoll::plan {

/// The memberships of one that was kept and serves again, with the aliases to give: what it was created with and, where
/// it was attached later by a change of its networks in place, what the service says now.
[[nodiscard]] std::vector<NetworkAttachment> aliases_to_give(const ObservedContainer& container,
                                                             const DesiredService& service);

/// Keeps what a replica replaced (`roles.previous`): stopped, under `<name>.prev`, not to come back by itself.
void put_aside(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome);

/// Lets what a replica replaced serve again because the app goes back: one move, up to the next gate. False when that
/// cannot be, since it ended again when it was tried.
///
/// start-first: the base is named `.undone`; the previous one starts without aliases; [gate]; it gets its aliases and
/// its restart policy; the base stops and is removed. stop-first: the base is named `.undone` and stops, the previous
/// one starts at once.
[[nodiscard]] bool go_back(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome);

/// Takes a candidate that was prepared or is in its gate back because the app goes back: it stops, the base serves, the
/// candidate is removed.
void take_back_candidate(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome);

}  // namespace plimsoll::plan
