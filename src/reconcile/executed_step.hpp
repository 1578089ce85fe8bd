#pragma once

#include <chrono>
#include <optional>

#include "model/error.hpp"
#include "model/instant.hpp"
#include "model/plan.hpp"
#include "ports/container_engine.hpp"

namespace plimsoll::reconcile {

/// A step that was carried out, or tried.
struct ExecutedStep {
  Step step;
  Millis duration{0};
  std::chrono::steady_clock::time_point ended{};  ///< steps run side by side: durations alone do not tell
  std::optional<Error> error;
  ports::Applied applied{};  ///< what it yielded; empty when it failed
};

}  // namespace plimsoll::reconcile
