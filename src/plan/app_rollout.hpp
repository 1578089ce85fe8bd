#pragma once

#include <vector>

#include "plan/service_input.hpp"

namespace plimsoll::plan {

/// How the update of a target stands, found from its containers alone. `inputs`: every service of it, without what its
/// dependencies say.
///
/// The update is open while a service with `failure_action: rollback` has a replica to be swapped, in its gate or to be
/// created, or a one-shot that has not completed. Of what is as desired and does badly, only containers made for the
/// desired revision count: what has been ill since long before says nothing of this update.
///
/// The app goes back while such a service has failed and is not to be tried again yet: a gate that failed, a new
/// service that crashed, a one-shot that failed, a step that the engine refuses. A missing image is waited for. Once
/// begun, the way back is finished before anything is tried again.
[[nodiscard]] AppRollout survey_rollout(const std::vector<ServiceInput>& inputs);

}  // namespace plimsoll::plan
