#include "controller/target_table.hpp"

#include <algorithm>
#include <set>

namespace plimsoll::controller {
namespace {

bool same_input(const DesiredTarget& left, const DesiredTarget& right) {
  const auto policy = [](const SyncPolicy& one) { return std::tuple(one.prune, one.self_heal, one.suspended); };
  return left.digest == right.digest && left.revision == right.revision && left.pinned == right.pinned &&
         policy(left.sync) == policy(right.sync);
}

TargetStatus fresh_status(const DesiredTarget& desired) {
  TargetStatus status;
  status.id = desired.id;
  status.revision = desired.revision;
  status.message = "not observed yet";
  for (const auto& service : desired.services) status.services.push_back({service.spec.name, service.spec.image, {}});
  return status;
}

/// What ran a moment ago is not what is asked for now: until a pass has looked, nobody may read Synced.
void announce(TargetStatus& status, const DesiredTarget& desired) {
  status.revision = desired.revision;
  status.sync = SyncStatus::out_of_sync;
  if (status.health == Health::healthy) status.health = Health::progressing;
  status.reason = reason::kChanged;
  status.message = "revision " + short_text(desired.revision) + " is about to be applied";
}

std::string first_error(const BrokenApp& broken) {
  for (const auto& diagnostic : broken.diagnostics) {
    if (diagnostic.severity == Severity::error) return to_string(diagnostic);
  }
  return "the app does not load";
}

}  // namespace

TableChange TargetTable::apply(const std::shared_ptr<const DesiredState>& state) {
  TableChange change;
  std::set<TargetId> named;
  for (const auto& target : state->targets) {
    named.insert(target.id);
    auto& entry = entries_[target.id];
    const bool same = entry.desired && same_input(*entry.desired, target) && entry.invalid.empty();
    const bool other_content = entry.desired && entry.desired->digest != target.digest;
    // Aliasing: the target lives as long as its state.
    entry.desired = std::shared_ptr<const DesiredTarget>(state, &target);
    entry.invalid.clear();
    if (same) continue;
    if (!entry.known) entry.progress = {target.id, fresh_status(target), {}, {}, 0, 0, false};
    if (entry.known && other_content) announce(entry.progress.status, target);
    entry.progress.settled = false;
    entry.untidy = true;
    if (entry.superseded) entry.superseded->store(true);
    change.changed.push_back(target.id);
  }
  for (const auto& broken : state->broken) {
    for (const auto& instance : broken.instances) {
      const TargetId id{broken.environment, broken.app, instance};
      if (!named.insert(id).second) continue;
      auto& entry = entries_[id];
      entry.invalid = first_error(broken);
      entry.progress.target = id;
      entry.progress.status.id = id;
      show_invalid(entry);
    }
  }
  for (auto it = entries_.begin(); it != entries_.end();) {
    const bool orphan = named.count(it->first) == 0;
    if (orphan && it->second.busy) {
      // Its pass still runs: it ends at a safe point, and the next full observation decides what is left to remove.
      if (it->second.superseded) it->second.superseded->store(true);
      it->second.desired = nullptr;
      ++it;
    } else {
      it = orphan ? entries_.erase(it) : std::next(it);
    }
  }
  return change;
}

void TargetTable::adopt_orphan(const TargetId& id, const SyncPolicy& policy) {
  auto& entry = entries_[id];
  entry.desired = nullptr;
  entry.removal_policy = policy;
  entry.progress.target = id;
  entry.progress.status.id = id;
}

void show_invalid(TargetEntry& entry) {
  auto& status = entry.progress.status;
  status.health = worst(entry.desired ? status.health : Health::healthy, Health::degraded);
  status.reason = reason::kInvalidSpec;
  status.message = entry.invalid;
}

TargetEntry* TargetTable::find(const TargetId& id) {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const TargetEntry* TargetTable::find(const TargetId& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<TargetId> TargetTable::matching(const TargetFilter& filter) const {
  std::vector<TargetId> ids;
  for (const auto& [id, entry] : entries_) {
    if (!filter.environment.empty() && filter.environment != id.environment) continue;
    if (!filter.app.empty() && filter.app != id.app) continue;
    ids.push_back(id);
  }
  return ids;
}

bool is_good(const TargetStatus& status) {
  return status.sync == SyncStatus::synced && (status.health == Health::healthy || status.health == Health::suspended);
}

bool is_settled(const TargetEntry& entry) {
  if (!entry.invalid.empty()) return true;
  if (!entry.known || entry.busy) return false;
  const auto& status = entry.progress.status;
  if (is_good(status)) return true;
  // What an engine holds on to may go some time or never: nobody who waits for a sync waits for that.
  if (entry.cannot_prune && status.reason == reason::kPruning) return true;
  static constexpr std::string_view kForPeople[] = {
      reason::kRolledBack, reason::kGateFailed,        reason::kOneShotFailed,  reason::kInvalidSpec,
      reason::kConflict,   reason::kUnauthorized,      reason::kRemovalBlocked, reason::kSuspended,
      reason::kModified,   reason::kEngineUnreachable, reason::kError,          reason::kUnhealthy};
  return std::find(std::begin(kForPeople), std::end(kForPeople), status.reason) != std::end(kForPeople);
}

}  // namespace plimsoll::controller
