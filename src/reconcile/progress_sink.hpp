#pragma once

#include "model/plan.hpp"
#include "ports/container_engine.hpp"
#include "reconcile/executed_step.hpp"

namespace plimsoll::reconcile {

/// Hears what a pass does while it does it, several steps at once included. Called by one thread of a pass at a time,
/// but from several passes at once: an implementation that shares state between targets must be thread-safe. It must
/// not block.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  /// A round has planned: `plan.status` is what `status` shows from now on.
  virtual void planned(const TargetId& /*target*/, const Plan& /*plan*/) {}
  virtual void step_started(const TargetId& target, const Step& step) = 0;
  virtual void step_finished(const TargetId& target, const ExecutedStep& done) = 0;
  virtual void pull_progress(const TargetId& target, const ports::PullProgress& progress) = 0;
};

}  // namespace plimsoll::reconcile
