#pragma once

#include <vector>

#include "plan/service_input.hpp"

namespace plimsoll::plan {

/// How the update of a target stands, found from its containers alone. `inputs`: every service of it, without what its
/// dependencies say.
///
/// The update is open while a service with `failure_action: rollback` has a replica to be swapped, in its gate or to be
/// created, or a one-shot that has not completed. Of what is as desired and does badly, only containers made for the
/// desired content count (`DesiredTarget::digest`, whatever the revision), after all that was made for another: what
/// has been ill since long before says nothing of this update, nor of a revert.
///
/// The app goes back while such a service has failed and is not to be tried again yet: a gate that failed, a new
/// service that crashed, a one-shot that failed, a step that the engine refuses. A missing image is waited for. A
/// service that was refused is tried again before the others begin anew. Once
/// begun, the way back is finished before anything is tried again, or a newer revision begins.
///
/// An update that a newer revision supersedes before it was through is left out on the way back if all that it replaced
/// is still there: not when some container that would serve then was itself made for it, because what it replaced is
/// gone (all may have been through), or because its service was new.
[[nodiscard]] AppRollout survey_rollout(const std::vector<ServiceInput>& inputs);

}  // namespace plimsoll::plan
