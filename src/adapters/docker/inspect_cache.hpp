#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/docker/observed_json.hpp"
#include "model/result.hpp"

namespace plimsoll::adapters {

/// Remembers what inspect told about containers, so that a steady instance costs one list call and no inspects.
/// A container is inspected again when it is new, marked dirty, its list entry differs in a fact, it started less than
/// a minute before, its uptime is shorter than what is known of it, or a gate may be waiting for its health.
/// Thread-safe.
class InspectCache {
 public:
  /// Reads one container anew; an absent value when it vanished since it was listed.
  using Inspect = std::function<Result<std::optional<ObservedContainer>>(const std::string& id)>;

  /// Marks one container, or all, to be inspected at the next look.
  void invalidate(const std::string& id_or_name);
  void invalidate_all();

  /// The containers behind `listed`, inspecting what needs it. `whole` says that `listed` is everything there is, so
  /// that what is not in it can be forgotten. `poll_health`: the engine's list does not show health (Podman).
  Result<std::vector<ObservedContainer>> look(const std::vector<ListedContainer>& listed, Instant now, bool whole,
                                              bool poll_health, const Inspect& inspect);

 private:
  struct Entry {
    std::string signature;
    ObservedContainer container;
    Instant looked_at{};  // of the engine's clock
    bool dirty = false;
  };

  static bool may_have_restarted(const Entry& entry, Uptime uptime, Instant now);

  bool is_fresh(const ListedContainer& listed, Instant now, bool poll_health) const;
  void forget_others(const std::vector<ListedContainer>& listed);

  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace plimsoll::adapters
