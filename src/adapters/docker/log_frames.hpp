#pragma once

#include <string>
#include <string_view>

namespace plimsoll::adapters {

/// The text of a container log as the engine sends it: without a terminal, each piece has a header of 8 bytes (stream
/// 0 to 2, three zeros, length in big endian). Bytes that are not framed that way come back as they are.
[[nodiscard]] std::string log_text(std::string_view bytes);

}  // namespace plimsoll::adapters
