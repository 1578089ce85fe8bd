#pragma once

#include "compose/node.hpp"
#include "compose/report.hpp"

namespace plimsoll::compose {

/// Merges a later document over an earlier one (Compose Specification, "Merge"): mappings merge, scalars replace, lists
/// append, null keeps the base, with the specification's special rules per key. Different kinds are an error.
[[nodiscard]] Node merge_documents(Node base, const Node& later, Report& report);

/// The same for one service: `extends`. `base` is the service that is extended.
[[nodiscard]] Node merge_service(Node base, const Node& later, Report& report);

/// Removes repetitions that merging made: one mount per target, one variable per name, one port per binding, ...
/// The last one wins, at the place of the first.
void remove_duplicates(Node& document, Report& report);

}  // namespace plimsoll::compose
