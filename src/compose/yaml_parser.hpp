#pragma once

#include <string_view>
#include <vector>

#include "compose/node.hpp"
#include "model/diagnostic.hpp"

namespace plimsoll::compose {

/// The documents of one file. Meaningful only when `diagnostics` has no error.
struct ParsedYaml {
  std::vector<Node> documents;  ///< in order; a file of comments only has none
  Diagnostics diagnostics;      ///< each with file:line:column
};

/// Parses untrusted bytes into our own tree. Aliases and merge keys (`<<`) are resolved: explicit keys win wherever
/// they stand, earlier ones of several merged mappings win. Refused with an error: more than `kMaxFileBytes`, nesting
/// deeper than `kMaxYamlDepth`, more than `kMaxYamlNodes` nodes after aliases, an alias inside its own anchor, a
/// duplicate key (naming both lines), a key that is not a scalar, and the control characters that delimit secret
/// tokens, however they were written. No exception leaves it.
[[nodiscard]] ParsedYaml parse_yaml(std::string_view file_name, std::string_view bytes);

}  // namespace plimsoll::compose
