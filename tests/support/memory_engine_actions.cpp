// What the calls of the port do.

#include "support/memory_engine.hpp"

#include <algorithm>
#include <cstdio>

namespace plimsoll::test {

std::string MemoryEngine::next_id() {
  char text[13];
  std::snprintf(text, sizeof text, "%012x", ++ids_);
  return text + std::string(52, '0');
}

std::string MemoryEngine::digest_of(const std::string& reference) const {
  const auto found = images.find(reference);
  if (found != images.end() && !found->second.digest.empty()) return found->second.digest;
  std::uint64_t hash = 1469598103934665603U;  // FNV-1a: std::hash may differ between runs and libraries
  for (const char c : reference) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return "sha256:" + std::string(text) + std::string(48, '0');
}

bool MemoryEngine::is_local(const std::string& reference) const {
  const auto found = images.find(reference);
  return local_images.contains(reference) || (found != images.end() && found->second.local);
}

std::string MemoryEngine::local_digest_of(const std::string& reference) const {
  const auto found = images.find(reference);
  const bool has_own = found != images.end() && !found->second.local_digest.empty();
  return has_own ? found->second.local_digest : digest_of(reference);
}

MemoryContainer* MemoryEngine::by_ref(const ContainerRef& ref) {
  if (ref.id.empty()) return find(ref.name);
  const auto found = containers_.find(ref.id);
  return found == containers_.end() ? nullptr : &found->second;
}

Result<ObservedInstance> MemoryEngine::observe(const ports::ObserveScope& scope, const ports::Call&) {
  const std::lock_guard lock(mutex_);
  if (unreachable) return Error{ErrorKind::transient, "cannot reach the engine in memory"};
  ObservedInstance view;
  const auto within_scope = [&](const std::string& environment, const std::string& app) {
    return scope.environment.empty() || (environment == scope.environment && (scope.app.empty() || app == scope.app));
  };
  std::map<std::string, std::map<std::string, std::string>> users;
  for (auto& [id, container] : containers_) {
    for (const auto& [name, aliases] : container.seen.networks) users[name].emplace(id, container.seen.name);
    if (container.ours && within_scope(container.seen.environment, container.seen.app))
      view.containers.push_back(container.seen);
  }
  if (!scope.networks) return view;
  view.networks.emplace();
  view.idle_files = idle_files;
  for (const auto& [name, network] : networks) {
    if (!network.ours || !within_scope(network.environment, network.app)) continue;
    view.networks->push_back({network.id, name, network.environment, network.app, network.digest, users.contains(name),
                              users[name], network.created_at});
  }
  return view;
}

std::optional<Fault> MemoryEngine::take_fault(const Action& action) {
  if (on_apply)
    if (auto fault = on_apply(action)) return fault;
  for (auto at = faults_.begin(); at != faults_.end(); ++at) {
    if (!at->action.empty() && at->action != action_name(action)) continue;
    if (at->skip-- > 0) return std::nullopt;
    Fault fault = std::move(*at);
    faults_.erase(at);
    return fault;
  }
  return std::nullopt;
}

Result<ports::Applied> MemoryEngine::apply(const Action& action, const ports::ApplyContext& context,
                                           const ports::Call& call) {
  const std::lock_guard lock(mutex_);
  if (unreachable) return Error{ErrorKind::transient, "cannot reach the engine in memory"};
  if (call.stop.stop_requested()) return Error{ErrorKind::cancelled, "cancelled"};
  calls.push_back(to_string(Step{"", action, ""}));
  const auto fault = take_fault(action);
  if (fault && fault->kind == Fault::Kind::before_effect) return fault->error;
  if (fault && fault->kind == Fault::Kind::late) {
    ports::ApplyContext kept = context;
    kept.progress = nullptr;
    late_.emplace_back(action, std::move(kept));
    return Error{ErrorKind::deadline, "injected fault: the reply comes too late"};
  }
  auto result = effect(action, context);
  if (fault && fault->kind == Fault::Kind::after_effect) return fault->error;
  return result;
}

struct MemoryEngine::Do {
  MemoryEngine& engine;
  const ports::ApplyContext& context;
  using Outcome = Result<ports::Applied>;

  static Error vanished(const ContainerRef& ref) {
    return {ErrorKind::transient, "no container " + (ref.name.empty() ? ref.id : ref.name) + ": it vanished"};
  }

