#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ports/engine_events.hpp"

namespace plimsoll::adapters {

/// Path and query of the event stream of what bears our installation id. Health checks that run inside containers are
/// events too (`exec_start`, ...): Docker filters them out; Podman knows other names, so there `parse_engine_event`
/// does.
[[nodiscard]] std::string events_path(const std::string& api_version, const std::string& installation, bool podman);

/// One line of the stream; absent when it is not an event that matters to us. Podman tells a health status in a member
/// of its own; the action has Docker's form, `health_status: healthy`.
[[nodiscard]] std::optional<ports::EngineEvent> parse_engine_event(std::string_view line, const std::string& instance);

}  // namespace plimsoll::adapters
