#pragma once

#include <string>
#include <vector>

#include "compose/node.hpp"

namespace plimsoll::compose {

/// The places that a document tags `!reset` or `!override`, as keys from the top.
using ResetPaths = std::vector<std::vector<std::string>>;

/// Finds the tags, and removes what is tagged `!reset` from the document.
[[nodiscard]] ResetPaths take_resets(Node& document);

/// Removes those places from what earlier documents said. Items of lists cannot be reset, as in Compose.
void apply_resets(Node& accumulated, const ResetPaths& paths);

}  // namespace plimsoll::compose
