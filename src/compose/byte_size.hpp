#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plimsoll::compose {

/// Bytes of a Compose size (`512m`, `1.5gb`, `1024`, `2GiB`, `10 kb`, `1e3`): base 1024 whatever the unit, case
/// ignored; `512Mi` is none. A whole number may be negative (`-1` is unlimited swap). Absent when it is no size.
[[nodiscard]] std::optional<std::int64_t> parse_byte_size(std::string_view text);

}  // namespace plimsoll::compose
