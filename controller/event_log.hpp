#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "controller/control_api.hpp"

namespace plimsoll::controller {

/// What happened lately, for `plimsoll events`: the last thousand, in memory only (what must be known later is in the
/// history). Logs are kept up to 1 MiB in all, those of the latest events. Not thread-safe; the loop thread owns it.
class EventLog {
 public:
  void add(Event event);
  /// The last one of a target with this reason gets the log of what failed, once it has been fetched: the last 16 KiB
  /// of it, in whole lines where it has any.
  void attach_log(const TargetId& target, const std::string& reason, const std::string& log);
  /// The last `limit` that the filter matches, oldest first. Events of no target match an empty filter only.
  [[nodiscard]] std::vector<Event> last(const TargetFilter& filter, std::size_t limit) const;

 private:
  void drop_oldest();

  std::deque<Event> events_;
  std::size_t log_bytes_ = 0;
};

/// The event of a target whose status went from `before` to `after`, when that is worth one.
[[nodiscard]] std::optional<Event> event_of_change(const TargetStatus& before, const TargetStatus& after, Instant now);

}  // namespace plimsoll::controller
