#pragma once

#include "plan/replica_outcome.hpp"
#include "plan/spec_comparison.hpp"

namespace plimsoll::plan {

/// How a container stands to a one-shot. Of a run that completed its spec alone tells: whose namespace it shared, or
/// what was changed on it since, makes no other run of it.
[[nodiscard]] Comparison compare_run(const ServiceInput& input, const ObservedContainer& container);

/// A service that runs to completion once per spec: an exit 0 of a container with the same spec is
/// converged, for ever; another exit is `OneShotFailed` and tried again with back-off, up to the retry limit. The
/// container of the spec before is kept until the new one completed, so that a revert meanwhile runs nothing. Two of
/// them never run at once. A run has no deadline.
///
/// `completed`: it exited with 0, for dependents.
[[nodiscard]] ReplicaOutcome plan_one_shot(const ServiceInput& input, bool& completed);

}  // namespace plimsoll::plan
