#include <array>
#include <string>
#include <string_view>

#include "manifest/service_parts.hpp"

namespace plimsoll::manifest {
namespace {

struct KeyReason {
  std::string_view key;
  std::string_view reason;
  std::string_view mend;
};

constexpr std::string_view kWindows = "it is for Windows only";
constexpr std::string_view kCgroupLimit = "only memory, cpus and pids limits are";
constexpr std::string_view kHook = "hooks are not run";

// reference: Compose Specification service keys that have no place in ServiceSpec.
constexpr std::array kUnsupported{
    KeyReason{"provider", "it runs a program on the controller", "declare what it provides as a service"},
    KeyReason{"models", "it needs a model runner", "run the model as a service"},
    KeyReason{"use_api_socket", "it hands the engine's socket to the container", "remove it"},
    KeyReason{"credential_spec", kWindows, "remove it"},
    KeyReason{"isolation", kWindows, "remove it"},
    KeyReason{"cpu_count", kWindows, "use cpus"},
    KeyReason{"cpu_percent", kWindows, "use cpus"},
    KeyReason{"cpu_rt_period", "it needs a kernel of its own and is deprecated", "use cpus"},
    KeyReason{"cpu_rt_runtime", "it needs a kernel of its own and is deprecated", "use cpus"},
    KeyReason{"cpu_shares", kCgroupLimit, "use cpus"},
    KeyReason{"cpu_quota", kCgroupLimit, "use cpus"},
    KeyReason{"cpu_period", kCgroupLimit, "use cpus"},
    KeyReason{"cpuset", kCgroupLimit, "use cpus"},
    KeyReason{"mem_swappiness", kCgroupLimit, "use memswap_limit"},
    KeyReason{"blkio_config", kCgroupLimit, "remove it"},
    KeyReason{"cgroup_parent", "the engine's own is used", "remove it"},
    KeyReason{"oom_kill_disable", "a container that cannot be killed cannot be replaced", "remove it"},
    KeyReason{"storage_opt", "it depends on the host's storage driver", "remove it"},
    KeyReason{"volumes_from", "it hides which volumes a service uses", "name the volumes in both services"},
    KeyReason{"external_links", "a container that nobody declares cannot be waited for", "join a common network"},
    KeyReason{"post_start", kHook, "use an entrypoint or a one-shot service"},
    KeyReason{"pre_start", kHook, "use an entrypoint or a one-shot service"},
    KeyReason{"pre_stop", kHook, "handle the stop signal in the container"},
};

constexpr std::array kIgnored{
    KeyReason{"build", "images are built by CI, not by Plimsoll", ""},
    KeyReason{"develop", "it is for the developer's machine", ""},
    KeyReason{"attach", "nothing is attached to", ""},
    KeyReason{"pull_refresh_after", "use \"follow\" in the environment's images", ""},
};

void check_links(const FieldReader& service) {
  for (const std::string& link : service.texts("links")) {
    const std::size_t colon = link.find(':');
    if (colon == std::string::npos || link.substr(0, colon) == link.substr(colon + 1)) continue;
    service.error("links", "link \"" + link + "\" gives another name, which is not supported",
                  "give the other service that name under networks.<network>.aliases");
  }
}

}  // namespace

void check_service_keys(const FieldReader& service, bool image_known) {
  for (const KeyReason& key : kUnsupported) {
    if (service.get(key.key) == nullptr) continue;
    service.error(
        key.key,
        "\"" + std::string(key.key) + "\" is a Compose key that Plimsoll does not support: " + std::string(key.reason),
        std::string(key.mend));
  }
  for (const KeyReason& key : kIgnored) {
    if (service.get(key.key) == nullptr || !image_known) continue;
    service.notice(key.key, "\"" + std::string(key.key) + "\" is ignored: " + std::string(key.reason));
  }
  check_links(service);
}

}  // namespace plimsoll::manifest
