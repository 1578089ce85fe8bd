#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/plan.hpp"
#include "model/target_memory.hpp"
#include "ports/container_engine.hpp"
#include "reconcile/executed_step.hpp"
#include "reconcile/progress_sink.hpp"

namespace plimsoll::reconcile {

/// True for what removes things that nothing uses any more.
[[nodiscard]] bool is_cleanup(const Action& action) noexcept;

/// What a failure of `step` is remembered under: its service, `kCleanup`, or `kReload` and the service.
[[nodiscard]] std::string memory_key(const Step& step);

/// Tells a step from every other one that could be tried: its service, action and names, and the id of a container that
/// is there. Not its cause.
[[nodiscard]] std::string identity(const Step& step);

/// How long one action may take.
struct ActionLimits {
  Millis ensure_image{30 * 60'000};  ///< a pull; that it makes progress is the adapter's to watch
  Millis stop_margin{15'000};        ///< on top of the container's grace period
  Millis default_grace{10'000};      ///< the engine's own, for a container that names none
  Millis other{60'000};
};

/// What became of a plan's steps.
struct Execution {
  std::vector<ExecutedStep> steps;  ///< in the order in which they ended; skipped ones are not in it
  /// By service, "" for the target as a whole, `kCleanup`, or `kReload` and a service.
  std::map<std::string, Error> errors;
  /// What failed, by `identity`, and for which of `errors` each is responsible.
  std::map<std::string, std::set<std::string>> failed;
  bool stopped = false;  ///< ended before the last step: the stop token fired or `superseded` said so
};

/// What the executor works with. References must outlive the call.
struct ExecutionInput {
  const Plan& plan;
  const DesiredTarget* desired = nullptr;      ///< for secrets, dependencies and grace periods; null for a removal
  const ObservedInstance* observed = nullptr;  ///< for the grace periods of what runs; may be null
  ports::ContainerEngine& engine;
  ProgressSink& progress;
  std::stop_token stop;
  std::function<bool()> superseded;     ///< asked between steps; may be empty
  std::set<std::string> failed_before;  ///< steps, by `identity`, that count as failed without a try
  ActionLimits limits;
  std::size_t at_once = 1;  ///< so many steps may run side by side; 1: in the order of the plan, on the caller's thread
};

/// Carries out the steps of a plan, `at_once` side by side where `plan::step_order` lets them; decides nothing. It
/// fills in what only execution knows: the digest that `EnsureImage` found into `CreateContainer`, and the ids of
/// created containers into later steps that name them.
///
/// A failed step ends its service: its later steps and those of services that depend on it are skipped, those of others
/// go on. What puts another replica of it right goes on, too, as long as it takes nothing away (`plan::goes_on_after`).
/// A dependency that is not required (`Dependency::required`) skips nothing. An image, network or volume that could not
/// be ensured ends every service whose steps need it. A network that could not be removed ends nothing; any other
/// failed step of the target as a whole ends the plan. A gate that is not passed (`CheckGate`) skips what a failure
/// would, and is none. Held steps (`Plan::held`) do not begin when any step before them failed or was skipped.
///
/// Any prefix of a plan is safe, so stopping between two steps is too: what runs then is waited for,
/// nothing else begins. An exception of the engine fails its step, any other one the target as a whole, with kind
/// `internal`. `progress` and `superseded` hear one call at a time, from any of the threads.
[[nodiscard]] Execution execute(const ExecutionInput& input);

/// How long `step` may take under `limits`: for a stop, the longest grace period that is known for it and a margin.
[[nodiscard]] Millis action_limit(const Step& step, const DesiredTarget* desired, const ObservedInstance* observed,
                                  const ActionLimits& limits);

}  // namespace plimsoll::reconcile
