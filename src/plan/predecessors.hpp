#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"

namespace plimsoll::plan {

/// Containers of services that are no more, by the service that takes their place: it has another name now, and both
/// cannot run at once. They are swapped like any container of it, so that what was renamed has something to go back to.
///
/// One takes the place of another when they share what only one can have: a fixed host port, a `container_name`, a
/// volume that the only replica writes. Nothing of the service itself may run, unless the other bears one of its names
/// already, from a swap on its way. Nothing is taken over without `sync.prune`, by what runs to
/// completion, or twice (the first by name has it). `containers` are those of the target. The same for any order of the
/// inputs, and after any cut of a swap.
[[nodiscard]] std::map<std::string, std::set<const ObservedContainer*>> find_predecessors(
    const DesiredTarget& target, const std::vector<const ObservedContainer*>& containers);

}  // namespace plimsoll::plan
