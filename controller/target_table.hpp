#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/control_api.hpp"
#include "controller/http/conditions.hpp"
#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "ports/state_store.hpp"
#include "reconcile/image_use.hpp"

namespace plimsoll::controller {

/// What the loop knows of one target.
struct TargetEntry {
  /// What it should be; null for a target that no manifest names any more and that is being removed.
  std::shared_ptr<const DesiredTarget> desired;
  std::string invalid;                          ///< why its app does not load; empty when it does
  TargetProgress progress;                      ///< with the status
  TargetStatus reported;                        ///< of the last whole pass: what a change is told against
  std::optional<ConditionStates> conditions;    ///< as they were noted last
  ConditionTimes transitions;                   ///< of `conditions`
  bool known = false;                           ///< a pass has reported since the desired state came
  bool busy = false;                            ///< observed or passed right now
  bool outdated = false;                        ///< a look was asked for after the present one had begun
  bool untidy = true;                           ///< changed, and not seen since without networks or files left over
  bool cannot_prune = false;                    ///< the engine refuses to remove what no manifest names any more
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
  /// Takes over a desired state: entries come and change; one that no manifest names any more stays, without a desired
  /// state, until its instance has been looked at, and goes at once when that is gone, too. A target whose app is
  /// broken keeps what it had and shows why; one that was never loaded appears as `Unknown`.
  TableChange apply(const std::shared_ptr<const DesiredState>& state);

  /// Makes an entry for a target whose containers were found on an instance although no manifest names it.
  void adopt_orphan(const TargetId& id);

  [[nodiscard]] TargetEntry* find(const TargetId& id);
  [[nodiscard]] const TargetEntry* find(const TargetId& id) const;
  void erase(const TargetId& id) { entries_.erase(id); }
  [[nodiscard]] std::map<TargetId, TargetEntry>& entries() noexcept { return entries_; }
  [[nodiscard]] const std::map<TargetId, TargetEntry>& entries() const noexcept { return entries_; }

  /// Those that a filter names, in order.
  [[nodiscard]] std::vector<TargetId> matching(const TargetFilter& filter) const;

 private:
  bool take_over(std::shared_ptr<const DesiredTarget> target);
  void drop_all_but(const std::set<TargetId>& named, const DesiredState& state);

  std::map<TargetId, TargetEntry> entries_;
};

/// True when nothing more will happen to the target without new input: it is as it should be, a person has to act, or
/// what an engine refuses may go some time or never.
[[nodiscard]] bool is_settled(const TargetEntry& entry);

/// Puts the reason why the app does not load over what the last pass found.
void show_invalid(TargetEntry& entry);

/// Puts into the status since when its conditions have held; to be called whenever the status may have changed.
void note_transitions(TargetEntry& entry, Instant now);

/// The look that made it busy, an observation or a pass, is over. True when it counts: nobody asked for a later one.
bool release(TargetEntry& entry);

/// That nothing is what a filter names: `rejected`.
[[nodiscard]] Error no_match(const TargetFilter& filter);

}  // namespace plimsoll::controller
