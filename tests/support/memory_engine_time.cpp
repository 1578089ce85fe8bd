// How time passes, and what people and programs do.

#include "support/memory_engine.hpp"

#include <algorithm>

namespace plimsoll::test {

void MemoryEngine::advance(Millis by) {
  const std::lock_guard lock(mutex_);
  for (auto& [action, context] : std::exchange(late_, {})) (void)effect(action, context);
  const Instant end = now_ + by;
  while (true) {
    std::optional<Instant> next;
    for (const auto& [id, container] : containers_) {
      const auto change = next_change(container);
      if (change && *change <= end && (!next || *change < *next)) next = change;
    }
    if (!next) break;
    now_ = std::max(now_, *next);
    for (auto& [id, container] : containers_) tick(container);
  }
  now_ = end;
  for (auto& [id, container] : containers_) tick(container);
}

std::optional<Instant> MemoryEngine::next_change(const MemoryContainer& container) const {
  if (container.restarts_at) return container.restarts_at;
  const bool ends = container.behaviour.kind == Behaviour::Kind::exits;
  if (container.seen.state != ContainerState::running || !ends) return std::nullopt;
  return *container.seen.started_at + container.behaviour.after;
}

void MemoryEngine::tick(MemoryContainer& container) {
  const auto change = next_change(container);
  if (change && *change <= now_) {
    if (container.restarts_at) {
      ++container.seen.restart_count;
      started(container);
    } else {
      ended(container, container.behaviour.code, false);
    }
  }
  update_health(container);
}

void MemoryEngine::update_health(MemoryContainer& container) const {
  auto& seen = container.seen;
  if (!container.has_health_check) return;
  if (seen.state != ContainerState::running) return;
  const bool due = now_ >= *seen.started_at + container.behaviour.after;
  switch (container.behaviour.kind) {
    case Behaviour::Kind::runs: seen.health = HealthState::healthy; break;
    case Behaviour::Kind::healthy_after: seen.health = due ? HealthState::healthy : HealthState::starting; break;
    case Behaviour::Kind::unhealthy_after: seen.health = due ? HealthState::unhealthy : HealthState::starting; break;
    case Behaviour::Kind::never_healthy:
    case Behaviour::Kind::exits: seen.health = HealthState::starting; break;
  }
}

void MemoryEngine::started(MemoryContainer& container) const {
  container.seen.state = ContainerState::running;
  container.seen.started_at = now_;
  container.seen.exit_code = 0;
  container.restarts_at.reset();
  container.stopped_by_hand = false;
  if (container.has_health_check) container.seen.health = HealthState::starting;
  update_health(container);
}

void MemoryEngine::ended(MemoryContainer& container, int code, bool by_hand) const {
  auto& seen = container.seen;
  seen.exit_code = code;
  seen.finished_at = now_;
  container.stopped_by_hand = by_hand;
  container.restarts_at.reset();
  if (container.has_health_check) seen.health = HealthState::unhealthy;
  const auto& policy = seen.restart;
  const bool again = policy.name == "always" || policy.name == "unless-stopped" ||
                     (policy.name == "on-failure" && code != 0 &&
                      (policy.max_retries == 0 || seen.restart_count < policy.max_retries));
  seen.state = again && !by_hand ? ContainerState::restarting : ContainerState::exited;
  if (seen.state != ContainerState::restarting) return;
  container.restarts_at = now_ + container.restart_wait;
  container.restart_wait = std::min(container.restart_wait * 2, Millis{60'000});
}

const MemoryContainer* MemoryEngine::find(const std::string& name) const {
  for (const auto& [id, container] : containers_)
    if (container.seen.name == name) return &container;
  return nullptr;
}

MemoryContainer* MemoryEngine::find(const std::string& name) {
  return const_cast<MemoryContainer*>(static_cast<const MemoryEngine*>(this)->find(name));
}

void MemoryEngine::add_foreign(const std::string& name, std::vector<std::string> host_ports) {
  MemoryContainer container;
  container.ours = false;
  container.seen.id = next_id();
  container.seen.name = name;
  container.seen.created_at = now_;
  container.host_ports = std::move(host_ports);
  started(container);
  containers_[container.seen.id] = std::move(container);
}

void MemoryEngine::stop_by_hand(const std::string& name) {
  if (auto* container = find(name)) ended(*container, 0, true);
}

void MemoryEngine::remove_by_hand(const std::string& name) {
  if (auto* container = find(name)) containers_.erase(std::string(container->seen.id));
}

void MemoryEngine::pause_by_hand(const std::string& name) {
  if (auto* container = find(name)) container->seen.state = ContainerState::paused;
}

void MemoryEngine::crash(const std::string& name, int code) {
  if (auto* container = find(name)) ended(*container, code, false);
}

void MemoryEngine::restart_daemon() {
  for (auto& [id, container] : containers_) {
    const bool was_created = container.seen.state == ContainerState::created;
    const bool by_hand = container.stopped_by_hand;
    if (container.seen.state == ContainerState::running) ended(container, 0, true);
    const auto& policy = container.seen.restart.name;
    if (was_created) continue;
    if (policy == "always" || (policy == "unless-stopped" && !by_hand)) started(container);
  }
}

}  // namespace plimsoll::test
