#include "model/file_place.hpp"

#include <algorithm>

namespace plimsoll {
namespace {

/// Without empty and dot segments, and without a slash at its end.
std::string clean(const std::string& path) {
  std::string text;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string segment = path.substr(at, end - at);
    if (segment == "..") text.erase(std::min(text.rfind('/'), text.size()));
    if (!segment.empty() && segment != "." && segment != "..") text += "/" + segment;
    at = end + 1;
  }
  return text.empty() ? "/" : text;
}

/// Makes `path` the ground when it is a deeper one than what is known.
void consider(FilePlace& place, const std::string& path, FilePlace::Ground kind, bool read_only) {
  const std::string ground = clean(path);
  const bool deeper = place.ground == FilePlace::Ground::root || ground.size() > place.ground_path.size();
  if (!deeper || !is_within(place.directory, ground)) return;
  place.ground = kind;
  place.ground_path = ground;
  place.ground_is_read_only = read_only;
}

}  // namespace

bool is_single_file(const Mount& mount) {
  return mount.type == Mount::Type::repository && mount.files.size() == 1 && mount.files.front().path.empty();
}

bool is_within(const std::string& path, const std::string& directory) {
  return directory == "/" || path == directory || path.starts_with(directory + "/");
}

FilePlace place_of(const Mount& file, const ServiceSpec& spec, const std::set<std::string>& volumes) {
  const std::string path = clean(file.target);
  const std::size_t slash = path.rfind('/');
  FilePlace place{slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
  for (const auto& mount : spec.mounts) {
    if (is_single_file(mount)) continue;
    const bool from_repository = mount.type == Mount::Type::repository;
    consider(place, mount.target,
             mount.type == Mount::Type::tmpfs ? FilePlace::Ground::tmpfs : FilePlace::Ground::mount,
             mount.read_only && !from_repository);  // a directory of files is a volume that is filled like this one
  }
  for (const auto& [target, options] : spec.tmpfs) consider(place, target, FilePlace::Ground::tmpfs, false);
  for (const auto& volume : volumes) consider(place, volume, FilePlace::Ground::mount, false);
  return place;
}

}  // namespace plimsoll
