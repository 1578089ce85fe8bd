#include "plan/swap_order.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace plimsoll::plan {
namespace {

int port_number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// How many host ports the engine may choose from; 0 for any.
int host_port_choices(const PortMapping& port) {
  if (!port.publish || port.published.empty()) return 0;
  const std::size_t dash = port.published.find('-');
  if (dash == std::string::npos) return 1;
  const std::string_view text = port.published;
  return port_number(text.substr(dash + 1)) - port_number(text.substr(0, dash)) + 1;
}

/// Why two containers of it cannot run at once; empty when they can.
std::string impossibility(const DesiredService& service) {
  for (const auto& port : service.spec.ports) {
    const int choices = host_port_choices(port);
    if (choices != 0 && choices <= service.replicas) return "host port " + port.published + " can be bound only once";
  }
  for (const auto& network : service.spec.networks) {
    if (!network.ipv4_address.empty() || !network.ipv6_address.empty() || !network.mac_address.empty()) {
      return "fixed address in network " + network.network;
    }
  }
  return {};
}

bool shares_namespace(std::string_view mode) { return mode.starts_with("service:") || mode.starts_with("container:"); }

/// Why two containers of it had better not run at once; empty when they may.
std::string conflict(const DesiredService& service, const ObservedContainer* base) {
  const ServiceSpec& spec = service.spec;
  if (spec.network_mode == "host") return "network_mode host";
  if (!spec.container_name.empty()) return "container_name is set";
  // The engine's DNS answers with it from the start, healthy or not, and it cannot be taken from a container.
  if (!spec.hostname.empty() && !spec.networks.empty())
    return "hostname " + spec.hostname + " is a name in its networks";
  for (const auto* mode : {&spec.network_mode, &spec.pid, &spec.ipc}) {
    if (shares_namespace(*mode)) return "it shares a namespace with " + *mode;
  }
  if (service.replicas != 1) return {};
  for (const auto& mount : spec.mounts) {
    if (mount.type == Mount::Type::volume && !mount.source.empty() && !mount.read_only) {
      return "the only replica writes volume " + mount.source;
    }
  }
  if (base != nullptr && !base->anonymous_volumes.empty()) {
    return "the only replica has an anonymous volume at " + base->anonymous_volumes.begin()->first;
  }
  return {};
}

}  // namespace

SwapOrder decide_swap_order(const DesiredService& service, const ObservedContainer* base) {
  const auto wish = service.rollout.order;
  if (const std::string why = impossibility(service); !why.empty()) {
    const bool refused = wish == Rollout::Order::start_first;
    return {true, (refused ? "stop-first although start-first is asked for: " : "stop-first: ") + why};
  }
  if (wish == Rollout::Order::start_first) return {false, "start-first as asked for"};
  if (wish == Rollout::Order::stop_first) return {true, "stop-first as asked for"};
  if (const std::string why = conflict(service, base); !why.empty()) return {true, "stop-first: " + why};
  return {false, "start-first"};
}

}  // namespace plimsoll::plan
