#include "manifest/host_conflicts.hpp"

#include <map>
#include <optional>
#include <tuple>

#include "manifest/environment.hpp"

namespace plimsoll::manifest {
namespace {

struct Owner {
  const DesiredTarget* target;
  const DesiredService* service;
};

std::string owner_text(const Owner& owner) {
  return to_string(owner.target->id) + " service " + owner.service->spec.name;
}

bool is_everywhere(const std::string& address) { return address.empty() || address == "0.0.0.0" || address == "::"; }

void warn(const Owner& owner, const std::string& what, const Owner& other, Findings& findings) {
  const TargetId& id = owner.target->id;
  findings.warning({std::string(kEnvironmentsDirectory) + id.environment + ".yaml"}, "apps." + id.app,
                   owner_text(owner) + " and " + owner_text(other) + " both want " + what + ", so only one can run",
                   "change one of them, or place the apps on different instances");
}

/// Collects claims; the second one of a pair warns.
class Claims {
 public:
  explicit Claims(Findings& findings) : findings_(findings) {}

  void add(const Owner& owner) {
    const std::string& instance = owner.target->id.instance;
    for (const PortMapping& port : owner.service->spec.ports) {
      const bool fixed = port.publish && !port.published.empty() && port.published.find('-') == std::string::npos;
      if (fixed) add_port(instance, port, owner);
    }
    const std::string& name = owner.service->spec.container_name;
    if (name.empty()) return;
    const auto [found, is_new] = names_.emplace(std::pair(instance, name), owner);
    if (!is_new) warn(owner, "the container_name " + name, found->second, findings_);
  }

 private:
  /// The claims on one port. A service may claim it on thousands of addresses, so they are not searched one by one.
  struct PortClaims {
    std::optional<Owner> first, everywhere;
    std::map<std::string, Owner> by_address;
  };

  void add_port(const std::string& instance, const PortMapping& port, const Owner& owner) {
    PortClaims& claims = ports_[std::tuple(instance, port.published, port.protocol)];
    const auto same = claims.by_address.find(port.host_ip);
    const bool everywhere = is_everywhere(port.host_ip);
    const Owner* other = everywhere && claims.first        ? &*claims.first
                         : claims.everywhere               ? &*claims.everywhere
                         : same != claims.by_address.end() ? &same->second
                                                           : nullptr;
    if (other != nullptr) warn(owner, "host port " + port.published + "/" + port.protocol, *other, findings_);
    if (!claims.first) claims.first = owner;
    if (everywhere && !claims.everywhere) claims.everywhere = owner;
    claims.by_address.emplace(port.host_ip, owner);
  }

  Findings& findings_;
  std::map<std::tuple<std::string, std::string, std::string>, PortClaims> ports_;
  std::map<std::pair<std::string, std::string>, Owner> names_;
};

}  // namespace

void warn_of_host_conflicts(const DesiredState& state, Findings& findings) {
  Claims claims(findings);
  for (const DesiredTarget& target : state.targets) {
    for (const DesiredService& service : target.services) claims.add({&target, &service});
  }
}

}  // namespace plimsoll::manifest
