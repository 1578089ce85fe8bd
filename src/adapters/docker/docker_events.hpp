#pragma once

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "adapters/docker/event_stream.hpp"
#include "ports/engine_events.hpp"

namespace plimsoll::adapters {

/// The event streams of all instances on one thread and one multi handle: a slow or absent instance
/// delays none of the others.
class DockerEvents final : public ports::EngineEvents {
 public:
  /// Containers that bear the label of `installation`, on these instances.
  explicit DockerEvents(std::string installation, std::vector<WatchedEngine> sources = {});
  ~DockerEvents() override;

  void start(Handler handler) override;
  void stop() override;
  /// Replaces the set of instances; streams of instances that stay as they are go on. Thread-safe, any time.
  void watch(std::vector<WatchedEngine> sources);

 private:
  void run(const std::stop_token& stop);
  void adopt_sources();

  std::string installation_;
  CurlMulti multi_ = make_curl_multi();
  Handler handler_;
  std::mutex mutex_;  ///< guards the two below
  std::vector<WatchedEngine> sources_;
  bool sources_changed_ = true;
  std::vector<WatchedEngine> adopted_;  ///< the thread's own, as are the streams
  std::vector<std::unique_ptr<EventStream>> streams_;
  std::jthread thread_;
};

}  // namespace plimsoll::adapters
