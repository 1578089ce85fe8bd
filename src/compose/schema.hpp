#pragma once

#include <span>
#include <string_view>

#include "compose/node.hpp"

namespace plimsoll::compose {

struct SchemaObject;

/// What may stand at a key, and how Compose renders it. "Kept" shapes are rendered even when zero; all others
/// are left out when empty, zero or false, as `docker compose config` does.
enum class Shape {
  text,
  text_kept,     ///< an empty one says something, too; what reads it leaves it out (`normalize`)
  text_dropped,  ///< checked and never rendered
  flag,
  flag_kept,
  integer,
  integer_kept,
  whole,  ///< an integer that may not be written with a fraction
  whole_kept,
  real,        ///< single precision
  bytes,       ///< number or size text; rendered as decimal text
  bytes_text,  ///< the same, but a plain number is refused
  duration,    ///< rendered as Go prints durations
  duration_kept,
  texts,          ///< list of text
  text_or_texts,  ///< one text or a list
  texts_or_integers,
  command,           ///< null, text (split into words) or list; an empty list stays
  health_test,       ///< text (CMD-SHELL) or list
  text_map,          ///< mapping or list of K=V; null is the empty text
  env_map,           ///< mapping or list of K=V; null (or no `=`) stays null
  options,           ///< mapping of text and numbers only
  options_or_nulls,  ///< the same, or null, which is the empty text
  text_options,      ///< mapping of text only
  options_dropped,   ///< the same, checked and never rendered
  multi_options,     ///< mapping of text, numbers and booleans or lists of them; rendered as lists of text
  free,              ///< anything
  object,
  object_always,  ///< rendered even when absent
  objects,        ///< list of objects
  object_map,     ///< mapping of names to objects
  object_or_null_map,
  ulimits,
  hosts,  ///< extra_hosts
  device_count,
  file_mode,     ///< octal text or number
  published,     ///< text or whole number
  text_or_flag,  ///< text, true or false
  ssh,           ///< build.ssh
};

/// What else a value must be, once it is of its shape; checked before empty values are left out. `holds` is true for
/// values of another kind, which are reported as such.
struct ValueRule {
  bool (*holds)(const Node&);
  std::string_view fault;  ///< follows the value in the message: `is no pull policy`
  std::string_view mend;
};

/// One key that a mapping may have, with what may stand there.
struct SchemaField {
  std::string_view name;
  Shape shape = Shape::text;
  const SchemaObject* object = nullptr;
  std::string_view allowed = {};  ///< the only values of a text, divided by `|`; empty for any
  bool required = false;
  const ValueRule* rule = nullptr;
  bool no_text = false;  ///< text that reads as such a value is refused (where Compose does not convert it)
};

/// The keys of one kind of mapping. `x-` keys are allowed in all but those with `extensible` false.
struct SchemaObject {
  std::span<const SchemaField> fields;
  bool extensible = true;
  [[nodiscard]] const SchemaField* find(std::string_view name) const noexcept;
};

/// A whole project in canonical (long) form: the Compose Specification's schema as of mid 2025 (Compose 2.40).
extern const SchemaObject kProjectSchema;
extern const SchemaObject kServiceSchema;

/// What to write instead of a key of Compose file versions before the Specification (`net`, `log_driver`, ...); empty
/// for every other key.
[[nodiscard]] std::string_view legacy_service_key_mend(std::string_view name) noexcept;

}  // namespace plimsoll::compose
