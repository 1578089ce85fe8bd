#pragma once

#include <set>
#include <string>
#include <vector>

#include "compose/node.hpp"

namespace plimsoll::compose {

/// Removes the services that no active profile enables, and returns their names: they are known, not orphans. A
/// service without `profiles` is always on; the profile `*` enables all. Edges to a disabled service stay.
[[nodiscard]] std::set<std::string> apply_profiles(Node& project, const std::vector<std::string>& profiles);

}  // namespace plimsoll::compose
