#include "model/observed_state.hpp"

namespace plimsoll {

std::string_view to_string(ContainerState state) noexcept {
  switch (state) {
    case ContainerState::created: return "created";
    case ContainerState::running: return "running";
    case ContainerState::paused: return "paused";
    case ContainerState::restarting: return "restarting";
    case ContainerState::removing: return "removing";
    case ContainerState::exited: return "exited";
    case ContainerState::dead: return "dead";
  }
  return "dead";
}

std::string_view to_string(HealthState state) noexcept {
  switch (state) {
    case HealthState::none: return "none";
    case HealthState::starting: return "starting";
    case HealthState::healthy: return "healthy";
    case HealthState::unhealthy: return "unhealthy";
  }
  return "none";
}

}  // namespace plimsoll
