#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/target_memory.hpp"

namespace plimsoll::plan {

/// How far a container is from what its service should be, by its labels.
enum class Match {
  same,       ///< nothing to do; a digest that differs over equal fields counts as same
  in_place,   ///< only what can be changed without recreating it: restart policy, limits, network membership
  reload,     ///< that, and contents of files that it can be told of while it runs
  different,  ///< a new container is needed
};

/// The match, and the reason when it is not `same`.
struct Comparison {
  Match match = Match::same;
  std::string cause;                 ///< which fields changed, for the plan; no secret
  std::vector<std::string> reloads;  ///< `reload`: the targets of the mounts whose files changed
};

/// Compares labels with labels: spec digest, then the canonical forms field by field, then the registry's digest of a
/// followed tag. Labels cannot change after creation, so a container that was changed in place stays `in_place` for
/// ever; whether something is left to do then is told by `live_difference`.
///
/// A reload is noted in the container, and `observed` shows the container as it then is. Contents of files can be
/// reloaded when the service says how and the container was made for it, with the very same paths.
///
/// A limit that was taken away needs a new container (the engine reads 0 as "leave as it is"), and so do a fixed
/// address, priority or driver option of a network.
[[nodiscard]] Comparison compare_spec(const ObservedContainer& container, const DesiredService& service,
                                      const TargetMemory& memory);

/// The restart policy that a container was created with, from its `applied` label; `fallback` when that is unreadable.
[[nodiscard]] RestartPolicy applied_restart(const ObservedContainer& container, const RestartPolicy& fallback);

/// True when they ask the engine for the same.
[[nodiscard]] bool same_restart(const RestartPolicy& left, const RestartPolicy& right) noexcept;

/// Of every tag that is followed, the digest that the newest container of its service as desired was made from: after a
/// restart of the controller nothing else tells which one an update is about. `containers` are those of the target.
[[nodiscard]] std::map<std::string, std::string> deployed_digests(
    const DesiredTarget& desired, const std::vector<const ObservedContainer*>& containers);

}  // namespace plimsoll::plan
