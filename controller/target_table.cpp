#include "controller/target_table.hpp"

#include <algorithm>
#include <utility>

namespace plimsoll::controller {
namespace {

bool same_input(const DesiredTarget& left, const DesiredTarget& right) {
  return left.digest == right.digest && left.revision == right.revision && left.pinned == right.pinned &&
         left.sync == right.sync;
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

/// Until it has been looked for, nobody may read that it is gone, nor that it is as it should be.
void let_go(TargetEntry& entry) {
  entry.desired = nullptr;
  entry.invalid.clear();
  entry.known = false;
  auto& status = entry.progress.status;
  status.sync = SyncStatus::out_of_sync;
  status.reason = reason::kChanged;
  status.message = "no manifest names the app any more; what is left of it is looked for";
}

bool has_instance(const DesiredState& state, const std::string& name) {
  return std::any_of(state.instances.begin(), state.instances.end(),
                     [&name](const InstanceSpec& spec) { return spec.name == name; });
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
    // Aliasing: the target lives as long as its state.
    if (take_over(std::shared_ptr<const DesiredTarget>(state, &target))) change.changed.push_back(target.id);
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
  drop_all_but(named, *state);
  return change;
}

/// True when there is something to plan.
bool TargetTable::take_over(std::shared_ptr<const DesiredTarget> target) {
  auto& entry = entries_[target->id];
  const auto before = std::exchange(entry.desired, std::move(target));
  const bool same = before && same_input(*before, *entry.desired) && entry.invalid.empty();
  entry.invalid.clear();
  if (same) return false;
  // What was found out about it while nothing was desired says nothing now.
  entry.known = entry.known && before;
  if (!entry.known) entry.progress = {entry.desired->id, fresh_status(*entry.desired), {}, {}, 0, 0, false};
  if (entry.known && before->digest != entry.desired->digest) announce(entry.progress.status, *entry.desired);
  entry.progress.settled = false;
  entry.untidy = true;
  if (entry.superseded) entry.superseded->store(true);
  return true;
}

void TargetTable::drop_all_but(const std::set<TargetId>& named, const DesiredState& state) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    auto& [id, entry] = *it;
    if (named.contains(id)) {
      ++it;
    } else if (!entry.busy && !has_instance(state, id.instance)) {
      it = entries_.erase(it);  // nobody can look any more whether it is still there
    } else {
      // The next full observation decides what is left to remove; a pass that still runs ends at a safe point.
      if (entry.superseded) entry.superseded->store(true);
      if (entry.desired || !entry.invalid.empty()) let_go(entry);
      ++it;
    }
  }
}

void TargetTable::adopt_orphan(const TargetId& id) {
  auto& entry = entries_[id];
  entry.desired = nullptr;
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
    if (filter.matches(id)) ids.push_back(id);
  }
  return ids;
}

void note_transitions(TargetEntry& entry, Instant now) {
  const auto next = condition_states(entry.progress.status);
  const auto note = [&](bool ConditionStates::*holds, Instant ConditionTimes::*since) {
    if (!entry.conditions || (*entry.conditions).*holds != next.*holds) entry.transitions.*since = now;
  };
  note(&ConditionStates::ready, &ConditionTimes::ready);
  note(&ConditionStates::reconciling, &ConditionTimes::reconciling);
  note(&ConditionStates::stalled, &ConditionTimes::stalled);
  entry.conditions = next;
  entry.progress.status.transitions = entry.transitions;
}

bool release(TargetEntry& entry) {
  entry.busy = false;
  return !std::exchange(entry.outdated, false);
}

Error no_match(const TargetFilter& filter) {
  return {ErrorKind::rejected, "no app matches " + to_string(filter) + "; `plimsoll status` lists them"};
}

bool is_settled(const TargetEntry& entry) {
  if (!entry.invalid.empty()) return true;
  if (!entry.known || entry.busy) return false;
  const auto& status = entry.progress.status;
  if (is_good(status)) return true;
  // What an engine does not let go may go some time or never: nobody who waits for a sync waits for that.
  if (entry.cannot_prune && status.reason == reason::kPruning) return true;
  return status_reason(status.reason).settles;
}

}  // namespace plimsoll::controller
