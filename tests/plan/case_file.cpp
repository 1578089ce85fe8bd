#include "plan/case_file.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "plan/canonical_form.hpp"
#include "plan/plan_target.hpp"

namespace plimsoll::plan_test {
namespace {

namespace json = boost::json;

const Instant kNow{std::chrono::hours(500'000)};

std::string text_of(const json::value& value) { return std::string(value.as_string()); }
Millis seconds_of(const json::value& value) {
  return Millis(static_cast<std::int64_t>(value.to_number<double>() * 1000));
}
Instant ago(const json::value& value) { return kNow - seconds_of(value); }

/// Engine names: `default` is `dev-shop_default`, `edge` the environment's shared network.
std::string network_name(std::string_view name) {
  return name == "edge" ? "dev_edge" : "dev-shop_" + std::string(name);
}

void read_networks(const json::value& value, ServiceSpec& spec) {
  spec.networks.clear();
  for (const auto& entry : value.as_object()) {
    NetworkAttachment attachment;
    attachment.network = network_name(entry.key());
    for (const auto& alias : entry.value().as_array()) attachment.aliases.push_back(text_of(alias));
    spec.networks.push_back(attachment);
  }
}

void read_healthcheck(const json::value& value, ServiceSpec& spec) {
  spec.healthcheck.reset();
  if (value.is_bool() && !value.as_bool()) return;
  spec.healthcheck.emplace();
  if (!value.is_object()) return;
  const auto& object = value.as_object();
  const auto duration = [&object](const char* key, std::optional<Millis>& to) {
    if (const auto* found = object.if_contains(key)) to = seconds_of(*found);
  };
  duration("interval", spec.healthcheck->interval);
  duration("timeout", spec.healthcheck->timeout);
  duration("start_period", spec.healthcheck->start_period);
  if (const auto* retries = object.if_contains("retries")) {
    spec.healthcheck->retries = static_cast<int>(retries->as_int64());
  }
}

RestartPolicy read_restart(const std::string& text) {
  RestartPolicy policy;
  const auto colon = text.find(':');
  policy.name = text.substr(0, colon);
  if (colon != std::string::npos) policy.max_retries = std::stoi(text.substr(colon + 1));
  return policy;
}

void read_dependencies(const json::value& value, DesiredService& service) {
  for (const auto& entry : value.as_object()) {
    Dependency dependency;
    dependency.service = entry.key();
    const std::string text = text_of(entry.value());
    if (text.starts_with("healthy")) dependency.condition = Dependency::Condition::healthy;
    if (text.starts_with("completed")) dependency.condition = Dependency::Condition::completed;
    dependency.restart = text.find("restart") != std::string::npos;
    dependency.required = text.find("optional") == std::string::npos;
    service.depends_on.push_back(dependency);
  }
}

void read_rollout(const std::string& key, const json::value& value, Rollout& rollout) {
  if (key == "order") {
    rollout.order = text_of(value) == "start-first" ? Rollout::Order::start_first : Rollout::Order::stop_first;
  }
  if (key == "parallelism") rollout.parallelism = static_cast<int>(value.as_int64());
  if (key == "delay") rollout.delay = seconds_of(value);
  if (key == "monitor") rollout.monitor = seconds_of(value);
  if (key == "min_ready") rollout.min_ready = seconds_of(value);
  if (key == "max_failure_ratio") rollout.max_failure_ratio = value.to_number<double>();
  if (key == "failure_action") {
    rollout.failure_action =
        text_of(value) == "pause" ? Rollout::FailureAction::pause : Rollout::FailureAction::proceed;
  }
}

void read_port(const std::string& text, ServiceSpec& spec) {
  PortMapping port;
  const auto colon = text.find(':');
  port.published = text.substr(0, colon);
  port.target = std::stoi(text.substr(colon + 1));
  spec.ports.push_back(port);
}

void read_volume(const std::string& text, ServiceSpec& spec) {
  Mount mount;
  const auto colon = text.find(':');
  mount.source = "dev-shop_" + text.substr(0, colon);
  mount.target = "/data";
  mount.read_only = colon != std::string::npos;
  spec.mounts.push_back(mount);
}

/// Repository files by where they are mounted, with the digest of what is in them.
void read_files(const json::value& value, ServiceSpec& spec) {
  std::erase_if(spec.mounts, [](const Mount& mount) { return mount.type == Mount::Type::repository; });
  for (const auto& entry : value.as_object()) {
    Mount mount;
    mount.type = Mount::Type::repository;
    mount.target = entry.key();
    mount.digest = text_of(entry.value());
    spec.mounts.push_back(mount);
  }
}

void read_spec_field(const std::string& key, const json::value& value, ServiceSpec& spec) {
  if (key == "image") spec.image = text_of(value);
  if (key == "follow") spec.follow_tag = value.as_bool();
  if (key == "hostname") spec.hostname = text_of(value);
  if (key == "container_name") spec.container_name = text_of(value);
  if (key == "network_mode") {
    spec.network_mode = text_of(value);
    spec.networks.clear();
  }
  if (key == "restart") spec.restart = read_restart(text_of(value));
  if (key == "memory") spec.resources.memory = value.as_int64() * 1'000'000;
  if (key == "healthcheck") read_healthcheck(value, spec);
  if (key == "networks") read_networks(value, spec);
  if (key == "address") spec.networks.front().ipv4_address = text_of(value);
  if (key == "environment") {
    for (const auto& entry : value.as_object()) spec.environment[entry.key()] = text_of(entry.value());
  }
  if (key == "ports") {
    for (const auto& port : value.as_array()) read_port(text_of(port), spec);
  }
  if (key == "files") read_files(value, spec);
  if (key == "volumes") {
    for (const auto& volume : value.as_array()) read_volume(text_of(volume), spec);
  }
}

void read_service(const json::object& object, DesiredService& service) {
  for (const auto& entry : object) {
    const std::string key = entry.key();
    read_spec_field(key, entry.value(), service.spec);
    read_rollout(key, entry.value(), service.rollout);
    if (key == "replicas") service.replicas = static_cast<int>(entry.value().as_int64());
    if (key == "hook") service.hook = text_of(entry.value()) == "sync_fail" ? Hook::sync_fail : Hook::post_sync;
    if (key == "one_shot") service.one_shot = entry.value().as_bool();
    if (key == "reload") service.reload = Reload{text_of(entry.value()), {}, "these files"};
    if (key == "depends_on") read_dependencies(entry.value(), service);
  }
  complete(service);
}

DesiredService new_service(const std::string& name) {
  DesiredService service;
  service.spec.name = name;
  service.spec.image = name + ":1";
  NetworkAttachment attachment;
  attachment.network = network_name("default");
  service.spec.networks.push_back(attachment);
  complete(service);
  return service;
}

template <class Enum>
Enum by_text(const std::string& text, std::initializer_list<Enum> all) {
  for (const Enum value : all) {
    if (to_string(value) == text) return value;
  }
  throw std::invalid_argument("unknown word " + text);
}

ContainerState state_of(const std::string& text) {
  using enum ContainerState;
  return by_text<ContainerState>(text, {created, running, paused, restarting, removing, exited, dead});
}

HealthState health_of(const std::string& text) {
  using enum HealthState;
  return by_text<HealthState>(text, {none, starting, healthy, unhealthy});
}

void read_container_field(const std::string& key, const json::value& value, ObservedContainer& container) {
  if (key == "name") container.name = text_of(value);
  if (key == "id") container.id = text_of(value);
  if (key == "app") container.app = text_of(value);
  if (key == "replica") container.replica = static_cast<int>(value.as_int64());
  if (key == "attempt") container.attempt = static_cast<int>(value.as_int64());
  if (key == "digest") container.image_digest = text_of(value);
  if (key == "spec_digest") container.spec_digest = text_of(value);
  if (key == "revision") container.revision = "main@sha1:" + text_of(value);
  if (key == "content") container.target_digest = text_of(value);
  if (key == "state") container.state = state_of(text_of(value));
  if (key == "health") container.health = health_of(text_of(value));
  if (key == "exit_code") container.exit_code = static_cast<int>(value.as_int64());
  if (key == "oom") container.oom_killed = value.as_bool();
  if (key == "restarts") container.restart_count = static_cast<int>(value.as_int64());
  if (key == "created") container.created_at = ago(value);
  if (key == "started") container.started_at = ago(value);
  if (key == "finished") container.finished_at = ago(value);
  if (key == "live_restart") container.restart = read_restart(text_of(value));
  if (key == "live_memory") container.resources.memory = value.as_int64() * 1'000'000;
  if (key == "reload") container.reload = text_of(value);
  if (key == "namespace_of") container.namespace_of = text_of(value);
  if (key == "detail") container.detail = text_of(value);
  if (key == "anonymous") {
    for (const auto& entry : value.as_object()) container.anonymous_volumes[entry.key()] = text_of(entry.value());
  }
  if (key == "unreadable") container.applied.clear();
  if (key == "live_networks") {
    container.networks.clear();
    for (const auto& entry : value.as_object()) {
      auto& aliases = container.networks[network_name(entry.key())];
      for (const auto& alias : entry.value().as_array()) aliases.push_back(text_of(alias));
    }
  }
}

ObservedContainer read_container(const json::object& object, const DesiredTarget& desired) {
  const std::string name = text_of(object.at("service"));
  DesiredService made_from = new_service(name);
  for (const auto& service : desired.services) {
    if (service.spec.name == name) made_from = service;
  }
  if (const auto* spec = object.if_contains("spec")) read_service(spec->as_object(), made_from);
  ObservedContainer container;
  container.environment = desired.id.environment;
  container.app = desired.id.app;
  container.service = name;
  container.spec_digest = made_from.digest;
  container.applied = made_from.canonical;
  container.image = made_from.spec.image;
  if (made_from.reload) container.reload = made_from.reload->layout;
  container.restart = made_from.spec.restart;
  container.resources = made_from.spec.resources;
  container.state = ContainerState::running;
  container.created_at = kNow - std::chrono::hours(1);
  container.started_at = kNow - std::chrono::hours(1);
  for (const auto& attachment : made_from.spec.networks) {
    auto& aliases = container.networks[attachment.network] = attachment.aliases;
    aliases.push_back(name);
  }
  for (const auto& entry : object) read_container_field(entry.key(), entry.value(), container);
  if (container.state == ContainerState::created) container.started_at.reset();
  if (container.id.empty()) container.id = "id-" + container.name;
  return container;
}

ErrorKind kind_of(const std::string& text) {
  using enum ErrorKind;
  return by_text<ErrorKind>(text,
                            {transient, deadline, cancelled, missing, rejected, conflict, unauthorized, internal});
}

void read_memory(const json::object& object, Case& situation) {
  if (const auto* followed = object.if_contains("followed")) {
    for (const auto& entry : followed->as_object()) {
      situation.memory.followed_digests[entry.key()] = text_of(entry.value());
    }
  }
  if (const auto* retry = object.if_contains("retry")) situation.memory.retry_requested = retry->as_bool();
  const auto* failures = object.if_contains("failures");
  if (failures == nullptr) return;
  for (const auto& entry : failures->as_object()) {
    const auto& fields = entry.value().as_object();
    StepFailure failure;
    failure.kind = kind_of(text_of(fields.at("kind")));
    failure.message = "the step failed";
    failure.retry_at = fields.contains("in") ? kNow + seconds_of(fields.at("in")) : Instant::max();
    if (const auto* attempts = fields.if_contains("attempts"))
      failure.attempts = static_cast<int>(attempts->as_int64());
    for (const auto& service : situation.desired.services) {
      const std::string& name = service.spec.name;
      if (name == entry.key() || std::string(kReload) + name == entry.key() ||
          std::string(kLimits) + name == entry.key()) {
        failure.spec_digest = service.digest;
      }
    }
    if (entry.key() == kNetworks) failure.spec_digest = situation.desired.digest;
    if (fields.contains("of_another_spec")) failure.spec_digest = "v1:another";
    situation.memory.failures[entry.key()] = failure;
  }
}

void add_networks_and_volumes(DesiredTarget& desired) {
  for (const auto* name : {"dev-shop_default", "dev-shop_back", "dev_edge"}) {
    NetworkSpec network;
    network.name = name;
    network.shared = network.external = std::string_view(name) == "dev_edge";
    desired.networks.push_back(network);
  }
  VolumeSpec volume;
  volume.name = "dev-shop_data";
  desired.volumes.push_back(volume);
}

void read_sync(const json::object& root, SyncPolicy& sync) {
  const auto flag = [&root](const char* key, bool& to) {
    if (const auto* value = root.if_contains(key)) to = value->as_bool();
  };
  flag("prune", sync.prune);
  flag("self_heal", sync.self_heal);
  flag("suspended", sync.suspended);
}

/// What networks of the target should be made with.
void read_options(const json::value& value, DesiredTarget& desired) {
  for (const auto& entry : value.as_object()) {
    for (auto& network : desired.networks) {
      if (network.name == network_name(entry.key())) network.digest = text_of(entry.value());
    }
  }
}

void read_observed_networks(const json::value& value, ObservedInstance& observed) {
  observed.networks.emplace();
  for (const auto& entry : value.as_array()) {
    const auto& fields = entry.as_object();
    ObservedNetwork network;
    network.name = text_of(fields.at("name"));
    network.id = "id-" + network.name;
    network.environment = "dev";
    network.app = fields.contains("app") ? text_of(fields.at("app")) : "shop";
    network.in_use = fields.contains("in_use");
    if (const auto* options = fields.if_contains("options")) network.spec_digest = text_of(*options);
    if (const auto* made = fields.if_contains("made")) network.created_at = ago(*made);
    if (const auto* attached = fields.if_contains("attached")) {
      for (const auto& name : attached->as_array()) network.attached.emplace("id-" + text_of(name), text_of(name));
    }
    observed.networks->push_back(network);
  }
}

}  // namespace

Case read_case(const std::string& text) {
  const json::object root = json::parse(text).as_object();
  Case situation;
  situation.now = kNow;
  situation.desired.id = {"dev", "shop", "one"};
  situation.desired.revision = {"main", "2222222222222222222222222222222222222222"};
  situation.desired.digest = "now";
  read_sync(root, situation.desired.sync);
  add_networks_and_volumes(situation.desired);
  for (const auto& entry : root.at("services").as_array()) {
    const auto& object = entry.as_object();
    DesiredService service = new_service(text_of(object.at("name")));
    read_service(object, service);
    situation.desired.services.push_back(service);
  }
  for (const auto& entry : root.at("containers").as_array()) {
    situation.observed.containers.push_back(read_container(entry.as_object(), situation.desired));
  }
  if (const auto* options = root.if_contains("options")) read_options(*options, situation.desired);
  if (const auto* networks = root.if_contains("networks")) read_observed_networks(*networks, situation.observed);
  if (const auto* idle = root.if_contains("idle_files")) {
    for (const auto& name : idle->as_array()) situation.observed.idle_files.push_back({text_of(name), "dev", "shop"});
    situation.observed.idle_files.push_back({"plimsoll-files-of-another-app", "dev", "other"});
  }
  if (const auto* memory = root.if_contains("memory")) read_memory(memory->as_object(), situation);
  return situation;
}

std::string plan_text(const Case& situation) {
  const Plan plan = plan::plan_target(situation.desired, situation.observed, situation.memory, situation.now);
  std::string text;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    text += (i < plan.held_from() ? "" : "(once all is prepared) ") + to_string(plan.steps[i]) + "\n";
  }
  const TargetStatus& status = plan.status;
  text += "-- " + std::string(to_string(status.sync)) + " " + std::string(to_string(status.health));
  if (!status.reason.empty()) text += " " + status.reason;
  if (!status.message.empty()) text += ": " + status.message;
  text += "\n";
  if (plan.wake_at) {
    const auto milliseconds = (*plan.wake_at - situation.now).count();
    text += "-- looks again in " + std::to_string(milliseconds) + "ms\n";
  }
  return text;
}

}  // namespace plimsoll::plan_test
