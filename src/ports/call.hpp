#pragma once

#include <chrono>
#include <stop_token>

namespace plimsoll::ports {

/// How long a call may take and what ends it early. Every call of every port takes one.
struct Call {
  std::chrono::steady_clock::time_point deadline;
  std::stop_token stop;
};

/// A call that may take `limit` from now.
[[nodiscard]] inline Call within(std::chrono::milliseconds limit, std::stop_token stop = {}) {
  return {std::chrono::steady_clock::now() + limit, std::move(stop)};
}

}  // namespace plimsoll::ports
