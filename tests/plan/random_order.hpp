#pragma once

#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/plan.hpp"
#include "plan/walk_generator.hpp"

namespace plimsoll::plan_test {

/// The steps of `plan`, which must outlive the result, in one of the orders in which they can end when as many of them
/// as `plan::step_order` allows run side by side.
[[nodiscard]] std::vector<const Step*> random_order(const Plan& plan, const DesiredTarget& desired,
                                                    const ObservedInstance& observed, Dice& dice);

}  // namespace plimsoll::plan_test
