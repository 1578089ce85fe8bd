#include "manifest/convert_networks.hpp"

#include <algorithm>

#include "manifest/canonical.hpp"
#include "manifest/service_parts.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

bool is_shared(const ConversionContext& context, const std::string& name) {
  return std::find(context.shared_networks.begin(), context.shared_networks.end(), name) !=
         context.shared_networks.end();
}

NetworkAttachment convert_attachment(const FieldReader& attachment, std::string network) {
  NetworkAttachment out;
  out.network = std::move(network);
  out.aliases = attachment.texts("aliases");
  out.ipv4_address = attachment.text("ipv4_address");
  out.ipv6_address = attachment.text("ipv6_address");
  out.mac_address = attachment.text("mac_address");
  out.priority = attachment.small("priority", -1'000'000, 1'000'000).value_or(0);
  out.driver_opts = attachment.text_map("driver_opts");
  for (const std::string_view key : {"link_local_ips", "gw_priority", "interface_name"}) {
    if (attachment.get(key) == nullptr) continue;
    attachment.error(key, "\"" + std::string(key) + "\" is a Compose key that Plimsoll does not support", "remove it");
  }
  return out;
}

void check_network_mode(const FieldReader& service, const std::string& mode) {
  const bool plain = mode == "host" || mode == "none" || mode == "bridge";
  if (!plain && !mode.starts_with("service:") && !mode.starts_with("container:")) {
    service.error("network_mode", "\"" + mode + "\" is no network mode",
                  "use host, none, bridge, service:NAME or container:NAME");
  }
  if (service.get("networks") != nullptr && service.get("networks")->size() != 0) {
    service.error("network_mode", "excludes networks", "remove one of them");
  }
}

void convert_ipam(const FieldReader& network, NetworkSpec& out) {
  const FieldReader ipam = network.at("ipam");
  out.ipam_driver = ipam.text("driver");
  const Node* pools = ipam.get("config");
  if (pools == nullptr) return;
  for (const Node& item : pools->items()) {
    const FieldReader pool(item, ipam.path_of("config"), network.findings());
    out.pools.push_back(
        {pool.text("subnet"), pool.text("gateway"), pool.text("ip_range"), pool.text_map("aux_addresses")});
  }
}

}  // namespace

std::string network_engine_name(const FieldReader& networks, const std::string& key, const ConversionContext& context) {
  const FieldReader network = networks.at(key);
  std::string name = network.text("name");
  // Every field of the canonical form repeats it.
  if (constexpr std::size_t kMaxName = 255; name.size() > kMaxName) {
    network.error("name", "more than " + std::to_string(kMaxName) + " bytes", "use a shorter one");
    name.resize(kMaxName);
  }
  if (!network.flag("external")) return name.empty() ? context.project() + "_" + key : name;
  const std::string& wanted = name.empty() ? key : name;
  return is_shared(context, wanted) ? context.shared_network_name(wanted) : wanted;
}

NetworkSpec convert_network(const FieldReader& networks, const std::string& key, const ConversionContext& context) {
  const FieldReader network = networks.at(key);
  NetworkSpec out;
  out.name = network_engine_name(networks, key, context);
  if (network.flag("external")) {
    const std::string name = network.text("name");
    out.shared = is_shared(context, name.empty() ? key : name);
    out.external = !out.shared;
  } else {
    out.driver = network.text("driver");
    out.driver_opts = network.text_map("driver_opts");
    out.internal = network.flag("internal");
    out.attachable = network.flag("attachable");
    out.enable_ipv6 = network.flag("enable_ipv6");
    out.labels = network.text_map("labels");
    convert_ipam(network, out);
  }
  out.canonical = canonical_fields(out);
  out.digest = spec_digest(out.canonical);
  return out;
}

void convert_attachments(const FieldReader& service, const FieldReader& networks, const ConversionContext& context,
                         ServiceSpec& out) {
  out.network_mode = service.text("network_mode");
  if (!out.network_mode.empty()) {
    check_network_mode(service, out.network_mode);
    return;
  }
  for (const std::string& key : network_keys(service)) {
    if (key != "default" && !networks.node().contains(key)) {
      service.error("networks", "network \"" + key + "\" is not declared", "add it under networks at the top level");
      continue;
    }
    const FieldReader attachments = service.at("networks");
    out.networks.push_back(convert_attachment(attachments.at(key), network_engine_name(networks, key, context)));
  }
  if (const std::string mac = service.text("mac_address"); !mac.empty() && !out.networks.empty()) {
    out.networks.front().mac_address = mac;
  }
  std::sort(out.networks.begin(), out.networks.end(), [](const NetworkAttachment& a, const NetworkAttachment& b) {
    return a.priority != b.priority ? a.priority > b.priority : a.network < b.network;
  });
}

std::vector<std::string> network_keys(const FieldReader& service) {
  if (service.get("network_mode") != nullptr) return {};
  const Node* networks = service.get("networks");
  std::vector<std::string> keys;
  if (networks != nullptr) {
    for (const Node::Entry& entry : networks->entries()) keys.push_back(entry.key);
    for (const Node& item : networks->items()) keys.push_back(item.as_text());
  }
  if (keys.empty()) keys.emplace_back("default");
  return keys;
}

}  // namespace plimsoll::manifest
