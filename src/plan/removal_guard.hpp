#pragma once

#include <string>
#include <vector>

#include "model/target_id.hpp"

namespace plimsoll::plan {

/// Whether a revision's removals may be carried out.
struct RemovalVerdict {
  bool held = false;              ///< `RemovalBlocked`: nothing of `removed` may be removed
  std::string message;            ///< why, and what to do; empty when not held
  std::vector<TargetId> removed;  ///< targets that `next` no longer names, sorted
};

/// Guards against a source that suddenly asks for (almost) nothing.
///
/// `previous` is what is known to run or was last asked for, `next` what the new revision asks for, including apps that
/// are broken (they keep their last good state, so they are not removed). An app counts once per environment, on
/// however many instances it runs. Held when an environment would lose its last app, or when more than half of all apps
/// would go at once; an app that only leaves one of its instances is not gone. `allow_removal` lifts it.
[[nodiscard]] RemovalVerdict guard_removal(const std::vector<TargetId>& previous, const std::vector<TargetId>& next,
                                           bool allow_removal);

}  // namespace plimsoll::plan
