#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "controller/control_api.hpp"
#include "controller/instance_lane.hpp"
#include "controller/removals.hpp"
#include "model/decisions.hpp"
#include "model/desired_state.hpp"

namespace plimsoll::controller {

/// What the loop knows when it is asked for a diff, for the thread that makes it.
struct DiffBasis {
  std::shared_ptr<const DesiredState> current;  ///< in force; may be null
  std::map<std::string, std::shared_ptr<InstanceLane>> lanes;
  std::set<TargetId> known;  ///< targets that are in force or were found on an instance
  Removals removals;
  Decisions decisions;
  Instant now{};
  Millis observe_limit{};  ///< for each instance
};

/// False when a filter names something that neither the desired state nor the basis knows of.
[[nodiscard]] bool names_any(const DesiredState& desired, const DiffBasis& basis, const TargetFilter& filter);

/// What it would do to the targets that `filter` matches if `desired` came into force: what changes, what is removed,
/// and as a warning why the removals would be held. Observes every instance where one of them may be; blocks.
[[nodiscard]] DiffView make_diff(const DesiredState& desired, const TargetFilter& filter, DiffBasis basis);

}  // namespace plimsoll::controller
