#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compose/node.hpp"
#include "manifest/findings.hpp"

namespace plimsoll::manifest {

/// What a key of our own files takes.
enum class ValueKind {
  text,    ///< a string; numbers are refused, since YAML may have changed them
  scalar,  ///< a string, number or true/false, read as it was written
  flag,    ///< true or false
  mapping,
  optional_mapping,  ///< a mapping, or nothing for an empty one
  list,
  image,  ///< a scalar (tag or reference) or a mapping {tag, follow}
};

/// One key of a mapping.
struct KeyRule {
  std::string_view key;  ///< `*` stands for any name that the user chooses
  ValueKind kind = ValueKind::text;
  bool required = false;
};

/// The keys of one kind of mapping. `document` is the schema's file (`instances`, `environment`) and `pointer` the
/// place of the mapping in it, such as `apps.*`; empty for the root. The JSON Schemas are tested against these tables.
struct KeyTable {
  std::string_view document;
  std::string_view pointer;
  std::span<const KeyRule> rules;
};

/// All tables of `instances.yaml` and of `environments/*.yaml`.
[[nodiscard]] const std::vector<KeyTable>& key_tables();
/// The table at `pointer` of `document`; it must exist.
[[nodiscard]] const KeyTable& key_table(std::string_view document, std::string_view pointer);

/// Checks a mapping against a table: unknown keys (`x-` ones are the user's own), wrong kinds and missing keys are
/// errors at their positions. `where` and `path` are the mapping's own. True when it is a mapping (possibly with
/// errors).
bool check_mapping(const compose::Node& node, const SourcePosition& where, const std::string& path,
                   const KeyTable& table, Findings& findings);

/// The entry at `key` whose kind is as its table says; null pointer when absent, or wrong (reported by
/// `check_mapping`).
[[nodiscard]] const compose::Node::Entry* find_valid(const compose::Node& node, std::string_view key,
                                                     const KeyTable& table);

/// `did you mean "x"?` for the nearest of `known`, or empty.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace plimsoll::manifest
