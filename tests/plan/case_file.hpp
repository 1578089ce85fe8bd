#pragma once

#include <string>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/target_memory.hpp"

namespace plimsoll::plan_test {

/// One situation, read from `cases/<obligation>.json`. The target is always `dev/shop@one`. Times are seconds before
/// now. A container takes the desired service of its name, with `spec` written over it, as what it was created from.
struct Case {
  DesiredTarget desired;
  ObservedInstance observed;
  TargetMemory memory;
  Instant now{};
};

/// Reads the short form. Throws std::exception with the reason on a malformed file.
[[nodiscard]] Case read_case(const std::string& json);

/// The plan as `cases/<obligation>.plan` has it: a line a step, then the status, then when it looks again.
[[nodiscard]] std::string plan_text(const Case& situation);

}  // namespace plimsoll::plan_test
