#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace plimsoll {

/// The kind of an error names the reaction to it (see `reaction_to`), not the place it came from.
enum class ErrorKind {
  transient,     ///< may succeed by itself: network, 5xx, 429. Back-off with jitter, honouring `retry_after`.
  deadline,      ///< the call's deadline passed. Reacted to like `transient`.
  cancelled,     ///< a stop token fired: shutdown or supersession. Not a failure of the target.
  missing,       ///< something that may still appear, such as a tag that CI has not pushed yet. Waited for.
  rejected,      ///< the input itself is wrong; stop until the input changes.
  conflict,      ///< something foreign is in the way (name, host port); stop that service, others go on.
  unauthorized,  ///< credentials refused; stalled, with a slow retry.
  internal,      ///< a bug in Plimsoll: report and back off.
};

/// What the control loop does about an error. One table, `reaction_to`, maps kinds to reactions.
enum class Reaction {
  retry,       ///< retry with exponential back-off
  retry_slow,  ///< stalled, but retried at the slowest back-off: a person probably has to act
  wait,        ///< progressing; look again with back-off
  stall,       ///< stop until the input changes or a person asks
  drop,        ///< forget it: nobody is interested any more
};

/// A failure as a value. `message` is one line for the person who reads it: what failed, where, why, what to do.
/// It never carries a credential; adapters scrub URLs where they make the message.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  /// What the other side asked us to wait (HTTP Retry-After), if it did.
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
};

/// The one table from kind to reaction.
[[nodiscard]] Reaction reaction_to(ErrorKind kind) noexcept;

/// Stable lower-case name, as used in JSON and logs.
[[nodiscard]] std::string_view to_string(ErrorKind kind) noexcept;

/// What was thrown, as an error of kind `internal`. For the last catch of a thread; does not throw for lack of memory.
[[nodiscard]] Error thrown_error(const std::exception_ptr& thrown);

/// The same error with "`context`: " in front of its message.
[[nodiscard]] Error with_context(Error error, std::string_view context);

}  // namespace plimsoll
