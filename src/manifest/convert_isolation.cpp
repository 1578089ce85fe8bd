#include "compose/port_syntax.hpp"
#include "manifest/names.hpp"
#include "manifest/service_parts.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

/// `host=ip`, `host:ip` and the mapping form, all to `host:ip`.
void convert_extra_hosts(const FieldReader& service, ServiceSpec& out) {
  const Node* hosts = service.get("extra_hosts");
  if (hosts == nullptr) return;
  const auto add = [&](std::string host, std::string address) {
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    if (host.empty() || (address != "host-gateway" && !compose::is_ip_address(address))) {
      service.error("extra_hosts", "\"" + host + "\" has no valid address \"" + address + "\"",
                    "write name=address, or name=host-gateway");
    }
    out.extra_hosts.push_back(host + ":" + address);
  };
  for (const Node& item : hosts->items()) {
    const std::string text = item.as_text();
    const std::size_t at = text.find('=') != std::string::npos ? text.find('=') : text.find(':');
    if (at == std::string::npos) {
      add(text, "");
    } else {
      add(text.substr(0, at), text.substr(at + 1));
    }
  }
  for (const Node::Entry& entry : hosts->entries()) {
    if (entry.value.is_scalar()) add(entry.key, entry.value.as_text());
    for (const Node& item : entry.value.items()) add(entry.key, item.as_text());
  }
}

void convert_dns(const FieldReader& service, ServiceSpec& out) {
  out.dns = service.texts("dns");
  out.dns_opt = service.texts("dns_opt");
  out.dns_search = service.texts("dns_search");
  for (const std::string& server : out.dns) {
    if (!compose::is_ip_address(server)) service.error("dns", "\"" + server + "\" is no address", "give an IP address");
  }
}

/// A seccomp profile out of the repository travels as its text: the engine wants JSON, not a path.
void convert_security_opt(const FieldReader& service, const ConversionContext& context, ServiceSpec& out) {
  for (const std::string& option : service.texts("security_opt")) {
    constexpr std::string_view kSeccomp = "seccomp";
    const std::string value = option.starts_with(kSeccomp) && option.size() > kSeccomp.size()
                                  ? option.substr(kSeccomp.size() + 1)
                                  : std::string();
    const bool is_file = !value.empty() && value != "unconfined" && value != "builtin" && !value.starts_with('{');
    if (!is_file) {
      out.security_opt.push_back(option);
      continue;
    }
    const auto path = normal_path(join_path(context.app.directory, value));
    const auto found = path ? context.files.find(*path) : context.files.end();
    if (value.starts_with('/') || found == context.files.end() || !found->second.content) {
      service.error("security_opt", "seccomp profile \"" + value + "\" is no file of the manifest repository",
                    "add it, with its path relative to the Compose file");
      continue;
    }
    out.security_opt.push_back("seccomp=" + *found->second.content);
  }
}

void convert_logging(const FieldReader& service, ServiceSpec& out) {
  const FieldReader logging = service.at("logging");
  out.logging.driver = logging.text("driver");
  out.logging.options = logging.text_map("options");
}

}  // namespace

void convert_isolation(const FieldReader& service, const ConversionContext& context, ServiceSpec& out) {
  out.read_only = service.flag("read_only");
  out.privileged = service.flag("privileged");
  out.pid = service.text("pid");
  out.ipc = service.text("ipc");
  out.uts = service.text("uts");
  out.userns_mode = service.text("userns_mode");
  out.cgroup = service.text("cgroup");
  out.runtime = service.text("runtime");
  out.cap_add = service.texts("cap_add");
  out.cap_drop = service.texts("cap_drop");
  out.group_add = service.texts("group_add");
  out.sysctls = service.text_map("sysctls");
  convert_security_opt(service, context, out);
  convert_dns(service, out);
  convert_extra_hosts(service, out);
  convert_logging(service, out);
}

}  // namespace plimsoll::manifest
