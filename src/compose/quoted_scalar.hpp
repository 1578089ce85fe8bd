#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::compose {

/// The value of the quoted scalar at the front of `source`, behind its tag and anchor, when it goes on over lines;
/// folded as YAML says and Compose does. Nothing when it is no such scalar, or a broken one.
[[nodiscard]] std::optional<std::string> read_quoted_lines(std::string_view source);

}  // namespace plimsoll::compose
