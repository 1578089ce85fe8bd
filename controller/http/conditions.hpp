#pragma once

#include <string>
#include <vector>

#include "model/target_status.hpp"

namespace plimsoll::controller {

/// One condition of a target (DESIGN 2): `Ready`, `Reconciling`, `Stalled`.
struct Condition {
  std::string type;
  bool holds = false;
  std::string reason;
  std::string message;
};

/// The three conditions, read off the status: Ready is Synced and Healthy; Stalled waits for a person or new input;
/// Reconciling is everything between.
[[nodiscard]] std::vector<Condition> conditions_of(const TargetStatus& status);

}  // namespace plimsoll::controller
