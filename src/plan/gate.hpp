#pragma once

#include <optional>
#include <string>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "plan/plan_target.hpp"

namespace plimsoll::plan {

/// What a gate says of a container.
enum class Verdict { not_started, pending, passed, failed };

/// A verdict with what it waits for, or why.
struct Gate {
  Verdict verdict = Verdict::not_started;
  std::optional<Instant> until;  ///< pending: when it is decided at the latest
  std::string detail;            ///< for people: what is waited for, or why it failed
};

/// How long a container with a health check may take: `rollout.monitor`, else `start_period + retries * (interval +
/// timeout)` plus the policy's margin. Absent parts count as the engine's defaults (0 s, 3, 30 s, 30 s), also when the
/// check comes from the image and its numbers are unknown. At most `kMaxDuration`.
[[nodiscard]] Millis gate_deadline(const DesiredService& service, const PlanPolicy& policy);

/// The gate of a swap. With a health check: healthy passes; unhealthy, an exit, or the deadline (from the
/// last start) fails; up to 5 restarts by the engine are borne meanwhile, so that a start that waits for something by
/// exiting may succeed. Without: running without any restart for `min_ready` passes; a restart or an exit fails.
[[nodiscard]] Gate judge_gate(const ObservedContainer& container, const DesiredService& service, Instant now,
                              const PlanPolicy& policy);

/// The same for a container that has nothing to go back to: restarts in the past are forgiven once it runs again for
/// `min_ready`, and a passed deadline is reported but ends nothing.
[[nodiscard]] Gate judge_lone(const ObservedContainer& container, const DesiredService& service, Instant now,
                              const PlanPolicy& policy);

/// True where a gate is passed as soon as the container runs. One whose check comes from the image shows that only
/// then.
[[nodiscard]] bool gate_takes_no_time(const DesiredService& service) noexcept;

/// `exited (137), out of memory: <detail>` and the like.
[[nodiscard]] std::string exit_text(const ObservedContainer& container);

/// True for a container that the engine has at work: running, restarting or paused.
[[nodiscard]] bool is_up(const ObservedContainer& container) noexcept;
/// True for one that was started and is no longer at work.
[[nodiscard]] bool has_ended(const ObservedContainer& container) noexcept;

}  // namespace plimsoll::plan
