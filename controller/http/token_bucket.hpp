#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace plimsoll::controller {

/// So many at once, then so many a second. Its clock is the argument; a clock that goes backwards gives nothing.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  TokenBucket(double capacity, double per_second) : capacity_(capacity), per_second_(per_second), tokens_(capacity) {}

  /// Takes one token; false when there is none.
  [[nodiscard]] bool take(Time now) {
    if (filled_ && now > *filled_) {
      const std::chrono::duration<double> passed = now - *filled_;
      tokens_ = std::min(capacity_, tokens_ + passed.count() * per_second_);
    }
    if (!filled_ || now > *filled_) filled_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double capacity_;
  double per_second_;
  double tokens_;
  std::optional<Time> filled_;
};

}  // namespace plimsoll::controller