  Outcome operator()(const EnsureImage& a) const {
    const auto found = engine.images.find(a.reference);
    const bool known = found != engine.images.end();
    const bool local = engine.is_local(a.reference);
    const std::string had = local ? engine.local_digest_of(a.reference) : std::string();
    if (local && (engine.registry_down || a.pull_policy == "never" || (known && !found->second.in_registry)))
      return ports::Applied{"", had};
    if (engine.registry_down) return Error{ErrorKind::transient, "registry of " + a.reference + " does not answer"};
    if (!known || !found->second.in_registry || a.pull_policy == "never")
      return Error{ErrorKind::missing, "no image " + a.reference + " in the registry yet"};
    if (found->second.pull_error) return *found->second.pull_error;
    engine.local_images.insert(a.reference);
    found->second.local_digest.clear();
    if (context.progress) context.progress({a.reference, 1, 1});
    const std::string has = engine.digest_of(a.reference);
    return ports::Applied{"", has, had != has};
  }

  Outcome operator()(const EnsureNetwork& a) const {
    const auto found = engine.networks.find(a.network.name);
    const bool present = found != engine.networks.end();
    if (a.network.external && !present)
      return Error{ErrorKind::conflict, "external network " + a.network.name + " does not exist: create it"};
    if (present && !a.network.external && !found->second.ours)
      return Error{ErrorKind::conflict, "network " + a.network.name + " is not ours: remove or rename it"};
    if (present) return ports::Applied{};
    engine.networks[a.network.name] = {engine.next_id(),
                                       context.target.environment,
                                       a.network.shared ? "" : context.target.app,
                                       a.network.digest,
                                       true,
                                       engine.now_};
    return ports::Applied{};
  }

  Outcome operator()(const EnsureVolume& a) const {
    const bool present = engine.volumes.contains(a.volume.name);
    if (a.volume.external && !present)
      return Error{ErrorKind::conflict, "external volume " + a.volume.name + " does not exist: create it"};
    engine.volumes.insert(a.volume.name);
    return ports::Applied{};
  }

  Outcome operator()(const CreateContainer& a) const {
    if (const auto* holder = engine.find(a.name)) {
      const auto& seen = holder->seen;
      const bool same = holder->ours && seen.spec_digest == a.service->digest && seen.attempt == a.attempt &&
                        seen.environment == context.target.environment && seen.app == context.target.app;
      if (same) return ports::Applied{seen.id};
      return Error{ErrorKind::conflict, "name " + a.name + " is taken by container " + seen.id.substr(0, 12) +
                                            ": remove or rename that container"};
    }
    if (!engine.is_local(a.service->spec.image))
      return Error{ErrorKind::missing, "no image " + a.service->spec.image + " on the instance"};
    for (const auto& network : a.service->spec.networks)
      if (!engine.networks.contains(network.network))
        return Error{ErrorKind::transient, "network " + network.network + " not found"};
    MemoryContainer made = blank(a);
    const std::string id = made.seen.id;
    engine.containers_[id] = std::move(made);
    return ports::Applied{id};
  }

  MemoryContainer blank(const CreateContainer& a) const {
    const auto& spec = a.service->spec;
    MemoryContainer made;
    made.service = a.service;
    auto& seen = made.seen;
    seen = {.id = engine.next_id(),
            .name = a.name,
            .environment = context.target.environment,
            .app = context.target.app,
            .service = spec.name,
            .replica = a.replica,
            .attempt = a.attempt,
            .spec_digest = a.service->digest,
            .applied = a.service->canonical,
            .image = spec.image,
            .image_digest = a.image_digest,
            .revision = a.revision,
            .target_digest = a.target_digest,
            .reload = a.service->reload ? a.service->reload->layout : "",
            .created_at = engine.now_,
            .restart = spec.restart,
            .resources = spec.resources};
    for (const auto& network : spec.networks) {
      auto aliases = network.aliases;
      if (a.service_alias) aliases.push_back(spec.name);
      std::sort(aliases.begin(), aliases.end());
      aliases.erase(std::unique(aliases.begin(), aliases.end()), aliases.end());
      seen.networks[network.network] = std::move(aliases);
    }
    const auto image = engine.images.find(spec.image);
    if (image != engine.images.end()) made.behaviour = image->second.health;
    const auto kind = made.behaviour.kind;
    made.has_health_check = spec.healthcheck.has_value() || kind == Behaviour::Kind::healthy_after ||
                            kind == Behaviour::Kind::never_healthy || kind == Behaviour::Kind::unhealthy_after;
    const bool off = spec.healthcheck && spec.healthcheck->test && !spec.healthcheck->test->empty() &&
                     spec.healthcheck->test->front() == "NONE";
    if (off) made.has_health_check = false;
    for (const auto& port : spec.ports)
      if (port.publish && !port.published.empty() && port.published.find('-') == std::string::npos)
        made.host_ports.push_back(port.host_ip + ":" + port.published + "/" + port.protocol);
    return made;
  }

