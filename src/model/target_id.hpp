#pragma once

#include <string>

namespace plimsoll {

/// One app of one environment on one instance: the unit of planning, written `dev/backend@dev-1`.
struct TargetId {
  std::string environment;
  std::string app;
  std::string instance;
  auto operator<=>(const TargetId&) const = default;
};

/// `environment/app@instance`.
[[nodiscard]] inline std::string to_string(const TargetId& id) {
  return id.environment + "/" + id.app + "@" + id.instance;
}

/// The Compose project of the target's containers: `environment-app`.
[[nodiscard]] inline std::string project_name(const TargetId& id) { return id.environment + "-" + id.app; }

/// The engine name of a network that the apps of an environment share: `environment_name`.
[[nodiscard]] inline std::string shared_network_name(const std::string& environment, const std::string& name) {
  return environment + "_" + name;
}

}  // namespace plimsoll
