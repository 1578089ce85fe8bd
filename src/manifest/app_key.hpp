#pragma once

#include <map>
#include <string>

#include "manifest/app_loader.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::manifest {

/// What many apps of one revision ask for, worked out once. For one load.
class RevisionFacts {
 public:
  explicit RevisionFacts(const RepositoryFiles& files) : files_(files) {}
  /// Digest over all files but those of environments and instances.
  [[nodiscard]] const std::string& tree_digest();
  struct Directory {
    std::string digest;             ///< over all files below it
    bool has_parent_steps = false;  ///< one of them has a `..`, as a part of a path, in it
  };
  [[nodiscard]] const Directory& directory(const std::string& path);

 private:
  const RepositoryFiles& files_;
  std::string tree_digest_;
  std::map<std::string, Directory> directories_;
};

/// Digest over everything that a target depends on: environment's entry, instance, secrets' keyed digests, defaults,
/// and object ids of files: those of the app's directory and the files that it names, or with `whole_tree` all of them.
[[nodiscard]] std::string app_key(const AppInput& input, bool whole_tree);

/// True when some text of the app could lead to a path outside its directory (`..`), so that only the whole tree is a
/// safe key. May be true without need; never false wrongly.
[[nodiscard]] bool looks_outside(const AppInput& input);

}  // namespace plimsoll::manifest
