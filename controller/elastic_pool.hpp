#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "model/result.hpp"

namespace plimsoll::controller {

/// Threads for blocking work, started when there is work and ended when there has been none for a while, so that an
/// idle controller holds none; the last one gives unused memory back. Each instance has a pool of its own: one that
/// hangs takes no thread from another (a fixed `asio::thread_pool` per instance would hold its threads for ever, a
/// shared one would let a silent engine starve the rest). Thread-safe.
class ElasticPool {
 public:
  /// At most `max_threads` at once; further tasks wait in order.
  explicit ElasticPool(std::size_t max_threads) : max_threads_(max_threads) {}
  ElasticPool(const ElasticPool&) = delete;
  ElasticPool& operator=(const ElasticPool&) = delete;
  /// Same as `stop`.
  ~ElasticPool() { stop(); }

  /// Runs `task` on some thread, soon. What it throws is logged, and the pool goes on. An error means that it is never
  /// run: `cancelled` after `stop`, `transient` when there is no thread and none can be started.
  Result<void> post(std::function<void()> task);

  /// Drops what has not begun and waits for what has. The caller sees to it that running tasks end (stop tokens).
  void stop();

  /// Waits for everything that was posted, then for the threads; takes nothing new.
  void finish();

 private:
  using Threads = std::list<std::thread>;
  [[nodiscard]] Result<void> start_thread();
  void work(Threads::iterator self);
  void reap_finished();
  void join_all();

  const std::size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  Threads threads_;
  Threads finished_;  ///< ended by idleness, to be joined by whoever comes next
  std::size_t idle_ = 0;
  bool stopping_ = false;   ///< end as soon as the current task is done
  bool finishing_ = false;  ///< end as soon as no task is left; nothing new is taken
};

}  // namespace plimsoll::controller
