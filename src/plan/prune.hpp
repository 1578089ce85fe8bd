#pragma once

#include <set>
#include <string>
#include <vector>

#include "plan/plan_target.hpp"

namespace plimsoll::plan {

/// Stops and removes `containers`, in the given order.
[[nodiscard]] std::vector<Step> remove_containers(const std::vector<const ObservedContainer*>& containers,
                                                  const std::string& cause);

/// Removes volumes with the files of containers that are gone.
[[nodiscard]] std::vector<Step> remove_idle_files(const TargetId& target, const ObservedInstance& observed);

/// Removes the networks of the target that `kept` does not name and nothing uses; none when the observation did not
/// look at networks. An environment's shared networks are those of a target without an app.
[[nodiscard]] std::vector<Step> remove_networks(const TargetId& target, const std::set<std::string>& kept,
                                                const ObservedInstance& observed);

/// The containers whose labels name the target, sorted by service, replica, name and id.
[[nodiscard]] std::vector<const ObservedContainer*> containers_of(const TargetId& target,
                                                                  const ObservedInstance& observed);

}  // namespace plimsoll::plan
