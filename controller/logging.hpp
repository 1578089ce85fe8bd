#pragma once

#include <string>
#include <string_view>

namespace plimsoll::controller {

/// Sets the process's log up: one line per decision on stderr. `format` is `text` or `json` (one object a line with
/// time, level, message), `level` one of debug, info, warn, error: the command line takes no others. Call once, before
/// any thread.
void set_up_logging(const std::string& format, const std::string& level);

/// What a log line shows of the message `text`, which may hold what others wrote: always one line (see `printable`).
/// With `json` as a JSON string, quotes included.
[[nodiscard]] std::string log_message(std::string_view text, bool json);

}  // namespace plimsoll::controller
