#pragma once

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "plan/plan_target.hpp"

namespace plimsoll::plan {

/// Pause after try number `attempt` (from 1): `retry_base` doubling up to `retry_max`.
[[nodiscard]] Millis back_off(int attempt, const PlanPolicy& policy);

/// What may be done with a container that ended, and when.
struct Revival {
  /// It never got beyond its gate and ended by itself: starting it again would only spin, so a new one is created
  /// (`attempt` + 1) until the retry limit. Otherwise it worked, or was stopped from outside, and is started again.
  bool crashed = false;
  Instant not_before{};
  int attempt = 1;       ///< the try that ended
  bool by_hand = false;  ///< its policy would have revived it, or a signal ended it: somebody stopped it
};

/// Judges an ended container that should run.
///
///  - Its restart policy would have revived it: somebody stopped it; start it at once.
///  - It ended by SIGTERM or SIGKILL without being out of memory: somebody stopped it.
///  - It ended by itself before its gate can have passed (`min_ready`; with a health check and an exit code other than
///    0, the gate's deadline): crashed, with back-off from the end. A container whose last start lies more than
///    `retry_max` after its creation had worked before: its tries count from 1 again.
///  - Else it worked and ended (`restart: no`).
/// Whatever is started again is started no sooner than `2 * retry_base` after its last start, so that nothing spins.
[[nodiscard]] Revival judge_revival(const ObservedContainer& container, const DesiredService& service, Instant now,
                                    const PlanPolicy& policy);

}  // namespace plimsoll::plan
