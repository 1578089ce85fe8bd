#pragma once

#include <string>
#include <string_view>

namespace plimsoll::manifest {

/// SHA-256 of `bytes`, as 64 lower-case hex digits. Pure; any thread.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// HMAC-SHA-256 of `bytes` under `key` (which may be empty), as 64 lower-case hex digits. Pure; any thread.
[[nodiscard]] std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

/// Appends `<length>:<text>` to `out`. A sequence of such parts has one reading only, so digests over it cannot collide
/// by moving a boundary.
void append_part(std::string& out, std::string_view text);

}  // namespace plimsoll::manifest
