#include <algorithm>
#include <array>
#include <string_view>

#include "manifest/service_parts.hpp"
#include "model/file_place.hpp"

namespace plimsoll::manifest {
namespace {

/// What keeps a file from being where it is asked for, and what to do.
struct Obstacle {
  std::string reason, mend;
};

struct EngineFile {
  std::string_view path, mend;
};
constexpr std::array<EngineFile, 3> kEngineFiles{{{"/etc/hosts", "use extra_hosts"},
                                                  {"/etc/hostname", "use hostname"},
                                                  {"/etc/resolv.conf", "use dns, dns_search and dns_opt"}}};
constexpr std::array<std::string_view, 3> kKernelDirectories{"/dev", "/proc", "/sys"};

std::optional<Obstacle> obstacle_of(const Mount& file, const ServiceSpec& spec) {
  using Ground = FilePlace::Ground;
  const FilePlace place = place_of(file, spec);
  for (const EngineFile& own : kEngineFiles) {
    if (file.target == own.path) return Obstacle{"the engine puts a file of its own there", std::string(own.mend)};
  }
  for (const std::string_view directory : kKernelDirectories) {
    if (place.ground == Ground::mount || !is_within(place.directory, std::string(directory))) continue;
    return Obstacle{"the engine mounts a file system of its own at " + std::string(directory),
                    "mount the file elsewhere"};
  }
  if (place.ground == Ground::tmpfs && place.directory == place.ground_path) {
    return Obstacle{"it lies directly in the tmpfs " + place.ground_path + ", which is empty when the container starts",
                    "mount it into a directory below that, or remove the tmpfs"};
  }
  if (place.ground_is_read_only) {
    return Obstacle{"it lies in " + place.ground_path + ", which is mounted read-only",
                    "mount " + place.ground_path + " writable, or the file elsewhere"};
  }
  if (spec.read_only && place.ground == Ground::root && place.directory == "/") {
    return Obstacle{"a file directly in / cannot be put into a read-only root file system",
                    "mount it into a directory, such as /etc/" + spec.name + "/" + place.name};
  }
  return std::nullopt;
}

/// The key of the service that names the file.
std::string_view key_of(const FieldReader& service, const Mount& file) {
  for (const std::string_view key : {"configs", "secrets"}) {
    if (file.source.starts_with(std::string(key) + "/") && service.get(key) != nullptr) return key;
  }
  return "volumes";
}

}  // namespace

void check_file_places(const FieldReader& service, const ServiceSpec& spec) {
  for (const Mount& mount : spec.mounts) {
    if (!is_single_file(mount)) continue;
    if (const auto found = obstacle_of(mount, spec)) {
      service.error(key_of(service, mount), "the file " + mount.target + " cannot be there: " + found->reason,
                    found->mend);
    }
  }
}

}  // namespace plimsoll::manifest
