#pragma once

#include <string>
#include <string_view>

#include "plan/replica_outcome.hpp"
#include "plan/replica_roles.hpp"

namespace plimsoll::plan {

/// Why a container that differs in nothing but what can be changed while it runs, contents of files among it, needs a
/// successor all the same: it does not do well, a successor is there already, or telling it failed. Empty when not.
[[nodiscard]] std::string why_no_reload(const ServiceInput& input, const ObservedContainer& container);

/// Why a change of a container that serves is not made yet, since it does not go back: the app goes back, what the
/// service depends on, the rest of the app. Empty when it may be made. `does`: such as `reloads`.
[[nodiscard]] std::string reason_to_wait(const ServiceInput& input, std::string_view does);

/// A base that can be reloaded and does well: gives it the changed files, last of all in its service. Not before the
/// other services of the app are through, since a reload does not go back. `hold` says why the service as a whole lets
/// this replica wait; empty when it does not.
void plan_reload(const ServiceInput& input, const ReplicaRoles& roles, const ContainerRef& self,
                 const std::string& hold, ReplicaOutcome& outcome);

}  // namespace plimsoll::plan
