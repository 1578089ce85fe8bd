#pragma once

#include <memory>

#include "controller/config.hpp"
#include "controller/control_loop.hpp"

namespace plimsoll::controller {

/// Docker engines and their event streams for the instances of one installation. What an event tells is marked in the
/// engine before the loop hears of it, so that the look that follows sees the new facts.
[[nodiscard]] std::unique_ptr<InstanceAdapters> make_docker_instances(const ControllerConfig& config);

}  // namespace plimsoll::controller
