#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/plan.hpp"

namespace plimsoll::plan {

/// True when `step` cannot succeed without the image, network or volume that `action` ensures.
[[nodiscard]] bool needs(const Step& step, const Action& action);

/// True when `later` may still be carried out after earlier steps of its service were not; `replicas` is the
/// `Step::replica` of each of those. It is of another replica, puts right what is there, and takes nothing away: what
/// serves is not stopped after a failure.
[[nodiscard]] bool goes_on_after(const std::set<int>& replicas, const Step& later);

/// For each step of `plan` the earlier steps, by index, that must have ended before it may begin. All others may run
/// beside it: steps that are carried out so leave at any moment a set that is as safe as a prefix of the plan.
///
/// In the order of the plan stay: the steps of one service; those of two services of which one depends on the other,
/// directly or not, or which publish the same host port or speak of the same container name; what ensures an image, a
/// network or a volume and what needs it; what removes a network and what speaks of it; all that only prepares
/// (`Plan::prepares`) and what comes after it; what is held (`Plan::held`) and all before it; a step of the target as a
/// whole that ensures nothing, and every other. `desired` is null for a removal; `observed` tells which host ports are
/// taken now, and may be null.
[[nodiscard]] std::vector<std::vector<std::size_t>> step_order(const Plan& plan, const DesiredTarget* desired,
                                                               const ObservedInstance* observed);

}  // namespace plimsoll::plan
