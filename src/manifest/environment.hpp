#pragma once

#include <map>
#include <string>
#include <vector>

#include "compose/node.hpp"
#include "manifest/findings.hpp"
#include "manifest/instances.hpp"
#include "model/desired_state.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::manifest {

inline constexpr std::string_view kEnvironmentsDirectory = "environments/";
inline constexpr std::string_view kAppsDirectory = "apps/";

/// One line of an app's `images`.
struct ImageEntry {
  std::string text;     ///< a tag, `repo:tag`, `repo@sha256:…` or `sha256:…`
  bool follow = false;  ///< a moved digest is a change
  SourcePosition where;
};

/// One app of an environment, as its file says, with the environment's own defaults filled in, but for variables.
struct AppEntry {
  std::string name;
  std::string directory;  ///< of the manifest repository: `apps/<app>`
  SourcePosition where;
  std::vector<std::string> instances;            ///< known ones only
  std::map<std::string, ImageEntry> images;      ///< by service
  std::map<std::string, std::string> variables;  ///< its own; they win over the environment's
  std::vector<std::string> secrets;
  std::vector<std::string> files;  ///< in the repository, in order of merging
  std::vector<std::string> profiles;
  SyncPolicy sync;
  std::string fingerprint;  ///< differs when the entry, or what it inherits, but for variables, does
  Findings findings;        ///< of this app alone
};

/// One file of `environments/`.
struct EnvironmentFile {
  std::string name;  ///< by the file's name
  std::string file;
  SyncPolicy sync;                               ///< of apps that say nothing else, and of those that leave it
  std::vector<std::string> networks;             ///< shared by the apps of the environment
  std::map<std::string, std::string> variables;  ///< of all its apps
  std::vector<AppEntry> apps;                    ///< by name
  /// Of the file as a whole. An error here breaks all its apps: what they inherit is not known.
  Findings findings;
};

/// Reads every `environments/*.yaml` (or `.yml`) strictly: unknown keys, wrong kinds, duplicates, bad names, unknown
/// instances, missing apps and files. Sorted by name. No error of one file or app touches another; of a file with more
/// than `kMaxEnvironmentApps` no app is read, nor of one that brings all files together over `kMaxTargets`.
[[nodiscard]] std::vector<EnvironmentFile> read_environments(const RepositoryFiles& files,
                                                             const InstanceList& instances);

}  // namespace plimsoll::manifest
