#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll {

/// One code point read off the front of a text.
struct CodePoint {
  std::uint32_t value = 0xFFFD;
  std::size_t bytes = 1;  ///< how many bytes it took; 1 for a byte that starts no valid sequence
  bool valid = false;     ///< false: not UTF-8 (overlong, surrogate, cut off, stray)
};

/// The first code point of `text`, which is not empty.
[[nodiscard]] CodePoint first_code_point(std::string_view text) noexcept;

/// True when all of `text` is UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `text` with every byte that is not UTF-8 replaced by U+FFFD, as JSON demands.
[[nodiscard]] std::string to_utf8(std::string_view text);

}  // namespace plimsoll
