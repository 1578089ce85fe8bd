#pragma once

#include "compose/node.hpp"
#include "compose/report.hpp"
#include "compose/variables.hpp"

namespace plimsoll::compose {

/// Interpolates every string value of a document (never keys), quoted or not. Findings carry place and path.
void interpolate_tree(Node& node, const Lookup& lookup, bool unset_is_error, Report& report);

}  // namespace plimsoll::compose
