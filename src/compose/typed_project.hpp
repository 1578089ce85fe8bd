#pragma once

#include "compose/node.hpp"
#include "compose/report.hpp"

namespace plimsoll::compose {

/// Checks a canonical project against the schema and renders every value as Compose does: unknown keys, wrong kinds and
/// missing keys are errors with a place; what Compose leaves out (empty, zero, false; `x-` keys below the top) is
/// removed. With `strict`, shell metacharacters that Compose drops from commands are errors.
void check_and_render(Node& project, bool strict, Report& report);

}  // namespace plimsoll::compose
