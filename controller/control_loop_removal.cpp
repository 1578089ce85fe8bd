// The loop's side of removals: what no manifest names any more, and whether it may go.
#include <spdlog/spdlog.h>

#include "controller/control_loop.hpp"
#include "reconcile/orphans.hpp"

namespace plimsoll::controller {
namespace {

/// Puts into the status that the guard keeps the target.
void show_held(TargetEntry& entry, const TargetId& id, const std::string& why) {
  entry.known = true;
  auto& status = entry.progress.status;
  status.id = id;
  status.sync = SyncStatus::out_of_sync;
  status.health = Health::healthy;
  status.reason = reason::kRemovalBlocked;
  status.message = why;
}

}  // namespace

void ControlLoop::adopt_orphans(const Lane& lane, const ObservedInstance& observed) {
  if (!desired_) return;
  std::map<TargetId, bool> found;
  for (const auto& id : reconcile::orphaned_targets(*desired_, lane->spec.name, observed)) {
    const auto* known = targets_.find(id);
    if (known == nullptr || !known->busy) targets_.adopt_orphan(id);
    found[id] = reconcile::has_containers(id, observed);
  }
  lane->uses_what_is_not_shared = reconcile::uses_what_is_not_shared(*desired_, lane->spec.name, observed);
  removals_.found(lane->spec.name, found);
  lane->looked = true;
  decide_removals();
}

void ControlLoop::decide_removals() {
  removals_.defer();
  for (const auto& [name, lane] : lanes_) {
    if (lane->engine && !lane->looked) return;
  }
  const std::string before = removals_.held();
  removals_.decide(*desired_);
  if (!removals_.held().empty() && removals_.held() != before) spdlog::warn("removal held: {}", removals_.held());
  for (const auto& id : removals_.orphans()) {
    auto* entry = targets_.find(id);
    if (entry == nullptr) continue;
    if (removals_.may_go(id)) {
      queue_.add(id, ports_.clock.now(), "named by no manifest");
    } else {
      show_held(*entry, id, removals_.held());
    }
  }
  dispatch_soon();
}

}  // namespace plimsoll::controller
