#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

/// By which an engine stops a container when neither the spec nor the image names another.
inline constexpr std::string_view kDefaultStopSignal = "SIGTERM";

/// One name for the ways in which a signal is written: `SIGHUP` for `SIGHUP`, `hup` and `1`. What is no well-known
/// signal comes back in capitals, with SIG before it.
[[nodiscard]] std::string signal_name(std::string text);

}  // namespace plimsoll
