#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/target_memory.hpp"
#include "model/target_status.hpp"
#include "plan/plan_target.hpp"
#include "ports/clock.hpp"
#include "ports/container_engine.hpp"
#include "reconcile/backoff.hpp"
#include "reconcile/executor.hpp"
#include "reconcile/image_use.hpp"
#include "reconcile/progress_sink.hpp"

namespace plimsoll::reconcile {

/// Numbers that a pass depends on.
struct PassPolicy {
  plan::PlanPolicy plan;
  RetryPolicy retry;
  ActionLimits actions;
  Millis observe_limit{60'000};   ///< how long one observation may take
  std::size_t steps_at_once = 1;  ///< of one pass, side by side on the engine
  int max_rounds = 20;            ///< a guard against bugs: how often a plan may come that was carried out before
};

/// What a pass works with. References must outlive the call.
struct PassInput {
  TargetId target;
  std::shared_ptr<const DesiredTarget> desired;  ///< null: no manifest names the target any more, remove it
  SyncPolicy removal_sync;                       ///< the `sync` that governs a removal
  std::set<std::string> removal_keeps;           ///< names of networks that a removal leaves
  ports::ContainerEngine& engine;
  const ports::Clock& clock;
  ProgressSink& progress;
  std::function<double()> jitter;                     ///< in [0, 1], for back-off; empty: none
  TargetMemory memory;                                ///< a copy; comes back in the outcome
  TargetStatus previous;                              ///< of the last pass: what stays known when nothing can be seen
  std::optional<ObservedInstance> first_observation;  ///< made for all apps of the instance; absent: observe
  std::stop_token stop;
  std::function<bool()> superseded;  ///< true once a newer desired state exists; may be empty
  PassPolicy policy;
};

/// What a pass did and found.
struct PassOutcome {
  TargetStatus status;                  ///< final; the last attempted and applied revisions are in it
  std::optional<Instant> wake_at;       ///< run the next pass then at the latest; absent: only events or input matter
  TargetMemory memory;                  ///< the failures to keep; hand it to `RetryTable::replace_failures`
  std::vector<ExecutedStep> steps;      ///< of all rounds, in order
  std::map<std::string, Error> errors;  ///< by service, "" for the target as a whole
  std::optional<Error> observe_error;   ///< the instance could not be observed: see `RetryTable::record_unobserved`
  ImagesByService deployed;             ///< what its containers run; empty unless it ended Synced and Healthy
  std::string images;                   ///< what the desired state changes, for history: `api: 1.4.1 → 1.4.2`
  int rounds = 0;                       ///< how many plans were made
  bool changed = false;                 ///< at least one step was carried out
  bool stopped = false;                 ///< ended by the stop token, between two steps
  bool superseded = false;              ///< ended by a newer desired state, between two steps
};

/// Brings one target as far as it goes now: observes, plans, executes, observes again (this app only), until there is
/// nothing left to do but wait. Blocks; run it on a worker thread. At most one pass per target at a time.
///
/// A step that succeeds and is planned again round after round changes nothing: it becomes a conflict of its service,
/// or of its limits alone (`kLimits`). A pass may take any number of rounds, but not for plans that it made before.
///
/// Never waits for a gate: that is `wake_at` in the outcome. Never plans from partial knowledge: a failed observation
/// ends the pass with status `Unknown`. A service whose step failed is left alone for the rest of the pass.
[[nodiscard]] PassOutcome run_pass(const PassInput& input);

}  // namespace plimsoll::reconcile
