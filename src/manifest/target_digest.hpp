#pragma once

#include <string>

#include "model/desired_state.hpp"

namespace plimsoll::manifest {

/// Digest over everything that a target asks for: specs, replicas, rollout, dependencies, networks, volumes; not over
/// `revision`, `sync` and its own `digest`. 64 hex digits. What `DesiredTarget::digest` holds.
[[nodiscard]] std::string target_digest(const DesiredTarget& target);

}  // namespace plimsoll::manifest
