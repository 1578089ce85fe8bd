#pragma once

#include <set>
#include <string>

#include "model/service_spec.hpp"

namespace plimsoll {

/// Where a single repository file lies in its container, and on what.
struct FilePlace {
  /// What the deepest mount at or above the file's directory is.
  enum class Ground {
    root,   ///< there is none: the container's own root file system
    mount,  ///< a volume, a path of the host, or a directory of repository files
    tmpfs,  ///< empty whenever the container starts
  };
  std::string directory;  ///< absolute, without a slash at its end but for `/`
  std::string name;       ///< of the file in it
  Ground ground = Ground::root;
  std::string ground_path = "/";  ///< where that is mounted
  bool ground_is_read_only = false;
};

/// True for a `repository` mount that is one file; else it is a directory.
[[nodiscard]] bool is_single_file(const Mount& mount);

/// The place of `file`, a single file of `spec`. `volumes` are directories where volumes are mounted that the spec does
/// not name: an image's own, and those that a container takes over.
[[nodiscard]] FilePlace place_of(const Mount& file, const ServiceSpec& spec, const std::set<std::string>& volumes = {});

/// True when `path` is `directory` or lies below it; both absolute and clean.
[[nodiscard]] bool is_within(const std::string& path, const std::string& directory);

}  // namespace plimsoll
