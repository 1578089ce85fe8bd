#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/service_plan.hpp"

namespace plimsoll::plan {

/// Services with their containers, sorted by name; those of `containers` that `services` does not name as well, with
/// an empty image.
[[nodiscard]] std::vector<ServiceStatus> list_services(const std::vector<DesiredService>& services,
                                                       const std::vector<const ObservedContainer*>& containers);

/// The whole of a target: synced when every service is and `leftovers` (steps that belong to no service, orphans that
/// stay) is false; the worst health of its services, with the reason of the first service that is so bad, and a line
/// that names up to two of them. A suspended target is `Suspended` unless it is worse than `Progressing`.
[[nodiscard]] TargetStatus summarize(const DesiredTarget& target, const std::map<std::string, ServicePlan>& plans,
                                     const std::vector<const ObservedContainer*>& containers, bool leftovers);

}  // namespace plimsoll::plan
