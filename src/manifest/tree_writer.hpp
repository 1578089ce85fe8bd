#pragma once

#include <string>

#include "compose/node.hpp"

namespace plimsoll::manifest {

/// A tree as JSON (RFC 8259), indented by two blanks, keys in their order, with a newline at the end.
[[nodiscard]] std::string to_json(const compose::Node& tree);

/// The same as YAML in block style. Text that YAML could read as something else is double-quoted.
[[nodiscard]] std::string to_yaml(const compose::Node& tree);

}  // namespace plimsoll::manifest
