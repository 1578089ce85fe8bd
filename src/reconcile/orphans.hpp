#pragma once

#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/target_id.hpp"

namespace plimsoll::reconcile {

/// True when `desired` names the target, or when its absence may be an error rather than a wish (see below).
[[nodiscard]] bool may_be_wanted(const DesiredState& desired, const TargetId& target);

/// The targets that have containers or networks on `instance` although `desired` names them no more: those to hand to
/// `plan_removal`. Sorted, each once.
///
/// A target is not an orphan when its absence may be an error rather than a wish: its app is broken (on whatever
/// instance), its environment's file has errors, or some file outside the apps has errors and its environment has no
/// target left at all. Networks shared by an environment belong to no target and make none.
[[nodiscard]] std::vector<TargetId> orphaned_targets(const DesiredState& desired, const std::string& instance,
                                                     const ObservedInstance& observed);

}  // namespace plimsoll::reconcile
