#include <array>
#include <set>
#include <string_view>

#include "manifest/service_parts.hpp"
#include "model/secret.hpp"

namespace plimsoll::manifest {
namespace {

void check_replicas(const FieldReader& service, const DesiredService& converted) {
  if (converted.replicas <= 1) return;
  const std::string count = std::to_string(converted.replicas) + " replicas";
  if (!converted.spec.container_name.empty()) {
    service.error("container_name", count + " cannot share one container_name", "remove it, or run one replica");
  }
  for (const PortMapping& port : converted.spec.ports) {
    const bool fixed = !port.published.empty() && port.published.find('-') == std::string::npos;
    if (!port.publish || !fixed) continue;
    service.error("ports", count + " cannot share host port " + port.published,
                  "publish a range such as 8000-8010, or run one replica behind a proxy");
  }
}

void check_targets(const FieldReader& service, const ServiceSpec& spec) {
  std::set<std::string> targets;
  const auto add = [&](const std::string& target) {
    if (targets.insert(target).second) return;
    service.error("volumes", "two mounts have the target " + target, "remove one of them");
  };
  for (const Mount& mount : spec.mounts) add(mount.target);
  for (const auto& [target, options] : spec.tmpfs) add(target);
}

void warn_powerful_mounts(const FieldReader& service, const ServiceSpec& spec) {
  for (const Mount& mount : spec.mounts) {
    if (mount.type != Mount::Type::bind) continue;
    if (mount.source.ends_with("/docker.sock")) {
      service.warning("volumes", mount.source + " is mounted: whoever is in this container is root on the instance");
    } else if (mount.source == "/") {
      service.warning("volumes", "the whole file system of the instance is mounted", "mount what is needed only");
    }
  }
  if (spec.privileged) service.warning("privileged", "a privileged container is root on the instance");
}

/// Where the engine's border replaces tokens by values. Anywhere else a token would reach the engine as it is.
bool may_hold_secret(std::string_view path) {
  static constexpr std::array<std::string_view, 5> kPlaces{"environment.", "command[", "entrypoint[",
                                                           "healthcheck.test[", "logging.options."};
  for (const std::string_view place : kPlaces) {
    if (path.starts_with(place)) return true;
  }
  return false;
}

void check_secrets(const FieldReader& service, const DesiredService& converted) {
  for (const auto& [path, value] : converted.canonical) {
    if (!has_secret_token(path) && (!has_secret_token(value) || may_hold_secret(path))) continue;
    const std::string key = path.substr(0, path.find_first_of(".["));
    service.error(
        key, "a secret may not stand in " + path,
        "use it in environment, command, entrypoint, healthcheck.test, logging.options, or a config's content");
  }
}

}  // namespace

void check_service(const FieldReader& service, const DesiredService& converted) {
  check_replicas(service, converted);
  check_targets(service, converted.spec);
  check_file_places(service, converted.spec);
  warn_powerful_mounts(service, converted.spec);
  check_secrets(service, converted);
}

}  // namespace plimsoll::manifest
