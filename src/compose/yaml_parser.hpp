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

/// How a file is read. In files of our own any scalar may be a key, and a plain date is text. In Compose files, as
/// Compose reads them, only text is a key (`1:`, `true:`, `null:` and dates are none) and a plain date is a date.
enum class YamlRules { ours, compose };

/// Parses untrusted bytes into our own tree. Aliases and merge keys (`<<`) are resolved: explicit keys win wherever
/// they stand, earlier ones of several merged mappings win. Refused with an error: more than `kMaxFileBytes`, nesting
/// deeper than `kMaxYamlDepth`, more than `kMaxYamlNodes` nodes or `kMaxYamlBytes` of text after aliases (what has an
/// anchor counts twice), a list or mapping of more than `kMaxEntries`, a key over `kMaxKeyBytes`, an alias inside its
/// own anchor, a duplicate key (naming both lines), a key that `rules` do not allow, bytes that are not UTF-8,
/// control characters, and those that delimit secret tokens however they were written. No exception leaves it.
[[nodiscard]] ParsedYaml parse_yaml(std::string_view file_name, std::string_view bytes,
                                    YamlRules rules = YamlRules::ours);

}  // namespace plimsoll::compose
