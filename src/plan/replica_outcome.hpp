#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "plan/service_steps.hpp"

namespace plimsoll::plan {

/// What planning one replica yielded.
struct ReplicaOutcome {
  explicit ReplicaOutcome(const ServiceInput& input) : steps(input) {}

  ServiceSteps steps;
  bool wants_image = false;  ///< a container is created now, or will be once a wait ends
  bool settled = false;      ///< one container, as desired; however well it does
  bool running = false;      ///< as desired and running, or started by these steps
  bool good = false;         ///< as desired and its gate passed
  bool modified = false;     ///< not as desired in what is only shown: drift, limits that the engine does not keep
  std::string pending;       ///< it serves, and is still `to reload` or `to be changed`
  Health health = Health::healthy;
  std::string reason;  ///< one of `reason::`
  std::string message;
  std::optional<Instant> wake_at;

  void report(Health how, std::string_view why, std::string text) {
    health = how;
    reason = why;
    message = std::move(text);
  }
  /// Takes the steps back: one of them failed and is not to be tried again yet. What serves goes on serving.
  void hold() {
    if (steps.empty()) return;
    steps.clear();
    settled = false;
    running = good;
  }
  void wake(std::optional<Instant> at) {
    if (at && (!wake_at || *at < *wake_at)) wake_at = at;
  }
};

}  // namespace plimsoll::plan
