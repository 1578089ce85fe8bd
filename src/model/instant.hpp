#pragma once

#include <chrono>
#include <string>

namespace plimsoll {

/// A moment of wall-clock time, in milliseconds. A value: the pure folders get it as an argument and never ask for it.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Millis = std::chrono::milliseconds;

/// RFC 3339 in UTC with whole seconds, such as `2026-11-23T02:04:18Z`.
[[nodiscard]] std::string to_rfc3339(Instant instant);

/// The pause after try number `attempt` (from 1; below counts as 1): `base`, doubled with every further try, at most
/// `max`.
[[nodiscard]] Millis doubled(Millis base, int attempt, Millis max);

/// For people: `850ms`, `5s`, `2m30s`, `3h`. At most two units.
[[nodiscard]] std::string to_text(Millis duration);

}  // namespace plimsoll
