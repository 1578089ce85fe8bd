#pragma once

#include "manifest/field_reader.hpp"
#include "model/desired_state.hpp"

namespace plimsoll::manifest {

/// `x-plimsoll.hooks` of a project: `pre_sync`, `post_sync` and `sync_fail`, each one service or a list of them.
///
/// A hook is a one-shot service that runs once for each content of the app: its digest covers the digests of all
/// services that are no hooks. Those wait for the completion of every `pre_sync` but the ones that it depends on
/// itself; a `post_sync` waits until all of them are good. What names no service, a service that restarts or has
/// replicas, and one that is two hooks, are errors at their place. `services` is sorted by name and has its digests.
void convert_hooks(const FieldReader& project, std::vector<DesiredService>& services);

}  // namespace plimsoll::manifest
