#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::controller {

/// RFC 4648 section 4, with padding, on one line.
[[nodiscard]] std::string to_base64(std::string_view bytes);

/// The bytes; absent when `text` is not base64 with padding.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace plimsoll::controller
