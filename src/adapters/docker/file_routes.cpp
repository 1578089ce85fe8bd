#include "adapters/docker/file_routes.hpp"

#include <algorithm>

namespace plimsoll::adapters {
namespace {

std::string relative_to(const std::string& directory, const FilePlace& place) {
  const std::string path = (place.directory == "/" ? "" : place.directory) + "/" + place.name;
  return path.substr(directory == "/" ? 1 : directory.size() + 1);
}

}  // namespace

FileRoute route_of(const Mount& file, const ServiceSpec& spec, const FileSurroundings& around) {
  const FilePlace place = place_of(file, spec, around.volumes);
  // Podman does not reach what is mounted below the directory that it extracts in.
  if (place.ground == FilePlace::Ground::mount)
    return {place.ground_path, relative_to(place.ground_path, place), false};
  const FileRoute into_root{"/", relative_to("/", place), false};
  if (around.root_is_open) return into_root;
  const bool below_tmpfs = place.ground == FilePlace::Ground::tmpfs && place.directory != place.ground_path;
  return below_tmpfs || spec.read_only ? FileRoute{place.directory, place.name, true} : into_root;
}

std::map<std::string, std::string> own_file_volumes(const ServiceSpec& spec, const FileSurroundings& around) {
  std::map<std::string, std::string> volumes;
  for (const auto& mount : spec.mounts) {
    if (!is_single_file(mount)) continue;
    const FileRoute route = route_of(mount, spec, around);
    if (route.own_volume) volumes[route.through] += route.path + '\n' + mount.digest + '\n';
  }
  return volumes;
}

bool routes_depend_on_image(const ServiceSpec& spec, const FileSurroundings& around) {
  if (around.root_is_open) return false;
  return std::any_of(spec.mounts.begin(), spec.mounts.end(), [&](const Mount& mount) {
    if (!is_single_file(mount)) return false;
    return spec.read_only || place_of(mount, spec).ground == FilePlace::Ground::tmpfs;
  });
}

}  // namespace plimsoll::adapters
