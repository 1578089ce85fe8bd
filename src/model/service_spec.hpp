#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/instant.hpp"

namespace plimsoll {

/// One published or exposed port (Compose Specification, `ports` and `expose`).
struct PortMapping {
  std::string host_ip;    ///< literal address, or empty for all
  std::string published;  ///< "8080", a range "8000-8010" (the engine picks one), or empty: the engine picks any
  int target = 0;         ///< 1..65535
  std::string protocol = "tcp";
  bool publish = true;  ///< false for `expose`
  auto operator<=>(const PortMapping&) const = default;
};

/// One file that travels through the Engine API into the container.
struct RepositoryFile {
  std::string path;  ///< relative to the mount's target; empty when the mount is this one file
  std::shared_ptr<const std::string> content;  ///< may contain secret tokens (configs with `content:`)
  int mode = 0644;
  int uid = 0;
  int gid = 0;
};

/// Something mounted into a container.
struct Mount {
  enum class Type {
    bind,    ///< a path of the host
    volume,  ///< a named or (empty source) anonymous volume
    tmpfs,
    repository,  ///< files out of the manifest repository, a `configs:` or a `secrets:` entry
  };
  Type type = Type::volume;
  std::string source;  ///< host path, or *engine name* of the volume, or path in the repository
  std::string target;  ///< absolute path in the container
  bool read_only = false;
  std::string propagation;  ///< bind: "rprivate", "rshared", ...; empty for the engine's default
  std::string selinux;      ///< "z", "Z" or empty
  bool create_host_path = true;
  bool no_copy = false;         ///< volume: do not fill it from the image
  std::string subpath;          ///< volume: only this part of it (Engine API 1.45)
  std::int64_t tmpfs_size = 0;  ///< bytes; 0 for the engine's default
  std::optional<int> tmpfs_mode;
  std::vector<RepositoryFile> files;  ///< type `repository` only, sorted by path
  std::string digest;                 ///< type `repository` only: digest over names, modes and contents of `files`
};

/// Membership of a service in one network.
struct NetworkAttachment {
  std::string network;               ///< *engine name* of the network
  std::vector<std::string> aliases;  ///< without the service's own name, which the planner adds and takes away
  std::string ipv4_address;
  std::string ipv6_address;
  std::string mac_address;
  int priority = 0;
  std::map<std::string, std::string> driver_opts;
};

/// A container's health check; absent parts come from the image (Compose Specification, `healthcheck`).
struct HealthCheck {
  std::optional<std::vector<std::string>> test;  ///< {"NONE"} disables the image's
  std::optional<Millis> interval, timeout, start_period, start_interval;
  std::optional<int> retries;
};

/// A resource limit of the processes (Compose Specification, `ulimits`); -1 is unlimited.
struct Ulimit {
  std::string name;
  std::int64_t soft = 0;
  std::int64_t hard = 0;
};
/// A device of the host, with cgroup permissions out of `rwm`.
struct DeviceMapping {
  std::string host;
  std::string container;
  std::string permissions;
};
/// Devices by driver and capability, such as GPUs (Compose Specification, `gpus` and device reservations).
struct DeviceRequest {
  std::string driver;
  int count = 0;  ///< -1 for all
  std::vector<std::string> ids;
  std::vector<std::string> capabilities;
  std::map<std::string, std::string> options;
};

/// When the engine itself starts a container again (Engine API, HostConfig.RestartPolicy).
struct RestartPolicy {
  std::string name = "no";  ///< no | always | unless-stopped | on-failure
  int max_retries = 0;
  bool operator==(const RestartPolicy&) const = default;
};

/// Limits that the engine can change without recreating the container. 0 or absent is unlimited.
struct Resources {
  std::int64_t memory = 0;              ///< bytes
  std::int64_t memory_reservation = 0;  ///< bytes
  std::int64_t memory_swap = 0;         ///< bytes; -1 unlimited
  std::int64_t nano_cpus = 0;           ///< 1e9 is one CPU
  std::int64_t pids_limit = 0;
  bool operator==(const Resources&) const = default;
};

/// Where the engine sends the output of a container; an empty driver is the engine's default.
struct Logging {
  std::string driver;
  std::map<std::string, std::string> options;
};

/// A service as one container of it is created: fully resolved, with engine names of networks and volumes, and secrets
/// as tokens. Mirrors the Compose Specification's service; the mapping to the Engine API stands in the Docker adapter.
struct ServiceSpec {
  std::string name;
  std::string image;           ///< `repo:tag`, `repo@sha256:…`; never empty
  std::string platform;        ///< `os/arch[/variant]` or empty
  std::string pull_policy;     ///< "", always, never, missing, ...
  bool follow_tag = false;     ///< `images: {api: {tag: latest, follow: true}}`: a moved digest is a change
  std::string container_name;  ///< explicit name or empty
  /// Absent inherits the image's; an empty list clears it.
  std::optional<std::vector<std::string>> command, entrypoint;
  /// A name without value *unsets* the image's value.
  std::map<std::string, std::optional<std::string>> environment;
  std::string working_dir, user, hostname, domainname, stop_signal;
  std::optional<bool> init;
  bool tty = false, stdin_open = false, read_only = false, privileged = false;
  std::optional<Millis> stop_grace_period;
  std::map<std::string, std::string> labels;  ///< the user's own
  std::map<std::string, std::string> annotations;
  std::optional<HealthCheck> healthcheck;
  std::vector<PortMapping> ports;
  std::vector<Mount> mounts;
  std::map<std::string, std::string> tmpfs;  ///< path → options
  std::vector<NetworkAttachment> networks;   ///< sorted: priority descending, then name; empty with network_mode
  std::string network_mode;                  ///< "", host, none, bridge, `service:X`, `container:X`
  std::string pid, ipc, uts, userns_mode, cgroup, runtime;
  RestartPolicy restart;
  Resources resources;
  std::int64_t shm_size = 0;
  std::vector<std::string> cap_add, cap_drop, security_opt, dns, dns_opt, dns_search, group_add, device_cgroup_rules;
  std::vector<std::string> extra_hosts;  ///< `host:ip`
  std::map<std::string, std::string> sysctls;
  std::vector<Ulimit> ulimits;
  std::vector<DeviceMapping> devices;
  std::vector<DeviceRequest> device_requests;
  Logging logging;
  std::optional<int> oom_score_adj;
};

}  // namespace plimsoll
