#pragma once

#include "ports/clock.hpp"

namespace plimsoll::adapters {

/// The machine's wall clock, to the millisecond. Thread-safe.
class SystemClock final : public ports::Clock {
 public:
  [[nodiscard]] Instant now() const override;
};

}  // namespace plimsoll::adapters
