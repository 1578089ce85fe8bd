#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::adapters {

/// Base64 (RFC 4648, with padding) to bytes; absent when `text` is not that. Blanks are refused.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

/// Bytes to base64 with padding, on one line.
[[nodiscard]] std::string base64_encode(std::string_view bytes);

}  // namespace plimsoll::adapters
