#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compose/variables.hpp"
#include "model/diagnostic.hpp"

namespace plimsoll::compose {

/// What `interpolate` met: severity, message and mend are set, place and path are the caller's to add.
struct Interpolated {
  std::string text;
  Diagnostics problems;
  /// Bytes of the text and of all values that were looked at: what it cost. A little over `kMaxExpandedBytes` at most.
  std::size_t bytes = 0;
  [[nodiscard]] bool ok() const { return !has_errors(problems); }
};

/// Replaces variables in one value (Compose Specification, "Interpolation"): `$V`, `${V}`, `${V:-d}`, `${V-d}`,
/// `${V:?e}`,
/// `${V?e}`, `${V:+a}`, `${V+a}`, nested and lazily; `$$` is `$`; any other `$` stays. A variable without value is an
/// error when `unset_is_error`, else a warning and the empty text. Values are never interpolated again.
/// A result, or values on the way, of more than `kMaxExpandedBytes` are an error.
[[nodiscard]] Interpolated interpolate(std::string_view text, const Lookup& lookup, bool unset_is_error);

}  // namespace plimsoll::compose
