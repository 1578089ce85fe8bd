#pragma once

#include "compose/node.hpp"
#include "compose/report.hpp"

namespace plimsoll::compose {

/// Reports values that stand twice in a list where Compose's schema wants each once (`group_add`, `security_opt`,
/// `depends_on`, `networks`, ...), at the second one. For a merged document that is not canonical yet, after
/// `remove_duplicates`. Text and number differ: `["44", 44]` is no repetition.
void check_unique_items(const Node& document, Report& report);

}  // namespace plimsoll::compose
