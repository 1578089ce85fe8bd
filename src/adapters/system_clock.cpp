#include "adapters/system_clock.hpp"

namespace plimsoll::adapters {

Instant SystemClock::now() const { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }

}  // namespace plimsoll::adapters
