#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compose/node.hpp"

namespace plimsoll::compose {

/// What a plain (unquoted) YAML scalar means, as go-yaml v3 resolves it into untyped values: `~`/`null`/nothing is
/// null; only the spellings of true and false are booleans (yes/no/on/off are text); whole numbers with `0x`, `0o`,
/// `0b`, a leading zero for octal and `_` separators; floats; dates and times; everything else is text. Keeps the
/// source text.
[[nodiscard]] Node resolve_plain_scalar(std::string_view text, Place place);

/// The bytes of a scalar tagged `!!binary`: base64 with padding, line breaks left out; nothing when it is no base64.
[[nodiscard]] std::optional<std::string> decode_binary(std::string_view text);

/// A float as Go prints it (`%v`, shortest form): `1.1`, `1e+06`, `0.5`, `+Inf`, `NaN`.
[[nodiscard]] std::string float_text(double value);

}  // namespace plimsoll::compose
