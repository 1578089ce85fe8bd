#pragma once

#include "compose/node.hpp"
#include "manifest/conversion_context.hpp"
#include "model/desired_state.hpp"

namespace plimsoll::manifest {

/// A resolved Compose tree (interpolated, merged, in canonical long form) as one target: services with canonical forms
/// and digests, and the networks and volumes that they use, named `<project>_<key>` unless they say otherwise.
/// Everything that does not fit is reported to `context.findings`; with an error there, the target is not meant to be
/// used. Revision, sync policy and secrets are the caller's to fill in.
[[nodiscard]] DesiredTarget convert_project(const compose::Node& project, const ConversionContext& context);

}  // namespace plimsoll::manifest
