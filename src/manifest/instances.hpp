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

/// What to go on with: `read`, and what it has with errors as it was in `last`; all of `last` where the file could not
/// be read. A slip there must end no update on its way and no healing, and says nothing of where an engine is.
[[nodiscard]] InstanceList with_last_good(InstanceList read, const std::map<std::string, InstanceSpec>& last);

}  // namespace plimsoll::manifest
