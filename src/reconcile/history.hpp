#pragma once

#include <string>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/operation_phase.hpp"
#include "ports/state_store.hpp"
#include "reconcile/image_use.hpp"
#include "reconcile/pass.hpp"

namespace plimsoll::reconcile {

/// The images that a target's containers run; of several replicas, one that runs counts before one that does not.
[[nodiscard]] ImagesByService observed_images(const TargetId& target, const ObservedInstance& observed);

/// What the desired state changes of `before`: `api: 1.4.1 → 1.4.2, web: 2.0 (new)`, sorted by service. Only the tag is
/// shown while the repository stays the same. `desired` null: everything goes. Empty when no image changes.
[[nodiscard]] std::string image_changes(const ImagesByService& before, const DesiredTarget* desired);

/// The phase that a pass leaves the target's operation in: `running` while it still waits for something, `succeeded`,
/// `failed` (the spec or a gate, or superseded), `error` (the engine or a bug), `terminating` (a stop).
[[nodiscard]] OperationPhase operation_phase(const PassOutcome& outcome);

/// The part of a history entry that a pass knows: target, revision, images, phase, message and times. `finished_at` is
/// set unless the phase is `running`. Author and subject are the caller's.
[[nodiscard]] ports::HistoryEntry history_entry(const PassOutcome& outcome, Instant started_at, Instant finished_at);

}  // namespace plimsoll::reconcile
