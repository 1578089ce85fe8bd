#include <openssl/evp.h>

#include <algorithm>

#include "adapters/docker/create_body.hpp"
#include "adapters/docker/docker_labels.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

constexpr ApiVersion kAnnotations{1, 43};
constexpr ApiVersion kSubpath{1, 45};
constexpr ApiVersion kCreateMountpoint{1, 42};

json::array array_of(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

json::object object_of(const std::map<std::string, std::string>& entries) {
  json::object object;
  for (const auto& [name, value] : entries) object[name] = value;
  return object;
}

json::object port_bindings(const ServiceSpec& spec) {
  json::object bindings;
  for (const auto& port : spec.ports) {
    if (!port.publish) continue;
    auto& list = bindings[std::to_string(port.target) + "/" + port.protocol];
    if (!list.is_array()) list = json::array();
    list.get_array().push_back(json::object{{"HostIp", port.host_ip}, {"HostPort", port.published}});
  }
  return bindings;
}

/// `src:dst:options`. Only Binds carry SELinux labels and make an absent host path on every engine version.
std::string bind_text(const Mount& mount) {
  std::string options = mount.read_only ? "ro" : "rw";
  if (!mount.selinux.empty()) options += "," + mount.selinux;
  if (!mount.propagation.empty()) options += "," + mount.propagation;
  return mount.source + ":" + mount.target + ":" + options;
}

bool goes_into_binds(const Mount& mount) {
  const bool plain_paths = mount.source.find(':') == std::string::npos && mount.target.find(':') == std::string::npos;
  return mount.type == Mount::Type::bind && plain_paths && (mount.create_host_path || !mount.selinux.empty());
}

json::object bind_mount(const Mount& mount, ApiVersion version) {
  json::object options;
  if (!mount.propagation.empty()) options["Propagation"] = mount.propagation;
  if (mount.create_host_path && version >= kCreateMountpoint) options["CreateMountpoint"] = true;
  return {{"Type", "bind"},
          {"Source", mount.source},
          {"Target", mount.target},
          {"ReadOnly", mount.read_only},
          {"BindOptions", std::move(options)}};
}

json::object volume_mount(const Mount& mount, ApiVersion version) {
  json::object options{{"NoCopy", mount.no_copy}};
  if (!mount.subpath.empty() && version >= kSubpath) options["Subpath"] = mount.subpath;
  return {{"Type", "volume"},
          {"Source", mount.source},
          {"Target", mount.target},
          {"ReadOnly", mount.read_only},
          {"VolumeOptions", std::move(options)}};
}

json::object tmpfs_mount(const Mount& mount) {
  json::object options;
  if (mount.tmpfs_size > 0) options["SizeBytes"] = mount.tmpfs_size;
  if (mount.tmpfs_mode) options["Mode"] = *mount.tmpfs_mode;
  return {
      {"Type", "tmpfs"}, {"Target", mount.target}, {"ReadOnly", mount.read_only}, {"TmpfsOptions", std::move(options)}};
}

std::string sha256_hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (unsigned at = 0; at < length; ++at) hex += {kHex[digest[at] >> 4U], kHex[digest[at] & 15U]};
  return hex;
}

/// A volume for repository files, which is filled when the root file system is read-only, too. Writable, because files
/// are copied through the mount.
json::object files_mount(const CreateInput& input, const std::string& target, const std::string& digest, bool no_copy) {
  const json::object labels{{label::kController, input.installation},
                            {label::kEnvironment, input.target.environment},
                            {label::kApp, input.target.app},
                            {label::kFiles, digest}};
  return {{"Type", "volume"},
          {"Source", files_volume_name(input, target, digest)},
          {"Target", target},
          {"VolumeOptions", json::object{{"NoCopy", no_copy}, {"Labels", labels}}}};
}

/// True when the spec itself says what is mounted there. `volumes: [/data]` asks for some volume, and takes an old one.
bool is_mounted(const ServiceSpec& spec, const std::string& target) {
  return std::any_of(spec.mounts.begin(), spec.mounts.end(), [&target](const Mount& mount) {
    return mount.target == target && !(mount.type == Mount::Type::volume && mount.source.empty());
  });
}

