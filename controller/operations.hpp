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
  /// Begins an operation; it waits for the source refresh that was asked for with it. When one is `under_way` already,
  /// that one may have asked the remote before the caller pushed: the operation waits for the next.
  std::string begin(const TargetFilter& filter, bool under_way);
  /// A refresh is through; the targets of the operations that waited for it count from now on. Returns those to
  /// enqueue.
  [[nodiscard]] std::vector<TargetId> source_refreshed(const TargetTable& table);
  /// The operation as it stands. An ended one keeps its last view.
  [[nodiscard]] Result<OperationView> view(const std::string& id, const TargetTable& table) const;
  /// Ends those whose targets are all settled.
  void settle(const TargetTable& table);

 private:
  struct Operation {
    std::string id;
    TargetFilter filter;
    int refreshes_to_come = 1;
    std::vector<TargetId> targets;
    bool ended = false;
    OperationView last;
  };
  [[nodiscard]] static OperationView make_view(const Operation& operation, const TargetTable& table);
  std::deque<Operation> operations_;
  int next_ = 1;
};

}  // namespace plimsoll::controller
