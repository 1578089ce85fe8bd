#pragma once

#include <functional>
#include <memory>

#include "model/instant.hpp"

namespace boost::asio {
class io_context;
}

namespace plimsoll::controller {

/// The loop thread's callbacks, timers and signals, without the library behind them: whoever includes this compiles in
/// a tenth of the time. `post` is thread-safe; everything else belongs to the thread that runs the loop.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs `callback` on the loop thread, soon.
  void post(std::function<void()> callback);
  /// Runs until `stop`.
  void run();
  /// Runs what comes within `limit` or until `stop`; may be called again and again.
  void run_for(Millis limit);
  void stop();
  /// Calls `handler` once, with the signal's number, at the first SIGINT or SIGTERM.
  void on_termination(std::function<void(int)> handler);

  /// For the HTTP server, which shares the loop.
  [[nodiscard]] boost::asio::io_context& context();

  /// One moment to be called at. Goes before its loop.
  class Timer {
   public:
    explicit Timer(EventLoop& loop);
    ~Timer();
    /// Calls `callback` after `delay` (at once when it is not positive), in place of what was armed before.
    void arm(Millis delay, std::function<void()> callback);
    /// Calls nothing any more.
    void cancel();

   private:
    struct State;
    std::shared_ptr<State> state_;
  };

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plimsoll::controller
