#pragma once

#include <optional>
#include <string>

#include "model/error.hpp"
#include "model/instant.hpp"
#include "model/target_memory.hpp"

namespace plimsoll::reconcile {

/// How long a failed step waits.
struct RetryPolicy {
  Millis base{5'000};       ///< after the first failure; doubles with every further one ...
  Millis max{180'000};      ///< ... up to this. Also the pace of errors that are retried slowly
  Millis wait_max{60'000};  ///< the same limit while waiting for something to appear (an image that CI has yet to push)
  Millis asked_max{3'600'000};  ///< the longest Retry-After that is obeyed
  /// Failures in a row before it stays stalled until the input changes; 0 for none. None is the default, because an
  /// outage of any length must end by itself; the limit on specs that fail their gate is the planner's.
  int limit = 0;
};

/// The wait before try number `attempts` + 1: `base` doubled `attempts` - 1 times, at most `max`, times 0.8 to 1.2.
/// `jitter` is in [0, 1]; 0.5 gives the nominal time. Attempts below 1 count as 1.
[[nodiscard]] Millis backoff(int attempts, Millis base, Millis max, double jitter);

/// What to remember of a service whose step failed with `error`, given what was remembered before. Counting starts
/// afresh with another digest or another reaction. Absent for errors that are not the target's fault (`cancelled`).
[[nodiscard]] std::optional<StepFailure> next_failure(const StepFailure* previous, const std::string& spec_digest,
                                                      const Error& error, Instant now, double jitter,
                                                      const RetryPolicy& policy);

}  // namespace plimsoll::reconcile
