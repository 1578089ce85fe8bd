#include "manifest/target_digest.hpp"

#include "manifest/digest.hpp"

namespace plimsoll::manifest {
namespace {

void append_number(std::string& out, long long value) { append_part(out, std::to_string(value)); }

void append_map(std::string& out, const std::map<std::string, std::string>& values) {
  append_number(out, static_cast<long long>(values.size()));
  for (const auto& [key, value] : values) {
    append_part(out, key);
    append_part(out, value);
  }
}

void append_rollout(std::string& out, const Rollout& rollout) {
  append_number(out, static_cast<int>(rollout.order));
  append_number(out, rollout.parallelism);
  append_number(out, rollout.delay.count());
  append_number(out, rollout.monitor ? rollout.monitor->count() : -1);
  append_number(out, rollout.min_ready.count());
  append_number(out, static_cast<int>(rollout.failure_action));
  append_part(out, std::to_string(rollout.max_failure_ratio));
}

void append_reload(std::string& out, const Reload& reload) {
  append_part(out, reload.signal);
  append_number(out, static_cast<long long>(reload.command.size()));
  for (const std::string& word : reload.command) append_part(out, word);
}

void append_service(std::string& out, const DesiredService& service) {
  append_part(out, service.spec.name);
  append_part(out, service.digest);
  append_part(out, service.spec.pull_policy);
  append_number(out, int{service.spec.follow_tag});
  append_number(out, service.replicas);
  append_number(out, int{service.one_shot});
  if (service.hook != Hook::none) append_number(out, static_cast<int>(service.hook));
  if (service.reload) append_reload(out, *service.reload);
  append_rollout(out, service.rollout);
  append_number(out, static_cast<long long>(service.depends_on.size()));
  for (const Dependency& edge : service.depends_on) {
    append_part(out, edge.service);
    append_number(out, static_cast<int>(edge.condition));
    append_number(out, int{edge.restart} * 2 + int{edge.required});
  }
}

void append_volume(std::string& out, const VolumeSpec& volume) {
  append_part(out, volume.name);
  append_number(out, int{volume.external});
  append_part(out, volume.driver);
  append_map(out, volume.driver_opts);
  append_map(out, volume.labels);
}

}  // namespace

std::string target_digest(const DesiredTarget& target) {
  std::string out;
  append_part(out, to_string(target.id));
  append_number(out, static_cast<long long>(target.services.size()));
  for (const DesiredService& service : target.services) append_service(out, service);
  append_number(out, static_cast<long long>(target.networks.size()));
  for (const NetworkSpec& network : target.networks) {
    append_part(out, network.name);
    append_part(out, network.digest);
  }
  for (const VolumeSpec& volume : target.volumes) append_volume(out, volume);
  return sha256_hex(out);
}

}  // namespace plimsoll::manifest
