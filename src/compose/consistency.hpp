#pragma once

#include <set>
#include <string>

#include "compose/node.hpp"
#include "compose/report.hpp"

namespace plimsoll::compose {

/// Checks that the parts of a normalised project fit together (references, cycles, conflicts), as Compose does.
/// `disabled` are the services that profiles switched off.
void check_consistency(const Node& project, const std::set<std::string>& disabled, bool image_required, Report& report);

/// Reports paths that begin with `~`: they depend on a user and mean nothing on an instance.
void check_home_paths(const Node& project, Report& report);

/// Checks one service by itself: exclusive keys, conflicting limits, two mounts on one target.
void check_service(const std::string& name, const Node& service, bool image_required, Report& report);

/// Checks what a rendered project must say in all its parts, before `normalize` and also in services that profiles
/// switch off: targets of mounts and ports, volumes, configs and secrets of the top level, ...
void check_definitions(const Node& project, Report& report);

}  // namespace plimsoll::compose
