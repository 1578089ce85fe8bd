#pragma once

#include <functional>
#include <string>

namespace plimsoll::ports {

/// A doorbell: something happened, go and look. Carries names only.
struct EngineEvent {
  enum class Kind {
    connected,     ///< the stream is (again) open: everything may have changed meanwhile
    disconnected,  ///< the stream ended; `detail` says why. It is reopened with back-off
    container,     ///< something happened to a container of ours
  };
  std::string instance;
  Kind kind = Kind::container;
  std::string environment, app;  ///< of the container
  std::string container_id;
  std::string action;  ///< die, start, health_status: healthy, ...
  std::string detail;
};

/// The event streams of all instances, multiplexed on one thread that the implementation owns.
class EngineEvents {
 public:
  using Handler = std::function<void(const EngineEvent&)>;
  virtual ~EngineEvents() = default;
  /// Starts watching; `handler` is called on the events thread and must only enqueue.
  virtual void start(Handler handler) = 0;
  /// Closes all streams and joins the thread. Within 1 s.
  virtual void stop() = 0;
};

}  // namespace plimsoll::ports
