#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace plimsoll {

/// An app that `plimsoll rollback` holds at an earlier revision. Ends with `resume`, or when a later commit of the
/// branch has something else of the app than what was rolled back from.
struct Pin {
  std::string environment, app;
  std::string commit;           ///< whose manifests are in force for the app
  std::string left;             ///< digest of the app as the branch had it then (`manifest::app_digest`)
  std::int64_t history_id = 0;  ///< the deployment that was gone back to
  /// The branch's commit then; empty in a pin that an earlier release made.
  std::string left_commit = {};
  bool operator==(const Pin&) const = default;
};

/// What operators decided by command, over what the manifests say. Kept in a file of its own: it is neither history
/// nor retry time, and must outlive both.
struct Decisions {
  std::vector<Pin> pins;  ///< at most one an app
  /// Environment and app; an empty app means the whole environment.
  std::set<std::pair<std::string, std::string>> suspended;
  bool operator==(const Decisions&) const = default;

  [[nodiscard]] bool suspends(const std::string& environment, const std::string& app) const {
    return suspended.contains({environment, app}) || suspended.contains({environment, {}});
  }
};

}  // namespace plimsoll
