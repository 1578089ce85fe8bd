#include "adapters/docker/docker_labels.hpp"

#include <boost/json.hpp>

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

Labels without_ours(const Labels& labels) {
  Labels kept;
  for (const auto& [name, value] : labels)
    if (!name.starts_with("io.plimsoll.") && name != "com.docker.compose.config-hash") kept.emplace(name, value);
  return kept;
}

Labels target_labels(Labels labels, const TargetId& target, const std::string& installation) {
  labels.insert_or_assign(std::string(label::kController), installation);
  labels.insert_or_assign(std::string(label::kEnvironment), target.environment);
  labels.insert_or_assign(std::string(label::kApp), target.app);
  labels.insert_or_assign("com.docker.compose.project", project_name(target));
  return labels;
}

}  // namespace

bool is_ours(std::string_view controller_label, std::string_view installation) noexcept {
  return !installation.empty() && controller_label == installation;
}

Labels container_labels(const CreateContainer& create, const TargetId& target, const std::string& installation) {
  const DesiredService& service = *create.service;
  Labels labels = target_labels(without_ours(service.spec.labels), target, installation);
  const auto set = [&labels](std::string_view name, std::string value) {
    labels.insert_or_assign(std::string(name), std::move(value));
  };
  set(label::kService, service.spec.name);
  set(label::kReplica, std::to_string(create.replica));
  set(label::kSpec, service.digest);
  set(label::kApplied, applied_text(service.canonical));
  set(label::kRevision, create.revision);
  set(label::kTarget, create.target_digest);
  set(label::kImage, service.spec.image);
  set(label::kImageDigest, create.image_digest);
  set(label::kAttempt, std::to_string(create.attempt));
  if (service.reload) set(label::kReload, service.reload->layout);
  set("com.docker.compose.service", service.spec.name);
  set("com.docker.compose.container-number", std::to_string(create.replica));
  set("com.docker.compose.oneoff", "False");
  return labels;
}

Labels network_labels(const NetworkSpec& network, const TargetId& target, const std::string& installation) {
  Labels labels = target_labels(without_ours(network.labels), target, installation);
  labels.insert_or_assign(std::string(label::kSpec), network.digest);
  labels.insert_or_assign(std::string(label::kApplied), applied_text(network.canonical));
  if (network.shared) {
    labels.erase(std::string(label::kApp));
    labels.erase("com.docker.compose.project");
  }
  return labels;
}

Labels volume_labels(const VolumeSpec& volume, const TargetId& target, const std::string& installation) {
  return target_labels(without_ours(volume.labels), target, installation);
}

std::string applied_text(const Fields& canonical) {
  json::object object;
  object.reserve(canonical.size());
  for (const auto& [path, value] : canonical) object.emplace(path, value);
  return json::serialize(object);
}

Fields parse_applied(std::string_view text) {
  json::error_code failed;
  const auto parsed = json::parse(text, failed);
  Fields fields;
  if (failed || !parsed.is_object()) return fields;
  for (const auto& [path, value] : parsed.get_object())
    if (value.is_string()) fields.emplace(std::string(path), std::string(value.get_string()));
  return fields;
}

}  // namespace plimsoll::adapters
