#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "adapters/docker/engine_api.hpp"
#include "adapters/http/curl_handle.hpp"
#include "ports/engine_events.hpp"

namespace plimsoll::adapters {

/// An instance whose events are wanted.
struct WatchedEngine {
  std::string instance;
  EngineEndpoint endpoint;
};

/// The event stream of one instance: asks for the API version, opens the stream, and after any end waits and begins
/// again (1 s doubling to 30 s). Driven by its owner, on one thread, over a multi handle that it does not own.
class EventStream {
 public:
  using Clock = std::chrono::steady_clock;
  using Handler = ports::EngineEvents::Handler;

  EventStream(WatchedEngine source, std::string installation, CURLM* multi, const Handler& handler);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// Does what is due: begins a request, or gives one up that nobody answers.
  void tick(Clock::time_point now);
  /// When `tick` is due next, at the latest.
  [[nodiscard]] Clock::time_point due() const noexcept { return due_; }
  /// The transfer on `handle()` ended.
  void ended(CURLcode code, Clock::time_point now);
  [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }
  [[nodiscard]] const std::string& instance() const noexcept { return source_.instance; }

 private:
  enum class Phase { waiting, asking_version, opening, open };

  void begin(Phase phase, const std::string& path, Clock::time_point now);
  void close();
  void fail(const std::string& why, Clock::time_point now);
  void header_line(std::string_view line);
  void body_piece(std::string_view piece);
  void opened();

  WatchedEngine source_;
  std::string installation_;
  CURLM* multi_;
  const Handler& handler_;
  CurlEasy easy_ = make_curl_easy();
  Phase phase_ = Phase::waiting;
  Clock::time_point due_{};
  Clock::time_point opened_at_{};
  std::chrono::seconds back_off_{1};
  bool told_down_ = false;
  HttpResponse reply_;
  std::string line_;
  char detail_[CURL_ERROR_SIZE] = {};
};

}  // namespace plimsoll::adapters
