#pragma once

#include <map>
#include <set>
#include <string>

#include "manifest/findings.hpp"
#include "model/desired_state.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::manifest {

inline constexpr std::string_view kInstancesFile = "instances.yaml";

/// What `instances.yaml` says.
struct InstanceList {
  bool readable = false;                     ///< false when the file is missing or not YAML: nothing is known then
  std::map<std::string, InstanceSpec> good;  ///< by name
  std::set<std::string> broken;              ///< listed, with errors
};

/// Reads `instances.yaml` strictly; every error with position, path and mend. One broken instance leaves the others
/// good.
[[nodiscard]] InstanceList read_instances(const RepositoryFiles& files, Findings& findings);

}  // namespace plimsoll::manifest
