#pragma once

#include <string>

#include "controller/http/http_message.hpp"

namespace plimsoll::controller {

/// Splits `request.target` (origin form, RFC 9112 3.2.1) into `path` and `query`, percent-decoded. False when it is not
/// an origin form or decodes to a control byte.
[[nodiscard]] bool split_target(Request& request);

/// The value of `name` in an `application/x-www-form-urlencoded` body; empty when it is not there.
[[nodiscard]] std::string form_value(const std::string& body, const std::string& name);

}  // namespace plimsoll::controller
