#include "manifest/canonical.hpp"

#include <algorithm>

#include "manifest/digest.hpp"
#include "manifest/field_writer.hpp"

namespace plimsoll::manifest {
namespace {

std::vector<std::string> sorted(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::string port_text(const PortMapping& port) {
  std::string out;
  const bool is_v6 = port.host_ip.find(':') != std::string::npos;
  if (!port.host_ip.empty()) out += (is_v6 ? "[" + port.host_ip + "]" : port.host_ip) + ":";
  if (port.publish) out += (port.published.empty() ? "any" : port.published) + ":";
  return out + std::to_string(port.target) + "/" + port.protocol;
}

void write_process(const ServiceSpec& spec, FieldWriter& out) {
  out.list("command", spec.command);
  out.list("entrypoint", spec.entrypoint);
  for (const auto& [name, value] : spec.environment) {
    if (value) {
      out.put("environment." + name, *value);
    } else {
      out.put("environment_unset." + name, "");
    }
  }
  out.text("working_dir", spec.working_dir);
  out.text("user", spec.user);
  out.text("hostname", spec.hostname);
  out.text("domainname", spec.domainname);
  out.text("stop_signal", spec.stop_signal);
  out.flag("init", spec.init);
  out.flag("tty", spec.tty);
  out.flag("stdin_open", spec.stdin_open);
  out.duration("stop_grace_period", spec.stop_grace_period);
}

void write_health_check(const HealthCheck& check, FieldWriter& out) {
  out.list("healthcheck.test", check.test);
  out.duration("healthcheck.interval", check.interval);
  out.duration("healthcheck.timeout", check.timeout);
  out.duration("healthcheck.start_period", check.start_period);
  out.duration("healthcheck.start_interval", check.start_interval);
  out.number("healthcheck.retries", check.retries);
}

void write_ports(const std::vector<PortMapping>& ports, FieldWriter& out) {
  std::vector<std::string> published;
  std::vector<std::string> exposed;
  for (const PortMapping& port : ports) (port.publish ? published : exposed).push_back(port_text(port));
  out.list("ports", sorted(std::move(published)));
  out.list("expose", sorted(std::move(exposed)));
}

std::string_view type_name(Mount::Type type) {
  switch (type) {
    case Mount::Type::bind: return "bind";
    case Mount::Type::volume: return "volume";
    case Mount::Type::tmpfs: return "tmpfs";
    case Mount::Type::repository: return "repository";
  }
  return "";
}

void write_mount(const Mount& mount, FieldWriter& out) {
  const std::string key = "mounts." + mount.target;
  const bool from_repository = mount.type == Mount::Type::repository;
  out.put(key + ".type", std::string(type_name(mount.type)));
  if (!from_repository) out.text(key + ".source", mount.source);
  out.text(key + ".digest", mount.digest);
  out.flag(key + ".read_only", mount.read_only);
  out.text(key + ".propagation", mount.propagation);
  out.text(key + ".selinux", mount.selinux);
  if (mount.type == Mount::Type::bind) out.flag(key + ".create_host_path", mount.create_host_path, true);
  out.flag(key + ".no_copy", mount.no_copy);
  out.text(key + ".subpath", mount.subpath);
  out.number(key + ".tmpfs_size", mount.tmpfs_size);
  out.number(key + ".tmpfs_mode", mount.tmpfs_mode);
}

void write_network(const NetworkAttachment& attachment, FieldWriter& out) {
  const std::string key = "networks." + attachment.network;
  out.put(key, "");
  out.list(key + ".aliases", sorted(attachment.aliases));
  out.text(key + ".ipv4_address", attachment.ipv4_address);
  out.text(key + ".ipv6_address", attachment.ipv6_address);
  out.text(key + ".mac_address", attachment.mac_address);
  out.number(key + ".priority", std::int64_t{attachment.priority});
  out.map(key + ".driver_opts", attachment.driver_opts);
}

void write_isolation(const ServiceSpec& spec, FieldWriter& out) {
  out.text("network_mode", spec.network_mode);
  out.text("pid", spec.pid);
  out.text("ipc", spec.ipc);
  out.text("uts", spec.uts);
  out.text("userns_mode", spec.userns_mode);
  out.text("cgroup", spec.cgroup);
  out.text("runtime", spec.runtime);
  out.flag("read_only", spec.read_only);
  out.flag("privileged", spec.privileged);
  out.list("cap_add", sorted(spec.cap_add));
  out.list("cap_drop", sorted(spec.cap_drop));
  out.list("security_opt", sorted(spec.security_opt));
  out.list("group_add", sorted(spec.group_add));
  out.map("sysctls", spec.sysctls);
}

void write_name_resolution(const ServiceSpec& spec, FieldWriter& out) {
  // The order of servers and search domains means something to the resolver.
  out.list("dns", spec.dns);
  out.list("dns_opt", spec.dns_opt);
  out.list("dns_search", spec.dns_search);
  out.list("extra_hosts", sorted(spec.extra_hosts));
}

void write_devices(const ServiceSpec& spec, FieldWriter& out) {
  for (const DeviceMapping& device : spec.devices) {
    out.put("devices." + device.container, device.host + ":" + device.permissions);
  }
  out.list("device_cgroup_rules", sorted(spec.device_cgroup_rules));
  for (std::size_t i = 0; i < spec.device_requests.size(); ++i) {
    const DeviceRequest& request = spec.device_requests[i];
    const std::string key = "device_requests[" + std::to_string(i) + "]";
    out.put(key + ".count", std::to_string(request.count));
    out.text(key + ".driver", request.driver);
    out.list(key + ".ids", sorted(request.ids));
    out.list(key + ".capabilities", sorted(request.capabilities));
    out.map(key + ".options", request.options);
  }
}

void write_limits(const ServiceSpec& spec, FieldWriter& out) {
  out.number("resources.memory", spec.resources.memory);
  out.number("resources.memory_reservation", spec.resources.memory_reservation);
  out.number("resources.memory_swap", spec.resources.memory_swap);
  out.number("resources.nano_cpus", spec.resources.nano_cpus);
  out.number("resources.pids_limit", spec.resources.pids_limit);
  out.number("shm_size", spec.shm_size);
  out.number("oom_score_adj", spec.oom_score_adj);
  for (const Ulimit& limit : spec.ulimits) {
    out.put("ulimits." + limit.name, std::to_string(limit.soft) + ":" + std::to_string(limit.hard));
  }
}

std::string restart_text(const RestartPolicy& restart) {
  if (restart.name.empty() || restart.name == "no") return "";
  return restart.name + (restart.max_retries == 0 ? "" : ":" + std::to_string(restart.max_retries));
}

}  // namespace

Fields canonical_fields(const ServiceSpec& spec) {
  FieldWriter out;
  out.text("image", spec.image);
  out.text("platform", spec.platform);
  out.text("container_name", spec.container_name);
  write_process(spec, out);
  out.map("labels", spec.labels);
  out.map("annotations", spec.annotations);
  if (spec.healthcheck) write_health_check(*spec.healthcheck, out);
  write_ports(spec.ports, out);
  for (const Mount& mount : spec.mounts) write_mount(mount, out);
  out.map("tmpfs", spec.tmpfs);
  for (const NetworkAttachment& attachment : spec.networks) write_network(attachment, out);
  write_isolation(spec, out);
  out.text("restart", restart_text(spec.restart));
  write_limits(spec, out);
  write_name_resolution(spec, out);
  write_devices(spec, out);
  out.text("logging.driver", spec.logging.driver);
  out.map("logging.options", spec.logging.options);
  return out.take();
}

Fields canonical_fields(const NetworkSpec& network) {
  FieldWriter out;
  out.put("name", network.name);
  out.flag("external", network.external);
  out.flag("shared", network.shared);
  out.text("driver", network.driver);
  out.map("driver_opts", network.driver_opts);
  out.flag("internal", network.internal);
  out.flag("attachable", network.attachable);
  out.flag("enable_ipv6", network.enable_ipv6);
  out.text("ipam_driver", network.ipam_driver);
  for (std::size_t i = 0; i < network.pools.size(); ++i) {
    const NetworkSpec::Pool& pool = network.pools[i];
    const std::string key = "pools[" + std::to_string(i) + "]";
    out.text(key + ".subnet", pool.subnet);
    out.text(key + ".gateway", pool.gateway);
    out.text(key + ".ip_range", pool.ip_range);
    out.map(key + ".aux_addresses", pool.aux_addresses);
  }
  out.map("labels", network.labels);
  return out.take();
}

std::string spec_digest(const Fields& fields) {
  std::string bytes = "plimsoll.spec.v1;";
  for (const auto& [path, value] : fields) {
    append_part(bytes, path);
    append_part(bytes, value);
  }
  return "v1:" + sha256_hex(bytes);
}

std::string files_digest(const std::vector<RepositoryFile>& files) {
  std::string bytes = "plimsoll.files.v1;";
  for (const RepositoryFile& file : files) {
    append_part(bytes, file.path);
    append_part(bytes, std::to_string(file.mode));
    append_part(bytes, std::to_string(file.uid));
    append_part(bytes, std::to_string(file.gid));
    append_part(bytes, file.content ? *file.content : std::string());
  }
  return sha256_hex(bytes);
}

}  // namespace plimsoll::manifest
