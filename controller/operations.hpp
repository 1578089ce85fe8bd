#pragma once

#include <deque>
#include <string>
#include <vector>

#include "controller/control_api.hpp"
#include "controller/target_table.hpp"

namespace plimsoll::controller {

/// The `sync` operations that callers follow; the last 100 are kept. Not thread-safe; the loop thread owns it.
class Operations {
 public:
  /// `begun` is when this controller started. It is part of every identifier, so that who follows an operation over a
  /// restart is told that it is gone, and never of another one.
  explicit Operations(Instant begun);
  /// Begins an operation; it waits for the source refresh that was asked for with it. When one is `under_way` already,
  /// that one may have asked the remote before the caller pushed: the operation waits for the next.
  std::string begin(const SyncRequest& request, bool under_way);
  /// What begins with the end of a refresh.
  struct Begun {
    std::vector<TargetId> targets;       ///< to enqueue
    std::vector<TargetId> retried;       ///< those of them whose failures are to be forgotten
    std::vector<TargetFilter> removals;  ///< to let through; none when the refresh failed
  };
  /// A refresh is through; the targets of the operations that waited for it count from now on: those that `table` has
  /// now. With an `error` those operations end with it: nobody knows what the source asks for. One that names what is
  /// nowhere ends with that.
  [[nodiscard]] Begun source_refreshed(const TargetTable& table, const std::string& error);
  /// The operation as it stands. An ended one keeps its last view.
  [[nodiscard]] Result<OperationView> view(const std::string& id, const TargetTable& table) const;
  /// Ends those whose targets are all settled.
  void settle(const TargetTable& table);

 private:
  struct Operation {
    std::string id;
    SyncRequest request;
    int refreshes_to_come = 1;
    std::vector<TargetId> targets;
    bool ended = false;
    OperationView last;
  };
  [[nodiscard]] static OperationView make_view(const Operation& operation, const TargetTable& table);
  static void end_in_error(Operation& operation, const TargetTable& table, const std::string& message);
  std::string run_;
  std::deque<Operation> operations_;
  int next_ = 1;
};

}  // namespace plimsoll::controller
