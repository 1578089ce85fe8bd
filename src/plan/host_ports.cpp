#include "plan/host_ports.hpp"

#include <algorithm>
#include <set>

#include "plan/dependencies.hpp"
#include "plan/field_keys.hpp"
#include "plan/gate.hpp"

namespace plimsoll::plan {
namespace {

struct HostPort {
  std::string ip, published, protocol;

  [[nodiscard]] bool on_all_addresses() const { return ip.empty() || ip == "0.0.0.0" || ip == "::" || ip == "[::]"; }
  [[nodiscard]] bool same_as(const HostPort& other) const {
    const bool address = ip == other.ip || on_all_addresses() || other.on_all_addresses();
    return published == other.published && protocol == other.protocol && address;
  }
};

bool is_fixed(const std::string& published) { return !published.empty() && published.find('-') == std::string::npos; }

std::vector<HostPort> ports_of(const ServiceSpec& spec) {
  std::vector<HostPort> ports;
  for (const auto& port : spec.ports) {
    if (port.publish && is_fixed(port.published)) ports.push_back({port.host_ip, port.published, port.protocol});
  }
  return ports;
}

/// Out of the canonical form: `[<host ip>:]<published>:<target>/<protocol>`.
std::optional<HostPort> read_port(const std::string& text) {
  const auto slash = text.rfind('/');
  const auto target = text.rfind(':', slash);
  if (slash == std::string::npos || target == std::string::npos) return std::nullopt;
  const std::string host = text.substr(0, target);
  const auto colon = host.rfind(':');
  HostPort port{colon == std::string::npos ? "" : host.substr(0, colon),
                colon == std::string::npos ? host : host.substr(colon + 1), text.substr(slash + 1)};
  return is_fixed(port.published) ? std::optional(port) : std::nullopt;
}

std::vector<HostPort> ports_of(const ObservedContainer& container) {
  std::vector<HostPort> ports;
  for (const auto& [path, text] : container.applied) {
    if (!is_under(path, field::kPorts)) continue;
    if (auto port = read_port(text)) ports.push_back(std::move(*port));
  }
  return ports;
}

bool names(const std::vector<HostPort>& ports, const HostPort& port) {
  return std::any_of(ports.begin(), ports.end(), [&port](const HostPort& one) { return one.same_as(port); });
}

const DesiredService* find_service(const DesiredTarget& target, const std::string& name) {
  const auto found = std::find_if(target.services.begin(), target.services.end(),
                                  [&name](const DesiredService& one) { return one.spec.name == name; });
  return found == target.services.end() ? nullptr : &*found;
}

bool depends_on(const DesiredTarget& target, const std::string& dependent, const std::string& on) {
  std::set<std::string> seen;
  std::vector<std::string> open{dependent};
  while (!open.empty()) {
    const DesiredService* service = find_service(target, open.back());
    open.pop_back();
    if (service == nullptr) continue;
    for (const auto& name : prerequisites(*service)) {
      if (name == on) return true;
      if (seen.insert(name).second) open.push_back(name);
    }
  }
  return false;
}

}  // namespace

bool shares_host_port(const ServiceSpec& spec, const ObservedContainer& container) {
  const auto wanted = ports_of(spec);
  const auto has = ports_of(container);
  return std::any_of(has.begin(), has.end(), [&wanted](const HostPort& port) { return names(wanted, port); });
}

std::optional<PortHolder> find_port_holder(const DesiredTarget& target, const DesiredService& service,
                                           const std::vector<const ObservedContainer*>& containers) {
  const auto wanted = ports_of(service.spec);
  if (wanted.empty()) return std::nullopt;
  for (const auto* container : containers) {
    if (container->service == service.spec.name || !is_up(*container)) continue;
    const DesiredService* owner = find_service(target, container->service);
    if (owner != nullptr && depends_on(target, container->service, service.spec.name)) continue;
    const auto kept = owner == nullptr ? std::vector<HostPort>() : ports_of(owner->spec);
    for (const auto& port : ports_of(*container)) {
      if (!names(wanted, port) || names(kept, port)) continue;
      return PortHolder{container, port.published + "/" + port.protocol, owner == nullptr};
    }
  }
  return std::nullopt;
}

}  // namespace plimsoll::plan
