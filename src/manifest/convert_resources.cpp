#include <cmath>

#include "manifest/service_parts.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

/// The same limit can be written in two places; both with different values is an error, as in Compose.
std::int64_t one_of(const FieldReader& service, std::string_view key, std::optional<std::int64_t> plain,
                    std::string_view deploy_key, std::optional<std::int64_t> deploy) {
  if (plain && deploy && *plain != *deploy) {
    service.error(key, "differs from " + std::string(deploy_key), "set one of them");
  }
  return deploy ? *deploy : plain.value_or(0);
}

std::optional<std::int64_t> nano_cpus(const FieldReader& from) {
  const auto cpus = from.decimal("cpus");
  if (!cpus) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(*cpus * 1e9));
}

void convert_limits(const FieldReader& service, ServiceSpec& out) {
  const FieldReader resources = service.at("deploy").at("resources");
  const FieldReader limits = resources.at("limits");
  const FieldReader reservations = resources.at("reservations");
  constexpr std::int64_t kMaxPids = 1LL << 40;
  out.resources.memory = one_of(service, "mem_limit", service.bytes("mem_limit"), "deploy.resources.limits.memory",
                                limits.bytes("memory"));
  out.resources.memory_reservation = one_of(service, "mem_reservation", service.bytes("mem_reservation"),
                                            "deploy.resources.reservations.memory", reservations.bytes("memory"));
  out.resources.nano_cpus =
      one_of(service, "cpus", nano_cpus(service), "deploy.resources.limits.cpus", nano_cpus(limits));
  out.resources.pids_limit = one_of(service, "pids_limit", service.whole("pids_limit", -1, kMaxPids),
                                    "deploy.resources.limits.pids", limits.whole("pids", -1, kMaxPids));
  out.resources.memory_swap = service.bytes("memswap_limit").value_or(0);
  if (out.resources.pids_limit < 0) out.resources.pids_limit = 0;
  if (out.resources.memory < 0) service.error("mem_limit", "must not be negative");
  if (out.resources.memory_swap < -1) service.error("memswap_limit", "must be a size, or -1 for no limit");
  if (reservations.get("cpus") != nullptr) {
    reservations.notice("cpus", "has no effect: the engine knows no reservation of CPUs");
  }
  if (reservations.get("generic_resources") != nullptr) {
    reservations.error("generic_resources", "is for Swarm only", "remove it");
  }
}

void convert_ulimits(const FieldReader& service, ServiceSpec& out) {
  const FieldReader limits = service.at("ulimits");
  constexpr std::int64_t kMax = INT64_MAX;
  for (const Node::Entry& entry : limits.node().entries()) {
    Ulimit limit{entry.key};
    if (entry.value.is_mapping()) {
      const FieldReader pair = limits.at(entry.key);
      limit.soft = pair.whole("soft", -1, kMax).value_or(0);
      limit.hard = pair.whole("hard", -1, kMax).value_or(0);
    } else {
      limit.soft = limit.hard = limits.whole(entry.key, -1, kMax).value_or(0);
    }
    out.ulimits.push_back(std::move(limit));
  }
}

/// CDI devices are named `vendor.com/class=name`.
bool is_cdi_name(const std::string& text) {
  return !text.starts_with('/') && text.find('/') != std::string::npos && text.find('=') != std::string::npos;
}

void add_device(const FieldReader& service, const std::string& source, std::string target, std::string permissions,
                ServiceSpec& out) {
  if (is_cdi_name(source)) {
    DeviceRequest request;
    request.driver = "cdi";
    request.ids = {source};
    out.device_requests.push_back(std::move(request));
    return;
  }
  if (!source.starts_with('/')) service.error("devices", "\"" + source + "\" is no absolute path", "give one");
  if (target.empty()) target = source;
  if (permissions.empty()) permissions = "rwm";
  out.devices.push_back({source, std::move(target), std::move(permissions)});
}

void convert_devices(const FieldReader& service, ServiceSpec& out) {
  const Node* devices = service.get("devices");
  if (devices == nullptr) return;
  for (const Node& item : devices->items()) {
    if (item.is_mapping()) {
      const FieldReader device(item, service.path_of("devices"), service.findings());
      add_device(service, device.text("source"), device.text("target"), device.text("permissions"), out);
      continue;
    }
    const std::string text = item.as_text();
    const std::size_t first = text.find(':');
    const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
    const std::string rest = second == std::string::npos ? "" : text.substr(second + 1);
    add_device(service, text.substr(0, first),
               first == std::string::npos ? "" : text.substr(first + 1, second - first - 1), rest, out);
  }
}

void add_device_request(const FieldReader& from, std::vector<std::string> default_capabilities, ServiceSpec& out) {
  DeviceRequest request;
  request.driver = from.text("driver");
  request.ids = from.texts("device_ids");
  request.options = from.text_map("options");
  request.capabilities = from.texts("capabilities");
  if (request.capabilities.empty()) request.capabilities = std::move(default_capabilities);
  const std::string count = from.text("count");
  if (!count.empty() && !request.ids.empty()) from.error("count", "excludes device_ids", "give one of them");
  if (request.ids.empty()) {
    request.count = count.empty() || count == "all" ? -1 : from.small("count", -1, 1'000'000).value_or(-1);
  }
  if (request.capabilities.empty()) from.error("capabilities", "is missing", "write capabilities: [gpu]");
  out.device_requests.push_back(std::move(request));
}

void convert_device_requests(const FieldReader& service, ServiceSpec& out) {
  const FieldReader reservations = service.at("deploy").at("resources").at("reservations");
  if (const Node* devices = reservations.get("devices")) {
    for (const Node& item : devices->items()) {
      add_device_request({item, reservations.path_of("devices"), service.findings()}, {}, out);
    }
  }
  const Node* gpus = service.get("gpus");
  if (gpus == nullptr) return;
  const Node all = Node::make_mapping();
  if (gpus->is_scalar()) add_device_request({all, service.path_of("gpus"), service.findings()}, {"gpu"}, out);
  for (const Node& item : gpus->items()) {
    add_device_request({item, service.path_of("gpus"), service.findings()}, {"gpu"}, out);
  }
}

}  // namespace

void convert_resources(const FieldReader& service, ServiceSpec& out) {
  convert_limits(service, out);
  out.shm_size = service.bytes("shm_size").value_or(0);
  out.oom_score_adj = service.small("oom_score_adj", -1000, 1000);
  convert_ulimits(service, out);
  convert_devices(service, out);
  out.device_cgroup_rules = service.texts("device_cgroup_rules");
  convert_device_requests(service, out);
}

}  // namespace plimsoll::manifest
