#pragma once

#include <string>
#include <vector>

#include "plan/replica_outcome.hpp"
#include "plan/replica_roles.hpp"

namespace plimsoll::plan {

/// The memberships of one that was kept and serves again, with the aliases to give: what it was created with and, where
/// it was attached later by a change of its networks in place, what the service says now.
[[nodiscard]] std::vector<NetworkAttachment> aliases_to_give(const ObservedContainer& container,
                                                             const DesiredService& service);

/// Takes the service's alias from one that does not run, so that no client meets it before its gate passed. `by`: how
/// the steps address it.
void strip_aliases(const ObservedContainer& container, const ContainerRef& by, const std::string& cause,
                   ServiceSteps& steps);

/// Keeps what a replica replaced (`roles.previous`): stopped, under `<name>.prev`, not to come back by itself.
void put_aside(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome);

/// Why what a replica replaced cannot serve again: it ended, or does badly, when it was tried. Empty when it can.
[[nodiscard]] std::string why_no_way_back(const ServiceInput& input, const ReplicaRoles& roles);

/// Lets what a replica replaced serve again because the app goes back: one move, up to the next gate.
///
/// start-first: the base is named `.undone`; the previous one starts without aliases; [gate]; it gets its aliases and
/// its restart policy; the base stops and is removed. stop-first: the base is named `.undone` and stops, the previous
/// one starts at once.
void go_back(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome);

/// Takes a candidate that was prepared or is in its gate back because the app goes back: it stops, the base serves, the
/// candidate is removed.
void take_back_candidate(const ServiceInput& input, const ReplicaRoles& roles, ReplicaOutcome& outcome);

}  // namespace plimsoll::plan
