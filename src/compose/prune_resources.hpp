#pragma once

#include "compose/node.hpp"

namespace plimsoll::compose {

/// Removes networks, volumes, secrets, configs and models of the top level that no service uses, as
/// `docker compose config` does.
void prune_unused_resources(Node& project);

}  // namespace plimsoll::compose
