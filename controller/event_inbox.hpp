#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ports/engine_events.hpp"

namespace plimsoll::controller {

/// What the event streams have told and the loop has not looked at yet. A doorbell that rings twice is one, so an
/// engine that rings without end, or faster than the loop can listen, fills no memory. Thread-safe.
class EventInbox {
 public:
  /// Of one instance, that wait at one time. More targets than an instance has; what is dropped comes with the poll.
  static constexpr std::size_t kMostTargets = 4096;

  /// Takes `event` in; true when nothing was there, so that somebody has to be told to take it out.
  [[nodiscard]] bool put(const ports::EngineEvent& event);
  /// What came since the last call, in order, without ids of containers.
  [[nodiscard]] std::vector<ports::EngineEvent> take();

 private:
  std::mutex mutex_;
  std::vector<ports::EngineEvent> events_;
  std::map<std::string, std::set<std::pair<std::string, std::string>>> rung_;  ///< environments and apps by instance
};

}  // namespace plimsoll::controller