  /// Empty, or why the container's host ports cannot be had.
  std::string taken_port(const MemoryContainer& wants) const {
    for (const auto& [id, other] : engine.containers_) {
      const bool holds = other.seen.state == ContainerState::running || other.seen.state == ContainerState::paused;
      if (id == wants.seen.id || !holds) continue;
      for (const auto& port : wants.host_ports)
        if (std::count(other.host_ports.begin(), other.host_ports.end(), port) > 0)
          return "host port " + port + " is taken by container " + other.seen.name;
    }
    return {};
  }

  Outcome operator()(const StartContainer& a) const {
    auto* container = engine.by_ref(a.container);
    if (container == nullptr) return vanished(a.container);
    if (container->seen.state == ContainerState::running) return ports::Applied{};
    if (container->seen.state == ContainerState::paused)
      return Error{ErrorKind::transient, "container " + container->seen.name + " is paused: unpause it"};
    for (const auto& [network, aliases] : container->seen.networks)
      if (!engine.networks.contains(network)) return Error{ErrorKind::transient, "network " + network + " not found"};
    container->seen.detail = taken_port(*container);
    if (!container->seen.detail.empty()) return Error{ErrorKind::conflict, container->seen.detail};
    container->seen.restart_count = 0;
    container->restart_wait = Millis{100};
    engine.started(*container);
    return ports::Applied{};
  }

  Outcome operator()(const CheckGate& a) const {
    const auto* container = engine.by_ref(a.container);
    if (container == nullptr) return ports::Applied{.gate_passed = false};
    const ObservedContainer& seen = container->seen;
    const bool well = seen.health == HealthState::none || seen.health == HealthState::healthy;
    return ports::Applied{.gate_passed = seen.state == ContainerState::running && seen.restart_count == 0 && well};
  }

  Outcome operator()(const StopContainer& a) const {
    auto* container = engine.by_ref(a.container);
    if (container == nullptr) return ports::Applied{};
    const auto state = container->seen.state;
    const bool runs =
        state == ContainerState::running || state == ContainerState::paused || state == ContainerState::restarting;
    if (runs) engine.ended(*container, 0, true);
    return ports::Applied{};
  }

  Outcome operator()(const UnpauseContainer& a) const {
    auto* container = engine.by_ref(a.container);
    if (container == nullptr) return vanished(a.container);
    if (container->seen.state == ContainerState::paused) container->seen.state = ContainerState::running;
    return ports::Applied{};
  }

  Outcome operator()(const RenameContainer& a) const {
    auto* container = engine.by_ref(a.container);
    // After a lost reply the old name is gone and the new one is there.
    if (container == nullptr && a.container.id.empty()) container = engine.find(a.to);
    if (container == nullptr) return vanished(a.container);
    const auto* holder = engine.find(a.to);
    if (holder != nullptr && holder != container)
      return Error{ErrorKind::conflict, "name " + a.to + " is taken by container " + holder->seen.id.substr(0, 12)};
    container->seen.name = a.to;
    return ports::Applied{};
  }

  Outcome operator()(const RemoveContainer& a) const {
    const auto* container = engine.by_ref(a.container);
    if (container == nullptr) return ports::Applied{};
    const auto state = container->seen.state;
    const bool runs =
        state == ContainerState::running || state == ContainerState::paused || state == ContainerState::restarting;
    if (runs && !a.force)
      return Error{ErrorKind::transient, "container " + container->seen.name + " runs: it cannot be removed"};
    engine.containers_.erase(std::string(container->seen.id));
    return ports::Applied{};
  }

  Outcome operator()(const UpdateContainer& a) const {
    auto* container = engine.by_ref(a.container);
    if (container == nullptr) return vanished(a.container);
    if (a.restart) container->seen.restart = *a.restart;
    if (a.resources) container->seen.resources = *a.resources;
    return ports::Applied{};
  }

