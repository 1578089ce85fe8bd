#include "reconcile/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace plimsoll::reconcile {
namespace {

Instant retry_time(Reaction reaction, int attempts, const Error& error, Instant now, double jitter,
                   const RetryPolicy& policy) {
  Millis wait{0};
  switch (reaction) {
    case Reaction::stall: return Instant::max();
    case Reaction::drop: return now;
    case Reaction::retry:
      if (policy.limit > 0 && attempts >= policy.limit) return Instant::max();
      wait = backoff(attempts, policy.base, policy.max, jitter);
      break;
    case Reaction::retry_slow: wait = backoff(1, policy.max, policy.max, jitter); break;
    case Reaction::wait: wait = backoff(attempts, policy.base, policy.wait_max, jitter); break;
  }
  if (error.retry_after) wait = std::max(wait, std::min(*error.retry_after, policy.asked_max));
  return now + wait;
}

}  // namespace

Millis backoff(int attempts, Millis base, Millis max, double jitter) {
  const double factor = 0.8 + 0.4 * std::clamp(jitter, 0.0, 1.0);
  return Millis(std::llround(static_cast<double>(doubled(base, attempts, max).count()) * factor));
}

std::optional<StepFailure> next_failure(const StepFailure* previous, const std::string& spec_digest, const Error& error,
                                        Instant now, double jitter, const RetryPolicy& policy) {
  const Reaction reaction = reaction_to(error.kind);
  if (reaction == Reaction::drop) return std::nullopt;
  const bool goes_on =
      previous != nullptr && previous->spec_digest == spec_digest && reaction_to(previous->kind) == reaction;
  const int attempts = goes_on ? previous->attempts + 1 : 1;
  return StepFailure{spec_digest,   error.kind, attempts, retry_time(reaction, attempts, error, now, jitter, policy),
                     error.message, now};
}

}  // namespace plimsoll::reconcile
