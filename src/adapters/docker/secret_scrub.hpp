#pragma once

#include <string>

#include "model/error.hpp"
#include "model/secret.hpp"

namespace plimsoll::adapters {

/// `text` on one line, with every secret's *value* and every token replaced by `***`: engines quote what they were
/// given in their error messages. `secrets` may be null.
[[nodiscard]] std::string scrubbed(std::string text, const SecretTable* secrets);

/// The same error with a scrubbed message.
[[nodiscard]] Error scrubbed(Error error, const SecretTable* secrets);

}  // namespace plimsoll::adapters
