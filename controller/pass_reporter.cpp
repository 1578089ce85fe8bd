#include "controller/pass_reporter.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

/// More would only be drawn over.
constexpr auto kShowEvery = std::chrono::milliseconds(100);

}  // namespace

PassReporter::PassReporter(Revision revision, Metrics& metrics, std::function<void(TargetUpdate)> show)
    : revision_(short_text(revision)), metrics_(metrics), show_(std::move(show)) {}

void PassReporter::planned(const TargetId& target, const Plan& plan) {
  if (plan.steps.empty()) return;
  spdlog::debug("target={} revision={} steps={}", to_string(target), revision_, plan.steps.size());
  show_([status = plan.status](TargetProgress& progress) { progress.status = status; });
}

void PassReporter::step_started(const TargetId& /*target*/, const Step& step) {
  running_.push_back(to_string(step));
  show_([text = running_.back()](TargetProgress& progress) { progress.step = text; });
}

void PassReporter::step_finished(const TargetId& target, const reconcile::ExecutedStep& done) {
  const std::string step = to_string(done.step);
  if (!done.error) {
    spdlog::info("target={} revision={} step={} duration_ms={}", to_string(target), revision_, quoted(step),
                 done.duration.count());
  } else {
    spdlog::error("target={} revision={} step={} duration_ms={} kind={} error={}", to_string(target), revision_,
                  quoted(step), done.duration.count(), plimsoll::to_string(done.error->kind),
                  quoted(mask_secrets(done.error->message)));
  }
  if (done.applied.pulled) metrics_.observe_image_pull(done.duration);
  if (const auto ended = std::find(running_.begin(), running_.end(), step); ended != running_.end()) {
    running_.erase(ended);
  }
  const bool looked_for_image = std::holds_alternative<EnsureImage>(done.step.action);
  show_([looked_for_image, text = running_.empty() ? std::string() : running_.back()](TargetProgress& progress) {
    progress.step = text;
    if (looked_for_image) progress.pulling.clear();
  });
}

void PassReporter::pull_progress(const TargetId& /*target*/, const ports::PullProgress& pull) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_shown_ < kShowEvery && pull.current_bytes < pull.total_bytes) return;
  last_shown_ = now;
  show_([pull](TargetProgress& progress) {
    progress.pulling = pull.reference;
    progress.pulled_bytes = pull.current_bytes;
    progress.pull_total_bytes = pull.total_bytes;
  });
}

}  // namespace plimsoll::controller
