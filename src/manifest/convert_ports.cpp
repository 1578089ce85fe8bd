#include <algorithm>

#include "compose/port_syntax.hpp"
#include "manifest/service_parts.hpp"
#include "model/limits.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

constexpr int kMaxPort = 65535;

bool is_protocol(const std::string& text) { return text == "tcp" || text == "udp" || text == "sctp"; }

/// `8080` or `8000-8010`; empty is the engine's choice.
bool is_published(const std::string& text) {
  if (text.empty()) return true;
  auto parsed = compose::parse_port(text + ":1");
  return parsed.ok() && parsed->size() == 1 && text.find_first_not_of("0123456789-") == std::string::npos;
}

void add_long_port(const FieldReader& list, std::size_t index, const Node& item, ServiceSpec& out) {
  const FieldReader port(item, compose::child_path(list.path_of("ports"), index), list.findings());
  PortMapping mapping;
  mapping.target = port.small("target", 1, kMaxPort).value_or(0);
  mapping.published = port.text("published");
  mapping.host_ip = port.text("host_ip");
  if (const std::string protocol = port.text("protocol"); !protocol.empty()) mapping.protocol = protocol;
  if (port.get("target") == nullptr) port.error("target", "\"target\" is missing", "name the container's port");
  if (!is_protocol(mapping.protocol)) port.error("protocol", "must be tcp, udp or sctp");
  if (!is_published(mapping.published)) port.error("published", "must be a port or a range such as 8000-8010");
  if (!mapping.host_ip.empty() && !compose::is_ip_address(mapping.host_ip)) {
    port.error("host_ip", "must be a literal address", "names are not looked up");
  }
  // Swarm's `mode`, and `name` and `app_protocol`, mean nothing to a plain engine.
  out.ports.push_back(std::move(mapping));
}

void add_short_port(const FieldReader& list, std::string_view key, const std::string& text, bool publish,
                    ServiceSpec& out) {
  auto parsed = compose::parse_port(text);
  if (!parsed) {
    list.error(key, parsed.error().message);
    return;
  }
  for (const compose::ShortPort& port : *parsed) {
    if (!publish && (!port.published.empty() || !port.host_ip.empty())) {
      list.error(key, "\"" + text + "\" names a host port", "publish it under ports");
      return;
    }
    out.ports.push_back({port.host_ip, port.published, port.target, port.protocol, publish});
  }
}

}  // namespace

void convert_ports(const FieldReader& service, const ConversionContext& context, ServiceSpec& out) {
  if (const Node* ports = service.get("ports")) {
    for (std::size_t i = 0; i < ports->items().size(); ++i) {
      const Node& item = ports->items()[i];
      if (item.is_mapping()) {
        add_long_port(service, i, item, out);
      } else {
        add_short_port(service, "ports", item.as_text(), true, out);
      }
    }
  }
  for (const std::string& text : service.texts("expose")) {
    if (out.ports.size() <= kMaxEntries) add_short_port(service, "expose", text, false, out);
  }
  if (out.ports.size() > kMaxEntries) {
    service.error("expose", "more than " + std::to_string(kMaxEntries) + " ports of one service, ranges counted",
                  "remove it: containers of one network reach each other's ports without");
    out.ports.clear();
  }
  context.expansion.add(out.ports.size(), 0, service.node().place());
  std::sort(out.ports.begin(), out.ports.end());
  out.ports.erase(std::unique(out.ports.begin(), out.ports.end()), out.ports.end());
}

}  // namespace plimsoll::manifest
