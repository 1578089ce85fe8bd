#include "controller/event_loop.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <utility>

namespace plimsoll::controller {

struct EventLoop::State {
  boost::asio::io_context context{1};
  boost::asio::signal_set signals{context};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::post(std::function<void()> callback) { boost::asio::post(state_->context, std::move(callback)); }

void EventLoop::run() {
  state_->context.restart();
  state_->context.run();
}

void EventLoop::run_for(Millis limit) {
  state_->context.restart();
  state_->context.run_for(limit);
}

void EventLoop::stop() { state_->context.stop(); }

void EventLoop::on_termination(std::function<void(int)> handler) {
  state_->signals.add(SIGINT);
  state_->signals.add(SIGTERM);
  state_->signals.async_wait([handler = std::move(handler)](boost::system::error_code error, int signal) {
    if (!error) handler(signal);
  });
}

boost::asio::io_context& EventLoop::context() { return state_->context; }

struct EventLoop::Timer::State {
  explicit State(boost::asio::io_context& context) : timer(context) {}
  boost::asio::steady_timer timer;
  std::uint64_t armed = 0;  ///< tells a cancelled wait that was already on its way from the one that counts
};

EventLoop::Timer::Timer(EventLoop& loop) : state_(std::make_shared<State>(loop.context())) {}

EventLoop::Timer::~Timer() { cancel(); }

void EventLoop::Timer::arm(Millis delay, std::function<void()> callback) {
  state_->timer.expires_after(std::max(delay, Millis(0)));
  const auto mine = ++state_->armed;
  state_->timer.async_wait(
      [state = std::weak_ptr<State>(state_), mine, callback = std::move(callback)](boost::system::error_code error) {
        const auto still = state.lock();
        if (!error && still && still->armed == mine) callback();
      });
}

void EventLoop::Timer::cancel() {
  ++state_->armed;
  state_->timer.cancel();
}

}  // namespace plimsoll::controller
