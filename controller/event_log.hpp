#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "controller/control_api.hpp"

namespace plimsoll::controller {

/// What happened lately, for `plimsoll events`: the last thousand, in memory only (what must be known later is in the
/// history). Not thread-safe; the loop thread owns it.
class EventLog {
 public:
  void add(Event event);
  /// Those of one target with this reason: gets the log of what failed once it has been fetched.
  void attach_log(const TargetId& target, const std::string& reason, const std::string& log);
  /// The last `limit` that the filter matches, oldest first. Events of no target match an empty filter only.
  [[nodiscard]] std::vector<Event> last(const TargetFilter& filter, std::size_t limit) const;

 private:
  std::deque<Event> events_;
};

/// The event of a target whose status went from `before` to `after`, when that is worth one.
[[nodiscard]] std::optional<Event> event_of_change(const TargetStatus& before, const TargetStatus& after, Instant now);

/// True for reasons that mean: a container failed, and its log says more.
[[nodiscard]] bool has_failed_container(const std::string& reason);

}  // namespace plimsoll::controller
