#pragma once

#include "manifest/findings.hpp"
#include "model/desired_state.hpp"

namespace plimsoll::manifest {

/// Warns of what two services of one instance cannot both have: a fixed host port (on overlapping addresses) or an
/// explicit `container_name`. A warning and not an error: the engine has the last word, and the one that runs goes on.
void warn_of_host_conflicts(const DesiredState& state, Findings& findings);

}  // namespace plimsoll::manifest
