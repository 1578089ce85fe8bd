#pragma once

#include <optional>
#include <string>

#include "plan/plan_target.hpp"

namespace plimsoll::plan {

/// What status says of a step that failed and is not tried again yet.
struct FailureReport {
  Health health = Health::degraded;
  std::string reason;
  std::string message;
};

/// | kind | health | reason |
/// |---|---|---|
/// | missing | Progressing | WaitingForImage |
/// | unauthorized | Degraded | Unauthorized |
/// | conflict | Degraded | Conflict |
/// | rejected | Degraded | Error |
/// | transient, deadline, cancelled, internal | Degraded when nothing of the service runs, else Progressing | Error |
[[nodiscard]] FailureReport report_failure(const StepFailure& failure, bool something_runs);

/// The failure of `service` ("" for the target as a whole) that still holds at `now`: of the same spec digest (for the
/// target: of the same revision's commit, when one is given), with its retry time ahead, and no retry asked for.
/// Null when there is none.
[[nodiscard]] const StepFailure* active_failure(const TargetMemory& memory, const std::string& service,
                                                const std::string& digest, Instant now);

/// Why limits of the service's containers are left as the engine has them, or null: for this very spec it did not keep
/// what it was told.
[[nodiscard]] const StepFailure* limits_not_kept(const TargetMemory& memory, const DesiredService& service);

/// True when `container`, which is to be started, is made anew instead. Either the engine notes that its first start
/// failed: the next one of the same container can succeed without any network (Engine 28 and 29, moby 51758). Or steps
/// of the service failed twice for this very spec: an engine that died in the middle of a start or a stop can hold on
/// to half of it and refuse every start (Engine 20.10: `task …: already exists`). One that ran before, and has a log
/// and files of its own, goes only when the engine itself is at fault, not for a port that is taken.
[[nodiscard]] bool cannot_be_started(const ObservedContainer& container, const TargetMemory& memory,
                                     const DesiredService& service);

/// True when `container` never ran and counts as a failed try of its spec all the same: the engine notes that it
/// refused to start it, or steps of the service failed `limit` times for this very spec. In a stop-first swap every
/// further try would stop what serves.
[[nodiscard]] bool start_failed(const ObservedContainer& container, const TargetMemory& memory,
                                const DesiredService& service, int limit);

/// When the try of `start_failed` was, as far as it is known.
[[nodiscard]] std::optional<Instant> start_failed_at(const ObservedContainer& container, const TargetMemory& memory,
                                                     const DesiredService& service);

}  // namespace plimsoll::plan
