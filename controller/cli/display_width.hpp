#pragma once

#include <string>
#include <string_view>

namespace plimsoll::controller {

/// How many terminal columns `text` takes: 2 for East Asian wide characters and emoji, 0 for combining marks.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// `text` with what a terminal would obey or break on replaced: control characters and bytes that are not UTF-8 by
/// U+FFFD, line ends and tabs by a space. Everything that comes from containers or commits passes through it.
[[nodiscard]] std::string printable(std::string_view text);

/// At most `columns` columns of `text`; a cut is shown as `…`.
[[nodiscard]] std::string shortened(const std::string& text, std::size_t columns);

}  // namespace plimsoll::controller
