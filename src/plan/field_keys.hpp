#pragma once

#include <string_view>

namespace plimsoll::plan {

/// Paths of the canonical form (manifest/canonical) that planning knows by name. Everything else is only compared.
namespace field {
inline constexpr std::string_view kImage = "image";
inline constexpr std::string_view kHostname = "hostname";
/// `restart`, or `restart.name` and `restart.max_retries`.
inline constexpr std::string_view kRestart = "restart";
/// `resources.memory`, `.memory_reservation`, `.memory_swap`, `.nano_cpus`, `.pids_limit`.
inline constexpr std::string_view kResources = "resources";
/// `networks.<engine name>`, `networks.<engine name>.aliases[i]`, `.ipv4_address` and so on.
inline constexpr std::string_view kNetworks = "networks";
/// `ports[i]`: `[<host ip>:]<published>:<target>/<protocol>`.
inline constexpr std::string_view kPorts = "ports";
/// `mounts.<target>.digest` and so on.
inline constexpr std::string_view kMounts = "mounts";
inline constexpr std::string_view kDigestSuffix = ".digest";
}  // namespace field

/// What the engine can change without recreating the container (Engine API, `POST /containers/{id}/update`).
inline constexpr std::string_view kInPlacePrefixes[] = {field::kRestart, field::kResources};

/// What lies below one membership. `aliases` can be changed by reattaching; the others need a new container, because
/// the observed state does not say them and so could not show that the change arrived.
inline constexpr std::string_view kAliasesInfix = ".aliases[";
inline constexpr std::string_view kAttachmentInfixes[] = {kAliasesInfix,  ".ipv4_address", ".ipv6_address",
                                                          ".mac_address", ".priority",     ".driver_opts"};

/// True for `prefix` itself and what lies below it (`prefix.x`, `prefix[0]`).
[[nodiscard]] constexpr bool is_under(std::string_view path, std::string_view prefix) noexcept {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || path[prefix.size()] == '.' || path[prefix.size()] == '[';
}

}  // namespace plimsoll::plan
