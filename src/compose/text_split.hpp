#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::compose {

/// Splits at every `separator` that is not inside a secret token: tokens are opaque text and never cut.
[[nodiscard]] std::vector<std::string> split_outside_tokens(std::string_view text, char separator);

/// Position of the first `wanted` that is not inside a secret token, or npos.
[[nodiscard]] std::size_t find_outside_tokens(std::string_view text, char wanted, std::size_t from = 0);

/// Without blanks (space, tab, CR, LF) at the ends.
[[nodiscard]] std::string_view trim_blanks(std::string_view text);

/// `path.Clean` of Go: no `.`, `..`, `//` or trailing slash; never climbs above `/`.
[[nodiscard]] std::string clean_path(std::string_view path);

/// `path` itself when absolute, else below `directory`; cleaned.
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view path);

/// The directory part of `path`: `/` for files of the root, `.` when there is none.
[[nodiscard]] std::string directory_of(std::string_view path);

}  // namespace plimsoll::compose
