#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

/// `text` as one line that steers no terminal and forges no line of a log: control characters (C0, DEL, C1), the
/// controls of writing direction and bytes that are not UTF-8 replaced by U+FFFD, line ends and tabs by a space. What
/// is longer than `limit` bytes is cut at a character and ends in `…`. Whatever comes from containers, engines, commits
/// and manifests passes through it before it is shown or logged.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = std::string_view::npos);

/// `text` in double quotes, with `"` and `\` escaped: a value in a log line that cannot pass for further fields.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace plimsoll
