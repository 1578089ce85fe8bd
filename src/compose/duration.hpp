#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::compose {

/// Nanoseconds of a Compose duration: Go's syntax plus days and weeks (`1h30m`, `1.5s`, `2d`, `-1m`, `0`); units ns us
/// µs ms s m h d w. A number without unit is refused, except 0. Absent when it is not a duration or does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);

/// As Go prints a time.Duration: `1m30s`, `1h0m0s`, `500ms`, `1.5s`, `0s`.
[[nodiscard]] std::string duration_text(std::int64_t nanoseconds);

}  // namespace plimsoll::compose
