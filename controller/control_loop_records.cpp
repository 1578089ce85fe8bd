// What the loop writes down, and the end of operations.
#include <spdlog/spdlog.h>

#include "controller/control_loop.hpp"
#include "model/printable.hpp"
#include "reconcile/history.hpp"

namespace plimsoll::controller {
namespace {

const std::string kUnnamed = "superseded: no manifest names the app any more";

}  // namespace

/// What an earlier run left unfinished goes on; of several of one target only the last can.
void ControlLoop::load_unfinished() {
  auto rows = ports_.store.unfinished();
  if (!rows) return spdlog::warn("operations of an earlier run are not taken up: {}", rows.error().message);
  for (auto& row : *rows) {
    auto& last = unfinished_[row.target];
    std::swap(last, row);
    if (row.id != 0) abandon(row, std::make_shared<std::int64_t>(row.id), "superseded by a later operation");
  }
}

void ControlLoop::abandon(ports::HistoryEntry entry, std::shared_ptr<std::int64_t> row, const std::string& why) {
  entry.phase = OperationPhase::failed;
  entry.message = why;
  entry.finished_at = ports_.clock.now();
  write_history(entry, std::move(row));
}

void ControlLoop::close_abandoned() {
  for (auto row = unfinished_.begin(); row != unfinished_.end();) {
    const bool named = targets_.find(row->first) != nullptr;
    if (!named) {
      const auto id = std::make_shared<std::int64_t>(row->second.id);
      abandon(std::move(row->second), id, kUnnamed);
    }
    row = named ? std::next(row) : unfinished_.erase(row);
  }
}

void ControlLoop::take_up(const TargetId& id, TargetEntry& entry) {
  auto found = unfinished_.extract(id);
  if (found.empty() || entry.open_operation) return;
  entry.history_row = std::make_shared<std::int64_t>(found.mapped().id);
  entry.open_operation = std::move(found.mapped());
}

/// True when an operation ended with everything Synced and Healthy.
bool ControlLoop::update_history(const TargetId& id, TargetEntry& entry, const reconcile::PassOutcome& outcome,
                                 Millis duration) {
  take_up(id, entry);
  if (!outcome.changed && !entry.open_operation) return false;
  const Instant now = ports_.clock.now();
  auto fresh = reconcile::history_entry(outcome, now - duration, now);
  fresh.target = id;
  fresh.author = author_;
  fresh.subject = subject_;
  if (entry.open_operation && entry.open_operation->revision != fresh.revision) {
    abandon(*std::exchange(entry.open_operation, std::nullopt), entry.history_row,
            fresh.revision.empty() ? kUnnamed : "superseded by " + fresh.revision);
    if (!outcome.changed) return false;
  }
  if (entry.open_operation) {
    // The operation began with an earlier pass; what that pass changed is what this operation is about.
    fresh.started_at = entry.open_operation->started_at;
    fresh.author = entry.open_operation->author;
    fresh.subject = entry.open_operation->subject;
    if (!entry.open_operation->images.empty()) fresh.images = entry.open_operation->images;
  } else {
    entry.history_row = std::make_shared<std::int64_t>(0);
  }
  entry.open_operation = std::move(fresh);
  write_history(*entry.open_operation, entry.history_row);
  if (!entry.open_operation->finished_at) return false;
  const bool ended_well =
      entry.open_operation->phase == OperationPhase::succeeded && outcome.status.health == Health::healthy;
  ports_.metrics.count_sync(entry.open_operation->phase);
  spdlog::info("target={} revision={} phase={} images={} message={}", to_string(id),
               short_text(outcome.status.revision), to_string(entry.open_operation->phase),
               quoted(entry.open_operation->images), quoted(entry.open_operation->message));
  entry.open_operation.reset();
  return ended_well;
}

void ControlLoop::write_history(const ports::HistoryEntry& entry, std::shared_ptr<std::int64_t> row) {
  write([this, row = std::move(row), record = entry]() mutable {
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
  write([this, id, entries = retries_.entries_for(id)] {
    auto written = ports_.store.clear_retry(id);
    for (const auto& entry : entries) {
      if (written) written = ports_.store.save_retry(entry);
    }
    if (!written) spdlog::warn("retry times are not written: {}", written.error().message);
  });
}

void ControlLoop::after_change() {
  for (auto& [id, entry] : targets_.entries()) note_transitions(entry, ports_.clock.now());
  operations_.settle(targets_);
  if (!settings_.once || !settings_.on_settled || refreshing_) return;
  if (!desired_) {
    settings_.on_settled(false);
    return;
  }
  bool good = source_error_.empty() && removals_.held().empty() && desired_->broken.empty();
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
