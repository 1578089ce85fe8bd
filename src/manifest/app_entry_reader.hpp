#pragma once

#include <map>
#include <string>
#include <vector>

#include "compose/node.hpp"
#include "manifest/environment.hpp"

namespace plimsoll::manifest {

/// What an environment gives to its apps.
struct EnvironmentDefaults {
  std::string environment;
  SyncPolicy sync;
  std::vector<std::string> instances;
};

/// Reads one entry of `apps:`; its errors go to its own findings.
[[nodiscard]] AppEntry read_app_entry(const compose::Node::Entry& entry, const EnvironmentDefaults& defaults,
                                      const RepositoryFiles& files, const InstanceList& instances);

/// Reads a `sync` mapping over `defaults`; `table` is its key table's pointer.
[[nodiscard]] SyncPolicy read_sync(const compose::Node::Entry& entry, const std::string& path, std::string_view table,
                                   SyncPolicy defaults, Findings& findings);

/// Drops and reports instances that `instances.yaml` does not have, or has with errors.
[[nodiscard]] std::vector<std::string> known_instances(const compose::Node::Entry& entry, const std::string& path,
                                                       const InstanceList& instances, Findings& findings);

/// A text that differs when a tree does, wherever it stands in its file.
[[nodiscard]] std::string tree_text(const compose::Node& node);

}  // namespace plimsoll::manifest
