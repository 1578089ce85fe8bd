#include "adapters/docker/inspect_cache.hpp"

#include <set>

namespace plimsoll::adapters {
namespace {

/// A gate watches a container in its first minute: restarts in it must not hide behind an equal list entry.
constexpr Millis kYoung{60'000};

}  // namespace

void InspectCache::invalidate(const std::string& id_or_name) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, entry] : entries_)
    if (id == id_or_name || entry.container.name == id_or_name) entry.dirty = true;
}

void InspectCache::invalidate_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, entry] : entries_) entry.dirty = true;
}

/// A restart that no event told of shows in the uptime: it is shorter than what is known. Between one and two minutes
/// the engine says "About a minute", which a restart can hide behind only when it was before the last look.
bool InspectCache::may_have_restarted(const Entry& entry, Uptime uptime, Instant now) {
  const auto& started = entry.container.started_at;
  if (!started || now - *started < kYoung || uptime == Uptime::seconds) return true;
  return uptime == Uptime::about_a_minute && (now - *started >= 2 * kYoung || entry.looked_at - *started < kYoung);
}

bool InspectCache::is_fresh(const ListedContainer& listed, Instant now, bool poll_health) const {
  const auto found = entries_.find(listed.id);
  if (found == entries_.end()) return false;
  const auto& [signature, container, looked_at, dirty] = found->second;
  if (dirty || signature != listed.signature) return false;
  if (container.state != ContainerState::running) return true;
  const bool gated =
      container.health == HealthState::starting || (poll_health && container.health != HealthState::none);
  return !gated && !may_have_restarted(found->second, listed.uptime, now);
}

void InspectCache::forget_others(const std::vector<ListedContainer>& listed) {
  std::set<std::string_view> present;
  for (const auto& one : listed) present.insert(one.id);
  std::erase_if(entries_, [&present](const auto& entry) { return !present.contains(entry.first); });
}

Result<std::vector<ObservedContainer>> InspectCache::look(const std::vector<ListedContainer>& listed, Instant now,
                                                          bool whole, bool poll_health, const Inspect& inspect) {
  std::vector<ObservedContainer> containers;
  containers.reserve(listed.size());
  for (const auto& one : listed) {
    {
      const std::lock_guard lock(mutex_);
      if (is_fresh(one, now, poll_health)) {
        containers.push_back(entries_.at(one.id).container);
        continue;
      }
      // Made (and cleared) before the call: an event that comes while it runs marks the entry again.
      entries_[one.id].dirty = false;
    }
    auto inspected = inspect(one.id);
    const std::lock_guard lock(mutex_);
    if (!inspected || !inspected->has_value()) entries_.erase(one.id);
    if (!inspected) return std::move(inspected).error();
    if (!inspected->has_value()) continue;
    auto& entry = entries_[one.id];
    entry.signature = one.signature;
    entry.container = **inspected;
    entry.looked_at = now;
    containers.push_back(std::move(**inspected));
  }
  const std::lock_guard lock(mutex_);
  if (whole) forget_others(listed);
  return containers;
}

}  // namespace plimsoll::adapters
