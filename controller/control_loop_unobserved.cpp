// The loop's side of instances that cannot be looked at: for now, or as they are described.
#include <spdlog/spdlog.h>

#include "controller/control_loop.hpp"
#include "reconcile/backoff.hpp"

namespace plimsoll::controller {
namespace {

constexpr Millis kUnreachableBase{1'000};
constexpr Millis kUnreachableMax{30'000};

}  // namespace

void ControlLoop::on_unobserved(const Lane& lane, const std::set<TargetId>& batch, const Error& error) {
  if (lane->unreachable != error.message) spdlog::error("instance={}: {}", lane->spec.name, error.message);
  lane->unreachable = error.message;
  const Instant retry =
      ports_.clock.now() + reconcile::backoff(++lane->failures, kUnreachableBase, kUnreachableMax, ports_.jitter());
  for (const auto& id : batch) {
    auto* entry = targets_.find(id);
    if (entry == nullptr) continue;
    entry->known = release(*entry);
    show_unobserved(*entry, reason::kEngineUnreachable, error.message);
    if (error.kind != ErrorKind::cancelled) queue_.add(id, retry, "engine unreachable");
  }
  after_change();
  dispatch_soon();
}

/// Nothing but another description of the instance helps, and that brings another lane: nobody tries again.
void ControlLoop::on_unusable(const InstanceLane& lane, const std::set<TargetId>& batch) {
  for (const auto& id : batch) {
    auto* entry = targets_.find(id);
    if (entry == nullptr) continue;
    if (entry->desired == nullptr && entry->invalid.empty()) {
      targets_.erase(id);  // nobody can look whether it is still there
      continue;
    }
    entry->known = release(*entry);
    show_unobserved(*entry, reason::kInstanceUnusable, lane.unusable);
  }
  after_change();
  dispatch_soon();
}

void ControlLoop::show_unobserved(TargetEntry& entry, std::string_view reason, const std::string& message) {
  auto& status = entry.progress.status;
  status.sync = SyncStatus::unknown;
  status.health = Health::unknown;
  status.reason = reason;
  status.message = message;
  if (!entry.invalid.empty()) show_invalid(entry);
  note_change(entry, status);
}

}  // namespace plimsoll::controller
