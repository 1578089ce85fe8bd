#pragma once

#include <map>
#include <set>
#include <string>

#include "model/file_place.hpp"

namespace plimsoll::adapters {

/// What of a container decides how its single repository files get into it, besides the spec.
struct FileSurroundings {
  /// Directories with volumes that the spec does not name: the image's, and those taken over from another container.
  std::set<std::string> volumes{};
  /// Podman makes the root file system read-only when the container starts, and until then copies into it.
  bool root_is_open = false;
};

/// How one single repository file gets into its container. An engine copies into a read-only root file system only
/// where a writable volume is mounted, and what it copies under a tmpfs is hidden: there the file's directory becomes a
/// volume of its own, which the engine fills with what the image has in that directory when it makes the container.
struct FileRoute {
  std::string through = "/";  ///< the directory to extract the archive in
  std::string path;           ///< of the file, relative to `through`
  bool own_volume = false;    ///< `through` is such a volume
};

/// The route of `file`, a single file of `spec`.
[[nodiscard]] FileRoute route_of(const Mount& file, const ServiceSpec& spec, const FileSurroundings& around);

/// The directories of the spec's single files that become volumes, each with the names and digests of the files there.
[[nodiscard]] std::map<std::string, std::string> own_file_volumes(const ServiceSpec& spec,
                                                                  const FileSurroundings& around);

/// True when the routes may depend on the image's volumes.
[[nodiscard]] bool routes_depend_on_image(const ServiceSpec& spec, const FileSurroundings& around);

}  // namespace plimsoll::adapters
