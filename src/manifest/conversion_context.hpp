#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compose/expansion.hpp"
#include "manifest/environment.hpp"
#include "manifest/findings.hpp"
#include "model/desired_state.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::manifest {

/// All that the conversion of one target's Compose tree needs besides the tree. References must outlive it.
struct ConversionContext {
  TargetId id;
  const InstanceSpec& instance;
  const AppEntry& app;
  const RepositoryFiles& files;
  const std::vector<std::string>& shared_networks;                   ///< of the environment, by key
  const std::map<std::string, std::string, std::less<>>& variables;  ///< of interpolation, secrets as tokens
  compose::Expansion& expansion;                                     ///< where what takes memory or time is counted
  Findings& findings;
  bool partial = false;  ///< the tree is what could be read of files with errors: what is missing may be in the rest

  [[nodiscard]] std::string project() const { return project_name(id); }
  /// Engine name of the environment's shared network `key`.
  [[nodiscard]] std::string shared_network_name(std::string_view key) const {
    return plimsoll::shared_network_name(id.environment, std::string(key));
  }
};

}  // namespace plimsoll::manifest
