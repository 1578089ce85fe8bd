#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/result.hpp"

namespace plimsoll::compose {

/// The words of a command or entrypoint written as one string, split as Compose does (mattn/go-shellwords without
/// variables and backticks): blanks split, `\` escapes the next character outside single quotes (`\n`, `\t` are
/// newline, tab). An unbalanced quote or bare parenthesis is an error. Compose silently drops everything from an
/// unquoted `;` `&` `|`
/// `<` `>` on: with `strict` that is an error, else it is done.
[[nodiscard]] Result<std::vector<std::string>> split_shell_words(std::string_view text, bool strict);

}  // namespace plimsoll::compose
