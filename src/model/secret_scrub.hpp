#pragma once

#include <string>

#include "model/error.hpp"
#include "model/secret.hpp"

namespace plimsoll {

/// `text` with every secret's *value* and every token replaced by `***`: engines and containers quote what they were
/// given. `secrets` may be null.
[[nodiscard]] std::string without_secrets(const std::string& text, const SecretTable* secrets);

/// The same on one line. The beginning of a value (six bytes or more) goes, too, where the text was cut: at its end,
/// and before `...` and `…`.
[[nodiscard]] std::string scrubbed(const std::string& text, const SecretTable* secrets);

/// The same error with a scrubbed message.
[[nodiscard]] Error scrubbed(Error error, const SecretTable* secrets);

/// The first `bytes` of `text`, and `…` when that is not all of it; never half a character of UTF-8. What may hold a
/// secret is scrubbed before it is cut.
[[nodiscard]] std::string shortened(std::string text, std::size_t bytes);

}  // namespace plimsoll
