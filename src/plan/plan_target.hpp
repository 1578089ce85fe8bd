#pragma once

#include <set>
#include <string>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/plan.hpp"
#include "model/target_memory.hpp"

namespace plimsoll::plan {

/// Numbers that planning depends on.
struct PlanPolicy {
  Millis gate_margin{5000};   ///< added to the deadline that the health check implies
  int retry_limit = 5;        ///< tries of one spec before it stays stalled until asked
  Millis retry_base{5000};    ///< doubles with every try ...
  Millis retry_max{180'000};  ///< ... up to this
};

/// What to do now so that `observed` comes closer to `desired`.
///
/// Pure: the same inputs give the same plan, whatever the order of the input lists. `observed` may hold the containers
/// of the whole instance; only those whose labels name the desired target's environment and app are looked at.
/// Every prefix of the returned steps is safe to stop after; an empty list of steps with a `Synced` and
/// `Healthy` status is the fixed point. A suspended target gets a status and no steps. What containers and engines say
/// is shown on one line without the values of the target's secrets.
[[nodiscard]] Plan plan_target(const DesiredTarget& desired, const ObservedInstance& observed,
                               const TargetMemory& memory, Instant now, const PlanPolicy& policy = {});

/// What to do with the containers and networks of a target that no manifest names any more (`prune`): stop and remove
/// containers, then networks that nothing uses and `kept` does not name; volumes stay. Without `sync.prune` only the
/// status says so. A target without an app stands for the networks that its environment shares.
[[nodiscard]] Plan plan_removal(const TargetId& target, const SyncPolicy& sync, const ObservedInstance& observed,
                                const TargetMemory& memory, Instant now, const std::set<std::string>& kept = {});

}  // namespace plimsoll::plan
