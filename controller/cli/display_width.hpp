#pragma once

#include <string>
#include <string_view>

namespace plimsoll::controller {

/// How many terminal columns `text` takes: 2 for East Asian wide characters and emoji, 0 for combining marks.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// At most `columns` columns of `text`; a cut is shown as `…`.
[[nodiscard]] std::string shortened(const std::string& text, std::size_t columns);

}  // namespace plimsoll::controller