  Outcome operator()(const ConnectNetwork& a) const {
    auto* container = engine.by_ref(a.container);
    if (container == nullptr) return vanished(a.container);
    if (!engine.networks.contains(a.attachment.network))
      return Error{ErrorKind::transient, "network " + a.attachment.network + " not found"};
    auto aliases = a.attachment.aliases;
    std::sort(aliases.begin(), aliases.end());
    aliases.erase(std::unique(aliases.begin(), aliases.end()), aliases.end());
    container->seen.networks[a.attachment.network] = std::move(aliases);
    return ports::Applied{};
  }

  Outcome operator()(const DisconnectNetwork& a) const {
    if (auto* container = engine.by_ref(a.container)) container->seen.networks.erase(a.network);
    return ports::Applied{};
  }

  Outcome operator()(const RemoveNetwork& a) const {
    const auto found = engine.networks.find(a.name);
    if (found == engine.networks.end()) return ports::Applied{};
    for (const auto& [id, container] : engine.containers_)
      if (container.seen.networks.contains(a.name) && container.seen.state == ContainerState::running)
        return Error{ErrorKind::conflict, "network " + a.name + " is used by container " + container.seen.name};
    engine.networks.erase(found);
    return ports::Applied{};
  }

  Outcome operator()(const RemoveFiles& a) const {
    std::erase_if(engine.idle_files, [&a](const IdleFiles& one) { return one.name == a.name; });
    return ports::Applied{};
  }

  Outcome operator()(const ReloadFiles& a) const {
    auto* container = engine.by_ref(a.container);
    if (container == nullptr) return vanished(a.container);
    if (container->seen.state != ContainerState::running)
      return Error{ErrorKind::transient, "container " + container->seen.name + " does not run"};
    if (container->seen.reload != a.service->reload->layout)
      return Error{ErrorKind::rejected, "container " + container->seen.name + " was made with other files"};
    if (a.service->reload->command == std::vector<std::string>{"false"})
      return Error{ErrorKind::rejected, "reload container " + container->seen.name + ": false ended with 1"};
    container->seen.spec_digest = a.after.spec_digest;
    for (const auto& [path, digest] : a.after.files) container->seen.applied[path] = digest;
    return ports::Applied{};
  }
};

Result<ports::Applied> MemoryEngine::effect(const Action& action, const ports::ApplyContext& context) {
  auto result = std::visit(Do{*this, context}, action);
  if (after_effect) after_effect(*this);
  return result;
}

Result<std::string> MemoryEngine::resolve_digest(const std::string& reference, const ports::Call&) {
  const std::lock_guard lock(mutex_);
  if (unreachable) return Error{ErrorKind::transient, "cannot reach the engine in memory"};
  if (registry_down) return Error{ErrorKind::transient, "registry of " + reference + " does not answer"};
  const auto found = images.find(reference);
  if (found == images.end() || !found->second.in_registry)
    return Error{ErrorKind::missing, "no image " + reference + " in the registry yet"};
  return digest_of(reference);
}

Result<ports::ImageRemoval> MemoryEngine::remove_image(const std::string& image, const std::vector<std::string>& names,
                                                       const ports::Call& call) {
  const std::lock_guard lock(mutex_);
  if (unreachable) return Error{ErrorKind::transient, "cannot reach the engine in memory"};
  if (call.stop.stop_requested()) return Error{ErrorKind::cancelled, "cancelled"};
  image_removals.push_back(image);
  if (removal_error) return *removal_error;
  const std::string digest = image.substr(image.find('@') + 1);
  std::set<std::string> tags = local_images;
  for (const auto& [reference, unused] : images) tags.insert(reference);
  std::erase_if(tags, [&](const auto& tag) { return !is_local(tag) || local_digest_of(tag) != digest; });
  if (tags.empty()) return ports::ImageRemoval::absent;
  for (const auto& tag : tags)
    if (std::count(names.begin(), names.end(), tag) == 0) return ports::ImageRemoval::kept;
  for (const auto& [id, container] : containers_)
    if (container.seen.image_digest == digest) return ports::ImageRemoval::kept;
  for (const auto& tag : tags) {
    local_images.erase(tag);
    if (const auto known = images.find(tag); known != images.end()) known->second.local = false;
  }
  return ports::ImageRemoval::removed;
}

Result<std::string> MemoryEngine::logs(const std::string& container, int, const ports::Call&) {
  const std::lock_guard lock(mutex_);
  const auto* found = by_ref({container, ""});
  if (found == nullptr) found = find(container);
  if (found == nullptr) return Error{ErrorKind::transient, "no container " + container};
  return "log of " + found->seen.name + "\n";
}

}  // namespace plimsoll::test
