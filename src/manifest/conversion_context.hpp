#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/environment.hpp"
#include "manifest/findings.hpp"
#include "model/desired_state.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::manifest {

/// What the controller's configuration lends to every app.
struct InstallationDefaults {
  Millis min_ready{5000};  ///< gate of containers without health check (DESIGN 4.4)
  std::string data_dir;    ///< for instances without their own; may be empty
};

/// All that the conversion of one target's Compose tree needs besides the tree. References must outlive it.
struct ConversionContext {
  TargetId id;
  const InstanceSpec& instance;
  const AppEntry& app;
  const RepositoryFiles& files;
  const std::vector<std::string>& shared_networks;                   ///< of the environment, by key
  const std::map<std::string, std::string, std::less<>>& variables;  ///< of interpolation, secrets as tokens
  InstallationDefaults defaults;
  Findings& findings;

  [[nodiscard]] std::string project() const { return project_name(id); }
  /// Engine name of the environment's shared network `key`.
  [[nodiscard]] std::string shared_network_name(std::string_view key) const {
    return id.environment + "_" + std::string(key);
  }
};

}  // namespace plimsoll::manifest
