#pragma once

#include <string>

#include "model/result.hpp"

namespace plimsoll::controller {

/// Sets the process's log up: one line per decision on stderr. `format` is `text` or `json` (one object a line with
/// time, level, message), `level` one of trace, debug, info, warn, error, off. Call once, before any thread.
[[nodiscard]] Result<void> set_up_logging(const std::string& format, const std::string& level);

/// `text` as the inside of a JSON string.
[[nodiscard]] std::string json_escaped(const std::string& text);

}  // namespace plimsoll::controller
