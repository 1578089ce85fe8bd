#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/gate.hpp"
#include "plan/service_input.hpp"
#include "plan/spec_comparison.hpp"

namespace plimsoll::plan {

/// The containers of one replica and the part that each plays. Found from labels and live facts alone, so that it is
/// the same after any cut of any plan.
struct ReplicaRoles {
  int number = 1;
  std::string name;  ///< the settled name
  /// The one that serves or would serve if nothing new came: a container that is as desired and passed its gate; else
  /// one that works; else by name `.prev`, `.superseded` (the oldest), settled, any other, `.next` (what a cut swap
  /// leaves behind goes back in this order), `.undone`; else the oldest. Null when there is none at all.
  const ObservedContainer* base = nullptr;
  Comparison base_match;  ///< of `base` with the desired service
  /// Beside a base that is not as desired: the one that exactly is, to be started, gated, or kept as the record of its
  /// failure. After a revert it can be what the base had replaced: its gate then has not begun.
  const ObservedContainer* candidate = nullptr;
  Gate candidate_gate;
  /// Beside a base that is as desired and passed its gate, while the app's update is open or goes back: what the base
  /// replaced. To be kept stopped, or to serve again. What has failed or was taken back is never one. Likewise beside a
  /// base of an update that never was through, which a newer revision supersedes (`AppRollout::leaves_out_unfinished`).
  const ObservedContainer* previous = nullptr;
  std::vector<const ObservedContainer*> others;  ///< superseded, duplicate or taken back; to be removed
  bool vanishing = false;                        ///< the engine is removing one: names are not free yet
};

/// Where a replica stands.
enum class Situation {
  missing,   ///< no container
  current,   ///< `base` is as desired (however well it does)
  outdated,  ///< `base` is not, and nothing is under way
  prepared,  ///< ... the candidate was created and never started, or is what the base had replaced
  gating,    ///< ... the candidate runs and its gate is open
  failed,    ///< ... the candidate's gate failed
};
[[nodiscard]] Situation situation_of(const ReplicaRoles& roles) noexcept;

/// What the base replaced and would leave its place to if the app went back, whatever the app's update does: see
/// `ReplicaRoles::previous`. May be the candidate, when a newer revision asks for it again. Null when there is none.
[[nodiscard]] const ObservedContainer* find_replaced(const ServiceInput& input, const ReplicaRoles& roles);

/// True when the candidate is what the base had replaced.
[[nodiscard]] bool candidate_was_replaced(const ReplicaRoles& roles) noexcept;

/// True when gates failed, and in no larger a part of the replicas than the service tolerates
/// (`deploy.update_config.max_failure_ratio`).
[[nodiscard]] bool failures_tolerated(const DesiredService& service,
                                      const std::vector<ReplicaRoles>& replicas) noexcept;

/// How a container stands to the service, the followed tag and the parent's namespace included.
[[nodiscard]] Comparison compare_with(const ServiceInput& input, const ObservedContainer& container);

/// The replicas of a service, and what exceeds them.
struct ServiceRoles {
  std::vector<ReplicaRoles> replicas;             ///< by number, from 1
  std::vector<const ObservedContainer*> surplus;  ///< of replica numbers that are no more, highest first
};

/// Assigns the parts among the service's containers.
[[nodiscard]] ServiceRoles find_service_roles(const ServiceInput& input);

/// Assigns the parts among `containers` (all of replica `number`).
[[nodiscard]] ReplicaRoles find_roles(const ServiceInput& input, int number,
                                      const std::vector<const ObservedContainer*>& containers);

}  // namespace plimsoll::plan
