#pragma once

#include <string>

#include "model/desired_state.hpp"
#include "plan/engine_simulation.hpp"

namespace plimsoll::plan_test {

/// Checks one step against the promises of the README, before it is carried out on `engine`. Empty when it may be.
///
///  - it acts on no container that is not ours or not this target's;
///  - start-first: it stops no container that answers unless another one of the replica answers under the alias;
///  - stop-first: it stops none that answers unless its successor was created before;
///  - a container that ever answered is not removed for a newer one that never did (going back to an older one, or
///    trying the same image again, is);
///  - start-first: no container starts with the service's alias beside one that answers.
[[nodiscard]] std::string violation(const Step& step, const DesiredTarget& desired, EngineSimulation& engine);

/// Checks a state in which nothing is left to do: no leftovers but one failed container a service; settled names.
[[nodiscard]] std::string leftovers(const DesiredTarget& desired, const EngineSimulation& engine);

/// Checks that every service runs as asked for: replicas, spec, names, networks with aliases, policies; and that
/// every network has the options asked for. Empty when so.
[[nodiscard]] std::string shortfall(const DesiredTarget& desired, const EngineSimulation& engine);

}  // namespace plimsoll::plan_test
