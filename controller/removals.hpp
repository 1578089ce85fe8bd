#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/control_api.hpp"
#include "model/decisions.hpp"
#include "model/desired_state.hpp"

namespace plimsoll::controller {

/// What no manifest names any more, and what of it may go. A plain value: it asks nobody, and a copy tells
/// what another desired state would lead to. Not thread-safe.
class Removals {
 public:
  /// Takes over a desired state; `previous` may be null. What the previous one named counts for the guard. Nothing may
  /// go until `decide`. What was on instances that exist no more is forgotten: nobody can look there.
  void revise(const DesiredState* previous, const DesiredState& next);

  /// The targets that a look at the whole of an instance found there although no manifest names them, in place of those
  /// of the look before. True: with containers, and not only networks.
  void found(const std::string& instance, const std::map<TargetId, bool>& orphans);

  /// `target` was removed.
  void gone(const TargetId& target) { orphans_.erase(target); }

  /// Lets removals of the targets that `filter` matches through, as long as `commit` is in force.
  void allow(const TargetFilter& filter, const std::string& commit);

  /// Nothing may go until the next `decide`.
  void defer() { removable_.clear(); }

  /// Asks the guard. To be called when every instance has been looked at: half of the truth could let half of the apps
  /// go one instance at a time.
  void decide(const DesiredState& desired);

  /// True when the target is an orphan that the guard lets go.
  [[nodiscard]] bool may_go(const TargetId& target) const { return removable_.contains(target); }
  [[nodiscard]] bool is_orphan(const TargetId& target) const { return orphans_.contains(target); }
  /// All orphans that were found, sorted.
  [[nodiscard]] std::vector<TargetId> orphans() const;
  /// Why not everything may go; empty when it may.
  [[nodiscard]] const std::string& held() const { return held_; }

  /// By what a target that no manifest names is treated: the policy of its environment, as the last revision that named
  /// that has it, and what was suspended by command. An app's own `sync` went with its entry.
  [[nodiscard]] SyncPolicy policy(const TargetId& target, const Decisions& decisions) const;

 private:
  [[nodiscard]] bool is_allowed(const TargetId& target) const;

  std::map<TargetId, bool> orphans_;
  std::set<TargetId> vanished_;   ///< that earlier revisions named, since the guard last let everything go
  std::set<TargetId> removable_;  ///< orphans that may go
  std::string held_;
  std::vector<TargetFilter> allowed_;
  std::string allowed_for_;                     ///< the commit that `allowed_` is about
  std::map<std::string, SyncPolicy> policies_;  ///< by environment
};

}  // namespace plimsoll::controller
