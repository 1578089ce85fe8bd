#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "controller/control_api.hpp"
#include "controller/http/metrics.hpp"
#include "reconcile/progress_sink.hpp"

namespace plimsoll::controller {

/// A change to what is shown of a target's progress; runs on the loop thread.
using TargetUpdate = std::function<void(TargetProgress&)>;

/// Tells what a pass does: one log line per decision, metrics, and progress for those who watch. Made for one pass. Of
/// steps that run side by side it shows the one that began last.
class PassReporter final : public reconcile::ProgressSink {
 public:
  /// `show` hands an update to the loop; it must not block.
  PassReporter(Revision revision, Metrics& metrics, std::function<void(TargetUpdate)> show);

  void planned(const TargetId& target, const Plan& plan) override;
  void step_started(const TargetId& target, const Step& step) override;
  void step_finished(const TargetId& target, const reconcile::ExecutedStep& done) override;
  void pull_progress(const TargetId& target, const ports::PullProgress& progress) override;

 private:
  std::string revision_;
  Metrics& metrics_;
  std::function<void(TargetUpdate)> show_;
  std::vector<std::string> running_;  // the steps, in the order in which they began
  std::chrono::steady_clock::time_point last_shown_{};
};

}  // namespace plimsoll::controller
