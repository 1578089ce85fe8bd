#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/control_api.hpp"
#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "ports/state_store.hpp"
#include "reconcile/image_use.hpp"

namespace plimsoll::controller {

/// What the loop knows of one target.
struct TargetEntry {
  /// What it should be; null for a target that no manifest names any more and that is being removed.
  std::shared_ptr<const DesiredTarget> desired;
  SyncPolicy removal_policy;                    ///< of the environment, for a target that is being removed
  std::string invalid;                          ///< why its app does not load; empty when it does
  TargetProgress progress;                      ///< with the status
  TargetStatus reported;                        ///< of the last whole pass: what a change is told against
  bool known = false;                           ///< a pass has reported since the desired state came
  bool busy = false;                            ///< observed or passed right now
  bool untidy = true;                           ///< changed, and not seen since without networks or files left over
  bool cannot_prune = false;                    ///< the engine refuses to remove what nothing uses any more
  bool looked_whole = false;                    ///< the running pass began with a look at networks, too
  bool retry_requested = false;                 ///< `sync --retry`, for the next pass
  bool ask_registry = false;                    ///< the next pass asks which digests the followed tags have now
  std::map<std::string, std::string> followed;  ///< what the registry said last, by image reference
  Instant not_before{};  ///< events do not bring the next pass before this: failures must not spin
  /// Set when a newer desired state came while a pass runs; the pass then ends at a safe point.
  std::shared_ptr<std::atomic<bool>> superseded;
  reconcile::ImagesByService deployed;                ///< what was last recorded as deployed
  std::optional<ports::HistoryEntry> open_operation;  ///< begun, not yet settled
  std::shared_ptr<std::int64_t> history_row;          ///< its id in the store; belongs to the records thread
};

/// How one set of desired targets differs from what the table held.
struct TableChange {
  std::vector<TargetId> changed;  ///< new, or with another desired state: to be planned now
};

/// All targets by id. Not thread-safe; the loop thread owns it.
class TargetTable {
 public:
  /// Takes over a desired state: entries come, change and (when nothing of theirs runs) go. A target whose app is
  /// broken keeps what it had and shows why. Targets of a broken app that were never loaded appear as `Unknown`.
  /// Targets on instances named in it only.
  TableChange apply(const std::shared_ptr<const DesiredState>& state);

  /// Makes an entry for a target whose containers were found on an instance although no manifest names it.
  void adopt_orphan(const TargetId& id, const SyncPolicy& policy);

  [[nodiscard]] TargetEntry* find(const TargetId& id);
  [[nodiscard]] const TargetEntry* find(const TargetId& id) const;
  void erase(const TargetId& id) { entries_.erase(id); }
  [[nodiscard]] std::map<TargetId, TargetEntry>& entries() noexcept { return entries_; }
  [[nodiscard]] const std::map<TargetId, TargetEntry>& entries() const noexcept { return entries_; }

  /// Those that a filter names, in order.
  [[nodiscard]] std::vector<TargetId> matching(const TargetFilter& filter) const;

 private:
  std::map<TargetId, TargetEntry> entries_;
};

/// True when nothing more will happen to the target without new input: it is Synced and Healthy, or a person has to
/// act.
[[nodiscard]] bool is_settled(const TargetEntry& entry);

/// Puts the reason why the app does not load over what the last pass found.
void show_invalid(TargetEntry& entry);

/// True when it is as it should be.
[[nodiscard]] bool is_good(const TargetStatus& status);

}  // namespace plimsoll::controller
