#include "plan/engine_simulation.hpp"

#include <algorithm>

namespace plimsoll::plan_test {
namespace {

constexpr int kKilled = 137;

bool is_active(ContainerState state) { return state == ContainerState::running || state == ContainerState::paused; }

bool revives(const ObservedContainer& container) {
  const auto& policy = container.restart;
  if (policy.name == "always" || policy.name == "unless-stopped") return true;
  if (policy.name != "on-failure" || container.exit_code == 0) return false;
  return policy.max_retries == 0 || container.restart_count < policy.max_retries;
}

std::vector<std::string> aliases_of(const NetworkAttachment& attachment, const std::string& service, bool with_alias) {
  std::vector<std::string> aliases = attachment.aliases;
  if (with_alias) aliases.push_back(service);
  return aliases;
}

}  // namespace

bool EngineSimulation::name_taken(const std::string& name) const {
  return std::any_of(containers_.begin(), containers_.end(), [&](const auto& c) { return c.seen.name == name; });
}

SimContainer* EngineSimulation::find(const ContainerRef& ref) {
  for (auto& container : containers_) {
    if (ref.id.empty() ? container.seen.name == ref.name : container.seen.id == ref.id) return &container;
  }
  return nullptr;
}

bool EngineSimulation::is_good(const SimContainer& container) const {
  if (container.seen.state != ContainerState::running) return false;
  if (container.checked) return container.seen.health == HealthState::healthy;
  return container.seen.started_at && now_ - *container.seen.started_at >= container.min_ready;
}

void EngineSimulation::end_run(SimContainer& container, Instant at) {
  ObservedContainer& seen = container.seen;
  seen.exit_code = container.behaviour.exit_code;
  seen.finished_at = at;
  if (seen.health != HealthState::none) seen.health = HealthState::unhealthy;
  if (revives(seen)) {
    seen.state = ContainerState::restarting;
    container.revive_at = at + std::chrono::seconds(1);
  } else {
    seen.state = ContainerState::exited;
  }
}

void EngineSimulation::progress(SimContainer& container) {
  ObservedContainer& seen = container.seen;
  for (int guard = 0; guard < 10'000; ++guard) {
    if (seen.state == ContainerState::restarting && container.revive_at && *container.revive_at <= now_) {
      seen.state = ContainerState::running;
      seen.started_at = *container.revive_at;
      ++seen.restart_count;
      seen.health = container.checked ? HealthState::starting : HealthState::none;
      continue;
    }
    if (seen.state != ContainerState::running) return;
    const auto& exit_after = container.behaviour.exit_after;
    if (!exit_after || *seen.started_at + *exit_after > now_) break;
    end_run(container, *seen.started_at + *exit_after);
  }
  if (seen.state != ContainerState::running || !container.checked) return;
  if (now_ - *seen.started_at >= container.behaviour.healthy_after && !container.behaviour.undecided) {
    seen.health = container.behaviour.unhealthy ? HealthState::unhealthy : HealthState::healthy;
  }
}

void EngineSimulation::advance(Millis by) {
  now_ += by;
  for (auto& container : containers_) progress(container);
}

void EngineSimulation::stop(SimContainer& container, int exit_code) {
  if (container.seen.state == ContainerState::exited || container.seen.state == ContainerState::created) return;
  container.seen.state = ContainerState::exited;
  container.seen.exit_code = exit_code;
  container.seen.finished_at = now_;
  container.revive_at.reset();
  if (container.checked) container.seen.health = HealthState::unhealthy;
}

std::string EngineSimulation::start(SimContainer& container) {
  if (is_active(container.seen.state)) return {};
  for (const auto& other : containers_) {
    if (&other == &container || !is_active(other.seen.state)) continue;
    for (const auto& port : container.host_ports) {
      if (other.host_ports.contains(port)) return "port " + port + " is bound by " + other.seen.name;
    }
  }
  for (const auto& [name, number] : container.endpoints) {
    const auto network = networks_.find(name);
    if (network == networks_.end() || network->second.number != number) return "network " + name + " is not its own";
  }
  if (!container.seen.namespace_of.empty()) {
    const SimContainer* parent = find({container.seen.namespace_of, ""});
    if (parent == nullptr || !is_active(parent->seen.state)) return kNoNamespace;
  }
  container.seen.state = ContainerState::running;
  container.seen.started_at = now_;
  container.seen.restart_count = 0;
  container.seen.exit_code = 0;
  container.seen.health = container.checked ? HealthState::starting : HealthState::none;
  return {};
}

void EngineSimulation::remove(const std::string& id) {
  std::erase_if(containers_, [&id](const auto& container) { return container.seen.id == id; });
}

void EngineSimulation::add_foreign(const std::string& name, const TargetId& labels, bool ours) {
  SimContainer container;
  container.ours = ours;
  container.seen.id = "foreign" + std::to_string(next_id_++);
  container.seen.name = name;
  container.seen.environment = labels.environment;
  container.seen.app = labels.app;
  container.seen.service = "api";
  container.seen.state = ContainerState::running;
  container.seen.created_at = container.seen.started_at = now_;
  containers_.push_back(container);
}

/// The container in whose namespace a new one of `spec` would live, as the adapter finds it: a running one, the newest.
const SimContainer* EngineSimulation::parent_of(const ServiceSpec& spec, const TargetId& target) const {
  const SimContainer* best = nullptr;
  for (const auto& other : containers_) {
    if (!other.ours || other.seen.app != target.app || other.seen.environment != target.environment) continue;
    if (spec.network_mode != "service:" + other.seen.service) continue;
    const auto rank = [](const SimContainer& one) {
      return (one.seen.state == ContainerState::running ? 2 : 0) + (one.seen.name.ends_with(".prev") ? 0 : 1);
    };
    if (best == nullptr || rank(other) >= rank(*best)) best = &other;
  }
  return best;
}

std::string EngineSimulation::create(const CreateContainer& action, const TargetId& target) {
  const ServiceSpec& spec = action.service->spec;
  for (const auto& other : containers_) {
    if (other.seen.name != action.name) continue;
    const bool same = other.seen.spec_digest == action.service->digest && other.seen.attempt == action.attempt;
    return same ? "" : "name " + action.name + " is taken";
  }
  if (!images_.contains(spec.image)) return "no image " + spec.image;
  SimContainer made;
  for (const auto& attachment : spec.networks) {
    if (!networks_.contains(attachment.network)) return "no network " + attachment.network;
    made.seen.networks[attachment.network] = aliases_of(attachment, spec.name, action.service_alias);
    made.endpoints[attachment.network] = networks_.at(attachment.network).number;
  }
  if (!spec.network_mode.empty()) {
    const SimContainer* parent = parent_of(spec, target);
    if (parent == nullptr) return "no container of " + spec.network_mode;
    made.seen.namespace_of = parent->seen.id;
  }
  for (const auto& mount : spec.mounts) {
    if (mount.type == Mount::Type::repository) continue;
    if (!volumes_.contains(mount.source)) return "no volume " + mount.source;
  }
  made.seen.id = std::string("c").append(std::to_string(1'000'000 + next_id_++));
  made.seen.name = action.name;
  made.seen.environment = target.environment;
  made.seen.app = target.app;
  made.seen.service = spec.name;
  made.seen.replica = action.replica;
  made.seen.attempt = action.attempt;
  made.seen.spec_digest = action.service->digest;
  made.seen.applied = action.service->canonical;
  made.seen.image = spec.image;
  made.seen.image_digest = action.image_digest;
  made.seen.revision = action.revision;
  made.seen.target_digest = action.target_digest;
  if (action.service->reload) made.seen.reload = action.service->reload->layout;
  made.seen.created_at = now_;
  made.seen.restart = spec.restart;
  made.seen.resources = spec.resources;
  made.behaviour = behaviours_[spec.image];
  made.checked = spec.healthcheck.has_value();
  made.min_ready = action.service->rollout.min_ready;
  for (const auto& port : spec.ports) made.host_ports.insert(port.published);
  containers_.push_back(made);
  return {};
}

/// Who asks has seen it, as an observer has.
std::string EngineSimulation::check_gate(const CheckGate& action) {
  SimContainer* container = find(action.container);
  if (container == nullptr) return "no container " + action.container.name;
  container->good_when_observed = is_good(*container) && container->seen.restart_count == 0;
  container->ever_good = container->ever_good || container->good_when_observed;
  return container->good_when_observed ? "" : kGateNotPassed;
}

std::string EngineSimulation::rename(const RenameContainer& action) {
  SimContainer* container = find(action.container);
  if (container == nullptr) return "no container " + action.container.name;
  if (container->seen.name == action.to) return {};
  if (name_taken(action.to)) return "name " + action.to + " is taken";
  container->seen.name = action.to;
  return {};
}

std::string EngineSimulation::connect(const ConnectNetwork& action) {
  SimContainer* container = find(action.container);
  if (container == nullptr) return "no container " + action.container.name;
  if (!networks_.contains(action.attachment.network)) return "no network " + action.attachment.network;
  container->seen.networks[action.attachment.network] = action.attachment.aliases;
  container->endpoints[action.attachment.network] = networks_.at(action.attachment.network).number;
  return {};
}

std::string EngineSimulation::make_network(const NetworkSpec& network) {
  if (networks_.contains(network.name)) return {};
  if (network.digest.ends_with("bad")) return kBadOptions;
  networks_[network.name] = {next_id_++, network.digest, now_};
  return {};
}

std::string EngineSimulation::remove_network(const std::string& name) {
  const auto network = networks_.find(name);
  if (network == networks_.end()) return {};
  for (const auto& container : containers_) {
    const auto endpoint = container.endpoints.find(name);
    const bool in = endpoint != container.endpoints.end() && endpoint->second == network->second.number;
    if (in && is_active(container.seen.state)) return container.seen.name + " is in network " + name;
  }
  networks_.erase(network);
  return {};
}

std::string EngineSimulation::update(const UpdateContainer& action) {
  SimContainer* container = find(action.container);
  if (container == nullptr) return "no container " + action.container.name;
  if (action.restart) container->seen.restart = *action.restart;
  if (action.resources && action.resources->memory != 0) {
    container->seen.resources.memory = action.resources->memory;
  }
  return {};
}

std::string EngineSimulation::reload(const ReloadFiles& action) {
  SimContainer* container = find(action.container);
  if (container == nullptr) return "no container " + action.container.name;
  if (container->seen.state != ContainerState::running) return {};  // it ended meanwhile: nothing is told or noted
  for (const auto& [path, digest] : action.after.files) container->seen.applied[path] = digest;
  container->seen.spec_digest = action.after.spec_digest;
  if (container->behaviour.dies_of_reload) end_run(*container, now_);
  return {};
}

std::string EngineSimulation::apply(const Action& action, const TargetId& target) {
  const auto gone = [](const ContainerRef& ref) { return "no container " + ref.name; };
  if (const auto* image = std::get_if<EnsureImage>(&action)) {
    images_.insert(image->reference);
  } else if (const auto* network = std::get_if<EnsureNetwork>(&action)) {
    return make_network(network->network);
  } else if (const auto* volume = std::get_if<EnsureVolume>(&action)) {
    volumes_.insert(volume->volume.name);
  } else if (const auto* made = std::get_if<CreateContainer>(&action)) {
    return create(*made, target);
  } else if (const auto* renamed = std::get_if<RenameContainer>(&action)) {
    return rename(*renamed);
  } else if (const auto* connected = std::get_if<ConnectNetwork>(&action)) {
    return connect(*connected);
  } else if (const auto* updated = std::get_if<UpdateContainer>(&action)) {
    return update(*updated);
  } else if (const auto* started = std::get_if<StartContainer>(&action)) {
    SimContainer* container = find(started->container);
    return container == nullptr ? gone(started->container) : start(*container);
  } else if (const auto* asked = std::get_if<CheckGate>(&action)) {
    return check_gate(*asked);
  } else if (const auto* stopped = std::get_if<StopContainer>(&action)) {
    SimContainer* container = find(stopped->container);
    if (container == nullptr) return gone(stopped->container);
    stop(*container, kKilled);
  } else if (const auto* resumed = std::get_if<UnpauseContainer>(&action)) {
    SimContainer* container = find(resumed->container);
    if (container == nullptr) return gone(resumed->container);
    if (container->seen.state == ContainerState::paused) container->seen.state = ContainerState::running;
  } else if (const auto* removed = std::get_if<RemoveContainer>(&action)) {
    SimContainer* container = find(removed->container);
    if (container == nullptr) return gone(removed->container);
    if (is_active(container->seen.state)) return container->seen.name + " runs";
    remove(container->seen.id);
  } else if (const auto* detached = std::get_if<DisconnectNetwork>(&action)) {
    SimContainer* container = find(detached->container);
    if (container == nullptr) return gone(detached->container);
    container->seen.networks.erase(detached->network);
    container->endpoints.erase(detached->network);
  } else if (const auto* told = std::get_if<ReloadFiles>(&action)) {
    return reload(*told);
  } else if (const auto* dropped = std::get_if<RemoveNetwork>(&action)) {
    return remove_network(dropped->name);
  }
  return {};
}

ObservedInstance EngineSimulation::observe(const TargetId& owner, bool networks) {
  ObservedInstance observed;
  for (auto& container : containers_) {
    container.good_when_observed = is_good(container);
    container.ever_good = container.ever_good || container.good_when_observed;
    if (container.ours) observed.containers.push_back(container.seen);
  }
  if (!networks) return observed;
  observed.networks.emplace();
  for (const auto& [name, network] : networks_) {
    ObservedNetwork seen{std::to_string(network.number), name, owner.environment, owner.app, network.digest};
    seen.created_at = network.created_at;
    for (const auto& container : containers_) {
      if (container.endpoints.contains(name)) seen.attached.emplace(container.seen.id, container.seen.name);
    }
    seen.in_use = !seen.attached.empty();
    observed.networks->push_back(std::move(seen));
  }
  return observed;
}

}  // namespace plimsoll::plan_test
