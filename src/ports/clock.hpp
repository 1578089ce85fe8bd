#pragma once

#include "model/instant.hpp"

namespace plimsoll::ports {

/// Wall-clock time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

}  // namespace plimsoll::ports
