#include <cmath>
#include <limits>

#include "compose/port_syntax.hpp"
#include "compose/schema.hpp"

namespace plimsoll::compose {
namespace {

using enum Shape;

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A letter or digit with one more character of names after it, anywhere.
bool holds_a_name(const Node& node) {
  const std::string& text = node.string();
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const char next = text[i + 1];
    if (is_letter_or_digit(text[i]) && (is_letter_or_digit(next) || next == '_' || next == '.' || next == '-'))
      return true;
  }
  return !node.is_string();
}

bool holds_an_interval(std::string_view text) {
  constexpr std::string_view kWord = "every_";
  for (std::size_t at = text.find(kWord); at != std::string_view::npos; at = text.find(kWord, at + 1)) {
    const std::size_t digits = at + kWord.size();
    const std::size_t unit = text.find_first_not_of("0123456789", digits);
    if (unit != std::string_view::npos && unit > digits && std::string_view("wdhms").find(text[unit]) < 5) return true;
  }
  return false;
}

bool holds_a_pull_policy(const Node& node) {
  if (!node.is_string() || holds_an_interval(node.string())) return true;
  for (std::string_view word : {"always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"})
    if (node.string().find(word) != std::string::npos) return true;
  return false;
}

template <int Least, int Most>
bool is_between(const Node& node) {
  const double value = node.as_float();
  return !node.is_number() || (value >= Least && value <= Most && std::trunc(value) >= value);
}

constexpr int kMany = std::numeric_limits<int>::max();
constexpr ValueRule kContainerName{holds_a_name, "is no container name", "use two letters or digits or more"};
constexpr ValueRule kPullPolicy{holds_a_pull_policy, "is no pull policy",
                                "use always, never, missing, build, daily, weekly or every_<duration>"};
constexpr ValueRule kCpuCount{is_between<0, kMany>, "is no number of CPUs", "use 0 or more"};
constexpr ValueRule kPercent{is_between<0, 100>, "is no percentage", "use a whole number from 0 to 100"};
constexpr ValueRule kOomScore{is_between<-1000, 1000>, "is out of range", "use -1000 to 1000"};
constexpr ValueRule kCount{[](const Node& node) { return !node.is_number() || node.as_float() >= 0; },
                           "is less than nothing", "use 0 or more"};
constexpr ValueRule kBlockWeight{is_between<0, 65535>, "is no weight", "use 10 to 1000"};
constexpr ValueRule kMode{
    [](const Node& node) { return !node.is_number() || (node.as_float() >= 0 && node.as_float() < 4294967296.0); },
    "is no file mode", "write it in octal, such as 0755"};
constexpr ValueRule kNoNegativeSize{[](const Node& node) { return !node.string().starts_with('-'); },
                                    "is less than nothing", "use 0 or more"};

constexpr ValueRule kHostIp{[](const Node& node) { return !node.is_string() || is_ip_address(node.string()); },
                            "is no IP address", "give a literal address"};

constexpr SchemaField kHookFields[] = {
    {"command", command, nullptr, "", true}, {"user"}, {"privileged", flag}, {"working_dir"}, {"environment", env_map}};
constexpr SchemaObject kHook{kHookFields};

constexpr SchemaField kFileMountFields[] = {{"source"}, {"target"}, {"uid"}, {"gid"}, {"mode", file_mode}};
constexpr SchemaObject kFileMount{kFileMountFields};

constexpr SchemaField kBuildFields[] = {{"context"},
                                        {"dockerfile"},
                                        {"dockerfile_inline"},
                                        {"entitlements", texts},
                                        {"args", env_map},
                                        {"ssh", ssh},
                                        {"labels", text_map},
                                        {"cache_from", texts},
                                        {"cache_to", texts},
                                        {"no_cache", flag},
                                        {"additional_contexts", text_map},
                                        {"network"},
                                        {"provenance", text_or_flag},
                                        {"sbom", text_or_flag},
                                        {"pull", flag},
                                        {"target"},
                                        {"shm_size", bytes},
                                        {"extra_hosts", hosts},
                                        {"isolation"},
                                        {"privileged", flag},
                                        {"secrets", objects, &kFileMount},
                                        {"tags", texts},
                                        {"ulimits", ulimits, nullptr, "", false, nullptr, true},
                                        {"platforms", texts}};
constexpr SchemaObject kBuild{kBuildFields};

constexpr SchemaField kThrottleFields[] = {{"path", text_kept}, {"rate", bytes}};
constexpr SchemaObject kThrottle{kThrottleFields, false};
constexpr SchemaField kWeightFields[] = {{"path", text_kept},
                                         {"weight", whole_kept, nullptr, "", false, &kBlockWeight, true}};
constexpr SchemaObject kWeight{kWeightFields, false};
constexpr SchemaField kBlkioFields[] = {{"weight", whole, nullptr, "", false, &kBlockWeight, true},
                                        {"weight_device", objects, &kWeight},
                                        {"device_read_bps", objects, &kThrottle},
                                        {"device_read_iops", objects, &kThrottle},
                                        {"device_write_bps", objects, &kThrottle},
                                        {"device_write_iops", objects, &kThrottle}};
constexpr SchemaObject kBlkio{kBlkioFields, false};

constexpr SchemaField kCredentialFields[] = {{"config"}, {"file"}, {"registry"}};
constexpr SchemaObject kCredential{kCredentialFields};

constexpr SchemaField kDependencyFields[] = {
    {"condition", text, nullptr, "service_started|service_healthy|service_completed_successfully", true},
    {"restart", flag},
    {"required", flag_kept, nullptr, "", false, nullptr, true}};
constexpr SchemaObject kDependency{kDependencyFields};

constexpr SchemaField kUpdateFields[] = {{"parallelism", whole_kept, nullptr, "", false, &kCount},
                                         {"delay", duration},
                                         {"failure_action"},
                                         {"monitor", duration},
                                         {"max_failure_ratio", real},
                                         {"order", text, nullptr, "start-first|stop-first"}};
constexpr SchemaObject kUpdate{kUpdateFields};

constexpr SchemaField kDeviceRequestFields[] = {{"capabilities", texts, nullptr, "", true},
                                                {"count", device_count},
                                                {"device_ids", texts},
                                                {"driver"},
                                                {"options", text_map}};
constexpr SchemaObject kDeviceRequest{kDeviceRequestFields};
constexpr SchemaField kGpuFields[] = {
    {"capabilities", texts}, {"count", device_count}, {"device_ids", texts}, {"driver"}, {"options", text_map}};
constexpr SchemaObject kGpu{kGpuFields};

constexpr SchemaField kDiscreteFields[] = {{"kind", text_kept}, {"value", integer_kept}};
constexpr SchemaObject kDiscrete{kDiscreteFields};
constexpr SchemaField kGenericFields[] = {{"discrete_resource_spec", object, &kDiscrete}};
constexpr SchemaObject kGeneric{kGenericFields};

constexpr SchemaField kLimitFields[] = {{"cpus", real}, {"memory", bytes_text}, {"pids", whole}};
constexpr SchemaObject kLimit{kLimitFields};
constexpr SchemaField kReservationFields[] = {{"cpus", real},
                                              {"memory", bytes_text},
                                              {"generic_resources", objects, &kGeneric},
                                              {"devices", objects, &kDeviceRequest}};
constexpr SchemaObject kReservation{kReservationFields};
constexpr SchemaField kResourcesFields[] = {{"limits", object, &kLimit}, {"reservations", object, &kReservation}};
constexpr SchemaObject kResources{kResourcesFields};

constexpr SchemaField kRestartPolicyFields[] = {{"condition"},
                                                {"delay", duration_kept},
                                                {"max_attempts", whole_kept, nullptr, "", false, &kCount},
                                                {"window", duration_kept}};
constexpr SchemaObject kRestartPolicy{kRestartPolicyFields};

constexpr SchemaField kPreferenceFields[] = {{"spread"}};
constexpr SchemaObject kPreference{kPreferenceFields};
constexpr SchemaField kPlacementFields[] = {{"constraints", texts},
                                            {"preferences", objects, &kPreference},
                                            {"max_replicas_per_node", whole, nullptr, "", false, &kCount}};
constexpr SchemaObject kPlacement{kPlacementFields};

constexpr SchemaField kDeployFields[] = {{"mode"},
                                         {"endpoint_mode"},
                                         {"replicas", whole_kept},
                                         {"labels", text_map},
                                         {"rollback_config", object, &kUpdate},
                                         {"update_config", object, &kUpdate},
                                         {"resources", object_always, &kResources},
                                         {"restart_policy", object, &kRestartPolicy},
                                         {"placement", object_always, &kPlacement}};
constexpr SchemaObject kDeploy{kDeployFields};

constexpr SchemaField kWatchFields[] = {{"path", text_kept, nullptr, "", true},
                                        {"action", text, nullptr, "rebuild|sync|restart|sync+restart|sync+exec", true},
                                        {"target"},
                                        {"ignore", text_or_texts},
                                        {"include", text_or_texts},
                                        {"initial_sync", flag, nullptr, "", false, nullptr, true},
                                        {"exec", object_always, &kHook}};
constexpr SchemaObject kWatch{kWatchFields};
constexpr SchemaField kDevelopFields[] = {{"watch", objects, &kWatch}};
constexpr SchemaObject kDevelop{kDevelopFields};

constexpr SchemaField kDeviceFields[] = {{"source", text, nullptr, "", true}, {"target"}, {"permissions"}};
constexpr SchemaObject kDevice{kDeviceFields};

constexpr SchemaField kHealthFields[] = {{"disable", flag},
                                         {"interval", duration_kept},
                                         {"retries", integer_kept, nullptr, "", false, &kCount},
                                         {"test", health_test},
                                         {"timeout", duration_kept},
                                         {"start_period", duration_kept},
                                         {"start_interval", duration_kept}};
constexpr SchemaObject kHealth{kHealthFields};

constexpr SchemaField kLoggingFields[] = {{"driver"}, {"options", options_or_nulls}};
constexpr SchemaObject kLogging{kLoggingFields};

constexpr SchemaField kServiceModelFields[] = {{"endpoint_var"}, {"model_var"}};
constexpr SchemaObject kServiceModel{kServiceModelFields};

constexpr SchemaField kServiceNetworkFields[] = {{"aliases", texts},
                                                 {"interface_name"},
                                                 {"ipv4_address"},
                                                 {"ipv6_address"},
                                                 {"link_local_ips", texts},
                                                 {"mac_address"},
                                                 {"driver_opts", options},
                                                 {"priority", integer, nullptr, "", false, nullptr, true},
                                                 {"gw_priority", integer, nullptr, "", false, nullptr, true}};
constexpr SchemaObject kServiceNetwork{kServiceNetworkFields};

constexpr SchemaField kPortFields[] = {{"name"},
                                       {"mode"},
                                       {"host_ip", text, nullptr, "", false, &kHostIp},
                                       {"target", whole},
                                       {"published", Shape::published},
                                       {"protocol"},
                                       {"app_protocol"}};
constexpr SchemaObject kPort{kPortFields};

constexpr SchemaField kBindFields[] = {{"propagation"},
                                       {"create_host_path", flag_kept},
                                       {"recursive", text, nullptr, "enabled|disabled|writable|readonly"},
                                       {"selinux", text, nullptr, "z|Z"}};
constexpr SchemaObject kBind{kBindFields};
constexpr SchemaField kVolumeOptionFields[] = {{"labels", text_map}, {"nocopy", flag}, {"subpath"}};
constexpr SchemaObject kVolumeOptions{kVolumeOptionFields};
constexpr SchemaField kTmpfsFields[] = {{"size", bytes, nullptr, "", false, &kNoNegativeSize},
                                        {"mode", integer, nullptr, "", false, &kMode, true}};
constexpr SchemaObject kTmpfs{kTmpfsFields};
constexpr SchemaField kImageFields[] = {{"subpath"}};
constexpr SchemaObject kImage{kImageFields};
constexpr SchemaField kMountFields[] = {{"type", text, nullptr, "bind|volume|tmpfs|cluster|npipe|image", true},
                                        {"source"},
                                        {"target"},
                                        {"read_only", flag},
                                        {"consistency"},
                                        {"bind", object, &kBind},
                                        {"volume", object, &kVolumeOptions},
                                        {"tmpfs", object, &kTmpfs},
                                        {"image", object, &kImage}};
constexpr SchemaObject kMount{kMountFields};

constexpr SchemaField kEnvFileFields[] = {{"path", text_kept, nullptr, "", true}, {"format"}, {"required", flag_kept}};
constexpr SchemaObject kEnvFile{kEnvFileFields, false};

constexpr SchemaField kProviderFields[] = {{"type", text, nullptr, "", true}, {"options", multi_options}};
constexpr SchemaObject kProvider{kProviderFields};

constexpr SchemaField kServiceFields[] = {{"annotations", text_map},
                                          {"attach", flag_kept},
                                          {"blkio_config", object, &kBlkio},
                                          {"build", object, &kBuild},
                                          {"cap_add", texts},
                                          {"cap_drop", texts},
                                          {"cgroup", text, nullptr, "host|private"},
                                          {"cgroup_parent"},
                                          {"command", command},
                                          {"configs", objects, &kFileMount},
                                          {"container_name", text, nullptr, "", false, &kContainerName},
                                          {"cpu_count", whole, nullptr, "", false, &kCpuCount},
                                          {"cpu_percent", real, nullptr, "", false, &kPercent},
                                          {"cpu_period", integer},
                                          {"cpu_quota", integer},
                                          {"cpu_rt_period", integer},
                                          {"cpu_rt_runtime", integer},
                                          {"cpu_shares", integer},
                                          {"cpus", real},
                                          {"cpuset"},
                                          {"credential_spec", object, &kCredential},
                                          {"depends_on", object_map, &kDependency},
                                          {"deploy", object, &kDeploy},
                                          {"develop", object, &kDevelop},
                                          {"device_cgroup_rules", texts},
                                          {"devices", objects, &kDevice},
                                          {"dns", text_or_texts},
                                          {"dns_opt", texts},
                                          {"dns_search", text_or_texts},
                                          {"domainname"},
                                          {"entrypoint", command},
                                          {"env_file", objects, &kEnvFile},
                                          {"environment", env_map},
                                          {"expose", texts_or_integers},
                                          {"external_links", texts},
                                          {"extra_hosts", hosts},
                                          {"gpus", objects, &kGpu},
                                          {"group_add", texts_or_integers},
                                          {"healthcheck", object, &kHealth},
                                          {"hostname"},
                                          {"image"},
                                          {"init", flag_kept},
                                          {"ipc"},
                                          {"isolation"},
                                          {"label_file", text_or_texts},
                                          {"labels", text_map},
                                          {"links", texts},
                                          {"logging", object, &kLogging},
                                          {"mac_address"},
                                          {"mem_limit", bytes},
                                          {"mem_reservation", bytes},
                                          {"mem_swappiness", bytes},
                                          {"memswap_limit", bytes},
                                          {"models", object_or_null_map, &kServiceModel},
                                          {"network_mode", text_kept},
                                          {"networks", object_or_null_map, &kServiceNetwork},
                                          {"oom_kill_disable", flag},
                                          {"oom_score_adj", whole, nullptr, "", false, &kOomScore},
                                          {"pid"},
                                          {"pids_limit", integer},
                                          {"platform"},
                                          {"ports", objects, &kPort},
                                          {"post_start", objects, &kHook},
                                          {"pre_stop", objects, &kHook},
                                          {"privileged", flag},
                                          {"profiles", texts},
                                          {"provider", object, &kProvider},
                                          {"pull_policy", text, nullptr, "", false, &kPullPolicy},
                                          {"pull_refresh_after", text_dropped},
                                          {"read_only", flag},
                                          {"restart"},
                                          {"runtime"},
                                          {"scale", whole_kept},
                                          {"secrets", objects, &kFileMount},
                                          {"security_opt", texts},
                                          {"shm_size", bytes},
                                          {"stdin_open", flag},
                                          {"stop_grace_period", duration_kept},
                                          {"stop_signal"},
                                          {"storage_opt", options_or_nulls},
                                          {"sysctls", text_map},
                                          {"tmpfs", text_or_texts},
                                          {"tty", flag},
                                          {"ulimits", ulimits},
                                          {"use_api_socket", flag, nullptr, "", false, nullptr, true},
                                          {"user"},
                                          {"userns_mode"},
                                          {"uts"},
                                          {"volumes", objects, &kMount},
                                          {"volumes_from", texts},
                                          {"working_dir"}};

}  // namespace

const SchemaObject kServiceSchema{kServiceFields};

}  // namespace plimsoll::compose
