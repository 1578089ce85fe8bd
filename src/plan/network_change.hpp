#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/service_input.hpp"

namespace plimsoll::plan {

/// Label `.spec` of a network without any options, made where the engine refuses those that the manifests give.
inline constexpr std::string_view kStandInDigest = "v1:stand-in";

/// What the plan for changed networks depends on. References outlive the call.
struct NetworkInput {
  const DesiredTarget& target;
  const ObservedInstance& observed;
  const std::vector<const ObservedContainer*>& containers;  ///< of the target
  const std::vector<ServiceInput>& services;                ///< every one of it, with `rollout`
  const TargetMemory& memory;
  Instant now{};
  const PlanPolicy& policy;
  bool services_act = false;  ///< their plans have steps
};

/// What is to be done about networks that are not as the manifests give them, and what status says meanwhile.
struct NetworkChange {
  std::vector<Step> steps;  ///< of one network; nothing else of the target is to be done in the same plan
  bool as_desired = true;
  Health health = Health::healthy;
  std::string reason, message;
  std::optional<Instant> wake_at;
};

/// Makes a network of the target anew whose options changed, since an engine changes none in place: its containers
/// leave it, it is removed, made, and they join again under the aliases that they bore. No container is recreated.
///
/// It comes before anything else of an update, so that what is new finds the network that it needs (a fixed address in
/// a new subnet); an app that goes back later keeps the new network, which the revision asks for all the same. It does
/// not come while a gate is open, a one-shot runs, or a swap or a way back still has steps: losing the network could
/// decide those. What only waits (a prepared container, what is kept as `.prev`) leaves and joins like the rest:
/// it may wait for the very mend that the new options are.
///
/// Every prefix is safe: one that was in a network when it was created and is not in that which has been made since, or
/// in none of the name, joins it, also without `self_heal`. One that serves then gets all aliases, any other none: it
/// gets them when it serves. Whom somebody took out of such a network by hand cannot be told apart.
///
/// Not done while containers that are not of the target are in it (the engine would refuse): status names them. Where
/// the engine refuses the new options, a network without any (`kStandInDigest`) takes their place until they change,
/// so that the containers reach each other; whatever the refusal, it is tried at most `PlanPolicy::retry_limit` times
/// until the app changes or somebody asks. Digests are compared only when both are known and of one version, and
/// nothing is found where the observation did not look at networks. Shared and external networks have no options here.
[[nodiscard]] NetworkChange change_networks(const NetworkInput& input);

}  // namespace plimsoll::plan