/// True for an anonymous volume of the spec that is there already.
bool is_inherited(const CreateInput& input, const Mount& mount) {
  return mount.type == Mount::Type::volume && mount.source.empty() &&
         input.create.anonymous_volumes.contains(mount.target);
}

void put_mounts(json::object& host, const CreateInput& input) {
  json::array binds, mounts;
  for (const auto& mount : input.create.service->spec.mounts) {
    if (is_inherited(input, mount)) continue;
    if (goes_into_binds(mount)) {
      binds.emplace_back(bind_text(mount));
      continue;
    }
    switch (mount.type) {
      case Mount::Type::bind: mounts.push_back(bind_mount(mount, input.version)); break;
      case Mount::Type::volume: mounts.push_back(volume_mount(mount, input.version)); break;
      case Mount::Type::tmpfs: mounts.push_back(tmpfs_mount(mount)); break;
      case Mount::Type::repository:
        // Without copy, so that it hides what the image has there, as a bind mount would.
        if (!is_single_file(mount)) mounts.push_back(files_mount(input, mount.target, mount.digest, true));
        break;
    }
  }
  for (const auto& [directory, files] : own_file_volumes(input.create.service->spec, surroundings_of(input)))
    mounts.push_back(files_mount(input, directory, sha256_hex(files), false));
  for (const auto& [target, volume] : input.create.anonymous_volumes)
    if (!is_mounted(input.create.service->spec, target))
      mounts.push_back({{"Type", "volume"}, {"Source", volume}, {"Target", target}});
  if (!binds.empty()) host["Binds"] = std::move(binds);
  if (!mounts.empty()) host["Mounts"] = std::move(mounts);
}

void put_limits(json::object& host, const ServiceSpec& spec) {
  const Resources& limits = spec.resources;
  const auto put = [&host](const char* key, std::int64_t value) {
    if (value != 0) host[key] = value;
  };
  put("Memory", limits.memory);
  put("MemoryReservation", limits.memory_reservation);
  put("MemorySwap", limits.memory_swap);
  put("NanoCpus", limits.nano_cpus);
  put("PidsLimit", limits.pids_limit);
  put("ShmSize", spec.shm_size);
  if (spec.oom_score_adj) host["OomScoreAdj"] = *spec.oom_score_adj;
  json::array ulimits;
  for (const auto& limit : spec.ulimits)
    ulimits.push_back(json::object{{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  if (!ulimits.empty()) host["Ulimits"] = std::move(ulimits);
}

void put_devices(json::object& host, const ServiceSpec& spec) {
  json::array devices;
  for (const auto& device : spec.devices)
    devices.push_back(json::object{{"PathOnHost", device.host},
                                   {"PathInContainer", device.container.empty() ? device.host : device.container},
                                   {"CgroupPermissions", device.permissions.empty() ? "rwm" : device.permissions}});
  if (!devices.empty()) host["Devices"] = std::move(devices);
  json::array requests;
  for (const auto& request : spec.device_requests) {
    json::object entry{{"Driver", request.driver}, {"Count", request.count}, {"Options", object_of(request.options)}};
    if (!request.ids.empty()) entry["DeviceIDs"] = array_of(request.ids);
    entry["Capabilities"] = json::array{array_of(request.capabilities)};
    requests.push_back(std::move(entry));
  }
  if (!requests.empty()) host["DeviceRequests"] = std::move(requests);
}

void put_security(json::object& host, const ServiceSpec& spec) {
  host["Privileged"] = spec.privileged;
  host["ReadonlyRootfs"] = spec.read_only;
  json::array options;
  for (const auto& option : spec.security_opt) {
    if (option == "systempaths=unconfined" || option == "systempaths:unconfined") {
      host["MaskedPaths"] = json::array();
      host["ReadonlyPaths"] = json::array();
    } else {
      options.emplace_back(option);
    }
  }
  if (!options.empty()) host["SecurityOpt"] = std::move(options);
}

/// `service:X` as `container:<its container>`.
std::string resolved_mode(const std::string& mode, const CreateInput& input) {
  if (!mode.starts_with("service:")) return mode;
  const auto found = input.service_containers.find(mode.substr(8));
  return found == input.service_containers.end() ? mode : "container:" + found->second;
}

void put_namespaces(json::object& host, const CreateInput& input) {
  const ServiceSpec& spec = input.create.service->spec;
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) host[key] = resolved_mode(value, input);
  };
  put("NetworkMode", spec.networks.empty() ? spec.network_mode : spec.networks.front().network);
  put("PidMode", spec.pid);
  put("IpcMode", spec.ipc);
  put("UTSMode", spec.uts);
  put("UsernsMode", spec.userns_mode);
  put("CgroupnsMode", spec.cgroup);
  put("Runtime", spec.runtime);
}

void put_lists(json::object& host, const ServiceSpec& spec) {
  const auto put = [&host](const char* key, const std::vector<std::string>& values) {
    if (!values.empty()) host[key] = array_of(values);
  };
  put("CapAdd", spec.cap_add);
  put("CapDrop", spec.cap_drop);
  put("Dns", spec.dns);
  put("DnsOptions", spec.dns_opt);
  put("DnsSearch", spec.dns_search);
  put("GroupAdd", spec.group_add);
  put("DeviceCgroupRules", spec.device_cgroup_rules);
  put("ExtraHosts", spec.extra_hosts);
}

}  // namespace

