#include "controller/elastic_pool.hpp"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <utility>

namespace plimsoll::controller {
namespace {

constexpr auto kIdleLimit = std::chrono::seconds(5);

/// An exception that left its thread would end the whole program.
void run(const std::function<void()>& task) noexcept {
  try {
    task();
  } catch (...) {
    spdlog::error("a task ended early: {}", thrown_error(std::current_exception()).message);
  }
}

}  // namespace

Result<void> ElasticPool::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || finishing_) return Error{ErrorKind::cancelled, "shutting down"};
  reap_finished();
  tasks_.push_back(std::move(task));
  if (idle_ >= tasks_.size()) {
    wake_.notify_one();
    return {};
  }
  if (threads_.size() >= max_threads_) return {};
  auto started = start_thread();
  // Those that run will come to it.
  if (started || !threads_.empty()) return {};
  tasks_.pop_back();
  return started;
}

Result<void> ElasticPool::start_thread() {
  const auto self = threads_.emplace(threads_.end());
  try {
    *self = std::thread([this, self] { work(self); });
    return {};
  } catch (const std::exception& error) {
    threads_.erase(self);
    return Error{ErrorKind::transient, std::string("cannot start a thread: ") + error.what() +
                                           "; look at the limits on processes and memory (TasksMax, ulimit)"};
  }
}

void ElasticPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    tasks_.clear();
  }
  join_all();
}

void ElasticPool::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  join_all();
}

void ElasticPool::join_all() {
  wake_.notify_all();
  // Threads do not move themselves between the lists once they are told to end, so the list can be taken.
  Threads running;
  {
    const std::lock_guard lock(mutex_);
    reap_finished();
    running.splice(running.end(), threads_);
  }
  for (auto& thread : running) thread.join();
}

void ElasticPool::work(Threads::iterator self) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (tasks_.empty()) {
      if (finishing_) return;
      ++idle_;
      const bool woken =
          wake_.wait_for(lock, kIdleLimit, [this] { return stopping_ || finishing_ || !tasks_.empty(); });
      --idle_;
      if (!woken) {
        finished_.splice(finished_.end(), threads_, self);
        const bool last = threads_.empty();
        lock.unlock();
        // An observation needs many times what it leaves, and an idle controller should not hold it until the next.
        if (last) malloc_trim(0);
        return;
      }
      continue;
    }
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    run(task);
    task = nullptr;
    lock.lock();
  }
}

void ElasticPool::reap_finished() {
  for (auto& thread : finished_) thread.join();
  finished_.clear();
}

}  // namespace plimsoll::controller
