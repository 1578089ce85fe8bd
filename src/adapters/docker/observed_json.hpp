#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "model/observed_state.hpp"

namespace plimsoll::adapters {

/// A point of time as the engine writes it (RFC 3339, nanoseconds, any offset); absent for Go's zero time.
[[nodiscard]] std::optional<Instant> parse_engine_time(std::string_view text);

/// How long a container of the list has been up, as far as the engine's words ("Up 5 seconds") tell.
enum class Uptime { seconds, about_a_minute, longer };

/// One entry of `GET /containers/json`, as far as it decides whether to inspect.
struct ListedContainer {
  std::string id;
  std::string name;  ///< without leading slash
  /// Changes whenever a fact changes that inspect would show: state, health, names, endpoints, exit code. Without the
  /// passing time that the engine writes into it.
  std::string signature;
  Uptime uptime = Uptime::longer;
};

/// Reads one entry of the list.
[[nodiscard]] ListedContainer listed_container(const boost::json::object& entry);

/// Reads a reply of `GET /containers/{id}/json`. Identity comes from labels.
[[nodiscard]] ObservedContainer observed_container(const boost::json::object& inspected);

}  // namespace plimsoll::adapters