FileSurroundings surroundings_of(const CreateInput& input) {
  FileSurroundings around{input.image.volumes, input.root_is_open};
  for (const auto& [target, volume] : input.create.anonymous_volumes) around.volumes.insert(target);
  return around;
}

std::vector<std::string> single_file_volumes(const CreateInput& input) {
  std::vector<std::string> names;
  for (const auto& [directory, files] : own_file_volumes(input.create.service->spec, surroundings_of(input)))
    names.push_back(files_volume_name(input, directory, sha256_hex(files)));
  return names;
}

std::string files_volume_name(const CreateInput& input, const std::string& directory, const std::string& digest) {
  const auto& create = input.create;
  const std::string identity = input.installation + '\n' + input.target.environment + '\n' + input.target.app + '\n' +
                               create.service->spec.name + '\n' + std::to_string(create.replica) + '\n' +
                               std::to_string(create.attempt) + '\n' + create.service->digest + '\n' +
                               create.image_digest + '\n' + digest + '\n' + directory;
  return std::string(kFilesVolumePrefix) + sha256_hex(identity).substr(0, 24);
}

json::object host_config(const CreateInput& input) {
  const ServiceSpec& spec = input.create.service->spec;
  json::object host;
  host["RestartPolicy"] = {{"Name", spec.restart.name}, {"MaximumRetryCount", spec.restart.max_retries}};
  host["PortBindings"] = port_bindings(spec);
  put_namespaces(host, input);
  put_mounts(host, input);
  put_limits(host, spec);
  put_devices(host, spec);
  put_security(host, spec);
  put_lists(host, spec);
  if (spec.init) host["Init"] = *spec.init;
  if (!spec.tmpfs.empty()) host["Tmpfs"] = object_of(spec.tmpfs);
  if (!spec.sysctls.empty()) host["Sysctls"] = object_of(spec.sysctls);
  if (!spec.annotations.empty() && input.version >= kAnnotations) host["Annotations"] = object_of(spec.annotations);
  if (!spec.logging.driver.empty() || !spec.logging.options.empty()) {
    json::object log{{"Config", object_of(spec.logging.options)}};
    // The engine takes options of its own default driver only when no driver is named.
    if (!spec.logging.driver.empty()) log["Type"] = spec.logging.driver;
    host["LogConfig"] = std::move(log);
  }
  return host;
}

}  // namespace plimsoll::adapters
