#pragma once

#include "model/decisions.hpp"
#include "model/result.hpp"

namespace plimsoll::ports {

/// Where operators' decisions outlive the controller. Used by one thread at a time.
class DecisionStore {
 public:
  virtual ~DecisionStore() = default;
  /// What was saved last; none when nothing ever was. `rejected` when it cannot be understood: going on without it
  /// could deploy what somebody held back.
  virtual Result<Decisions> load() = 0;
  /// Whole or not at all, also when the machine stops in the middle.
  virtual Result<void> save(const Decisions& decisions) = 0;
};

}  // namespace plimsoll::ports
