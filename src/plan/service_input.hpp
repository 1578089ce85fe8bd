#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/namespace_parent.hpp"
#include "plan/plan_target.hpp"

namespace plimsoll::plan {

/// How the update of a target stands: an app deploys as a whole, or not at all (`plan/app_rollout`).
struct AppRollout {
  /// Something that could still take the app back is not through: containers that were replaced are kept, stopped.
  bool open = false;
  /// Open, and not only for what runs when all services are good: a reload, which does not go back, has to wait.
  bool unsettled = false;
  /// Why the app goes back to what it replaced, such as `worker failed`; empty when it does not.
  std::string goes_back;
  /// The app goes back past an update that never was through, to what that one had replaced: all of it is still there.
  bool leaves_out_unfinished = false;
  /// Services of which the engine refused a step before, and which may be tried again now. Until they are prepared
  /// nothing else of the update begins: it would only have to go back.
  std::set<std::string> tried_first;

  /// Why nothing new of `service` may begin; empty when it may.
  [[nodiscard]] std::string hold(const std::string& service) const {
    if (!goes_back.empty()) return "held: " + goes_back;
    if (tried_first.empty() || tried_first.contains(service)) return {};
    return "held: " + *tried_first.begin() + " is tried first";
  }
};

/// Everything that the plan of one service depends on. References outlive the planning call.
struct ServiceInput {
  const DesiredTarget& target;
  const DesiredService& service;
  const TargetMemory& memory;
  Instant now{};
  const PlanPolicy& policy;
  bool one_shot = false;  ///< by itself, or because something waits for its completion
  std::vector<const ObservedContainer*>
      containers;  ///< of this service, and what it takes the place of (`plan/predecessors`)
  /// What the start of a new container waits for, such as `waiting for db to be healthy`; empty when nothing.
  std::string waits_for;
  /// A failed step that is not to be tried again yet, or null.
  const StepFailure* failure = nullptr;
  NamespaceParent parent;
  /// A dependency with `restart: true` was replaced at this moment.
  std::optional<Instant> restart_after;
  std::string restart_cause;
  AppRollout rollout;  ///< how the update of the whole app stands
};

}  // namespace plimsoll::plan
