#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "model/instant.hpp"
#include "model/target_id.hpp"

namespace plimsoll::reconcile {

/// Targets that want a pass, each at most once, each not before its time. A plain data structure: it owns no thread
/// and asks no clock. Not thread-safe; the loop thread owns it.
class WorkQueue {
 public:
  /// One target whose time has come.
  struct Item {
    TargetId target;
    Instant due{};
    std::string cause;  ///< why it was queued: that of the add that set `due`
  };
  /// True for a target whose pass is still running.
  using BusyCheck = std::function<bool(const TargetId&)>;

  /// Queues `target`. Already queued: the earlier of both times stays, with its cause. A target that is busy is
  /// remembered all the same, and comes once `pop_due` is told that it no longer is.
  void add(const TargetId& target, Instant due, std::string cause);

  /// Takes the next target that is due at `now` and not busy: of the instances that have one, the one served longest
  /// ago; of its targets, the one due first. So one instance with much to do cannot starve another.
  [[nodiscard]] std::optional<Item> pop_due(Instant now, const BusyCheck& is_busy);

  /// When `pop_due` can next give something if nothing is added: busy targets do not count, because the end of their
  /// pass is an event of its own. Absent when there is nothing to wait for.
  [[nodiscard]] std::optional<Instant> next_due(const BusyCheck& is_busy) const;

 private:
  struct Pending {
    Instant due{};
    std::string cause;
  };
  std::map<TargetId, Pending> pending_;
  std::map<std::string, std::uint64_t> served_;  // by instance: the turn in which it was served last
  std::uint64_t turn_ = 0;
};

}  // namespace plimsoll::reconcile
