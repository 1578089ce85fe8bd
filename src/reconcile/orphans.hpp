#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/target_id.hpp"

namespace plimsoll::reconcile {

/// True when `desired` names the target, or when its absence may be an error rather than a wish (see below).
[[nodiscard]] bool may_be_wanted(const DesiredState& desired, const TargetId& target);

/// The engine names of the networks that an environment shares: by its file, or for a target that is pinned to a
/// revision in which it did.
[[nodiscard]] std::set<std::string> shared_networks(const DesiredState& desired, const std::string& environment);

/// The targets that have containers or networks on `instance` although `desired` names them no more: those to hand to
/// `plan_removal`. Sorted, each once.
///
/// A target is not an orphan when its absence may be an error rather than a wish: its app is broken (on whatever
/// instance), its environment's file has errors, or some file outside the apps has errors and its environment has no
/// target left at all. Networks that an environment shared, shares no more and nothing uses make a target without an
/// app, held back by the errors of its environment's file alike.
[[nodiscard]] std::vector<TargetId> orphaned_targets(const DesiredState& desired, const std::string& instance,
                                                     const ObservedInstance& observed);

/// True when a network that an environment shares no more is there and still used: it can go some time later.
[[nodiscard]] bool uses_what_is_not_shared(const DesiredState& desired, const std::string& instance,
                                           const ObservedInstance& observed);

/// True when a container of the target was seen, and not only a network.
[[nodiscard]] bool has_containers(const TargetId& target, const ObservedInstance& observed);

}  // namespace plimsoll::reconcile
