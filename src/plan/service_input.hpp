#pragma once

#include <memory>
#include <optional>
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
};

/// Everything that the plan of one service depends on. References outlive the planning call.
struct ServiceInput {
  const DesiredTarget& target;
  const DesiredService& service;
  const TargetMemory& memory;
  Instant now{};
  const PlanPolicy& policy;
  bool one_shot = false;                             ///< by itself, or because something waits for its completion
  std::vector<const ObservedContainer*> containers;  ///< of this service, sorted by replica, name, id
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
