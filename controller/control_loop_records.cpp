// What the loop writes down, and the end of operations.
#include <spdlog/spdlog.h>

#include "controller/control_loop.hpp"
#include "reconcile/history.hpp"

namespace plimsoll::controller {

/// True when an operation ended with everything Synced and Healthy.
bool ControlLoop::update_history(const TargetId& id, TargetEntry& entry, const reconcile::PassOutcome& outcome,
                                 Millis duration) {
  if (!outcome.changed && !entry.open_operation) return false;
  const Instant now = ports_.clock.now();
  auto fresh = reconcile::history_entry(outcome, now - duration, now);
  fresh.target = id;
  fresh.author = author_;
  fresh.subject = subject_;
  if (entry.open_operation && entry.open_operation->revision != fresh.revision) {
    auto& old = *entry.open_operation;
    old.phase = "Failed";
    old.message = "superseded by " + fresh.revision;
    old.finished_at = now;
    write_history(entry);
    entry.open_operation.reset();
    if (!outcome.changed) return false;
  }
  if (entry.open_operation) {
    // The operation began with an earlier pass; what that pass changed is what this operation is about.
    fresh.started_at = entry.open_operation->started_at;
    if (!entry.open_operation->images.empty()) fresh.images = entry.open_operation->images;
  } else {
    entry.history_row = std::make_shared<std::int64_t>(0);
  }
  entry.open_operation = std::move(fresh);
  write_history(entry);
  if (!entry.open_operation->finished_at) return false;
  const bool ended_well = entry.open_operation->phase == "Succeeded" && outcome.status.health == Health::healthy;
  ports_.metrics.count_sync(entry.open_operation->phase);
  spdlog::info("target={} revision={} phase={} images=\"{}\" message=\"{}\"", to_string(id),
               short_text(outcome.status.revision), entry.open_operation->phase, entry.open_operation->images,
               entry.open_operation->message);
  entry.open_operation.reset();
  return ended_well;
}

void ControlLoop::write_history(const TargetEntry& entry) {
  records_pool_.post([this, row = entry.history_row, record = *entry.open_operation]() mutable {
    record.id = *row;
    const auto id = ports_.store.record(record);
    if (id) {
      *row = *id;
    } else {
      spdlog::warn("history is not written: {}", id.error().message);
    }
  });
}

void ControlLoop::write_retries(const TargetId& id) {
  records_pool_.post([this, id, entries = retries_.entries_for(id)] {
    auto written = ports_.store.clear_retry(id);
    for (const auto& entry : entries) {
      if (written) written = ports_.store.save_retry(entry);
    }
    if (!written) spdlog::warn("retry times are not written: {}", written.error().message);
  });
}

void ControlLoop::after_change() {
  operations_.settle(targets_);
  if (!settings_.once || !settings_.on_settled || refreshing_) return;
  if (!desired_) {
    settings_.on_settled(false);
    return;
  }
  bool good = source_error_.empty() && removal_held_.empty();
  for (const auto& [name, lane] : lanes_) {
    if ((lane->engine && !lane->looked) || lane->cleaning) return;
  }
  for (const auto& [id, entry] : targets_.entries()) {
    // An image that CI has yet to push may come in an hour or never: one pass does not wait for it.
    if (!is_settled(entry) && !(entry.known && !entry.busy && entry.progress.status.reason == reason::kWaitingForImage))
      return;
    good = good && entry.invalid.empty() && is_good(entry.progress.status);
  }
  settings_.on_settled(good && !has_errors(desired_->diagnostics));
}

}  // namespace plimsoll::controller
