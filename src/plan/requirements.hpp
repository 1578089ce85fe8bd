#pragma once

#include <vector>

#include "plan/service_plan.hpp"

namespace plimsoll::plan {

/// What must be on the instance before the services' steps: every image first, then networks, then volumes. Nothing
/// when no container is created or connected, so that waiting asks no registry; but the images when a service is tried
/// first.
///
/// An image that several services use is asked for once. A network or volume that one service needs is that service's
/// step, so that its failure holds only that service; one that several need belongs to the target.
[[nodiscard]] std::vector<Step> plan_requirements(const DesiredTarget& target,
                                                  const std::vector<const ServicePlan*>& plans);

}  // namespace plimsoll::plan
