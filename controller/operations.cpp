#include "controller/operations.hpp"

#include <algorithm>

namespace plimsoll::controller {
namespace {

constexpr std::size_t kKept = 100;

}  // namespace

Operations::Operations(Instant begun) : run_(std::to_string(begun.time_since_epoch().count())) {}

std::string Operations::begin(const SyncRequest& request, bool under_way) {
  Operation operation;
  operation.id = "sync-" + run_ + "-" + std::to_string(next_++);
  operation.request = request;
  operation.refreshes_to_come = under_way ? 2 : 1;
  operations_.push_back(operation);
  if (operations_.size() > kKept) operations_.pop_front();
  return operation.id;
}

Operations::Begun Operations::source_refreshed(const TargetTable& table, const std::string& error) {
  Begun begun;
  for (auto& operation : operations_) {
    if (operation.refreshes_to_come == 0 || --operation.refreshes_to_come > 0) continue;
    operation.targets = table.matching(operation.request.filter);
    begun.targets.insert(begun.targets.end(), operation.targets.begin(), operation.targets.end());
    auto& retried = begun.retried;
    if (operation.request.retry) retried.insert(retried.end(), operation.targets.begin(), operation.targets.end());
    if (!error.empty()) {
      end_in_error(operation, table, "the source cannot be read: " + error);
    } else if (operation.targets.empty() && !operation.request.filter.matches_all()) {
      end_in_error(operation, table, no_match(operation.request.filter).message);
    } else if (operation.request.allow_removal) {
      begun.removals.push_back(operation.request.filter);
    }
  }
  return begun;
}

void Operations::end_in_error(Operation& operation, const TargetTable& table, const std::string& message) {
  operation.last = make_view(operation, table);
  operation.last.phase = OperationPhase::error;
  operation.last.message = message;
  operation.ended = true;
}

OperationView Operations::make_view(const Operation& operation, const TargetTable& table) {
  OperationView view{operation.id, OperationPhase::running, {}};
  if (operation.refreshes_to_come > 0) return view;
  bool settled = true;
  bool good = true;
  for (const auto& id : operation.targets) {
    const auto* entry = table.find(id);
    if (entry == nullptr) continue;  // removed for good: that was what it should become
    view.targets.push_back(entry->progress);
    view.targets.back().settled = is_settled(*entry);
    settled = settled && view.targets.back().settled;
    good = good && entry->invalid.empty() && is_good(entry->progress.status);
  }
  if (settled) view.phase = good ? OperationPhase::succeeded : OperationPhase::failed;
  return view;
}

Result<OperationView> Operations::view(const std::string& id, const TargetTable& table) const {
  for (const auto& operation : operations_) {
    if (operation.id == id) return operation.ended ? operation.last : make_view(operation, table);
  }
  return Error{ErrorKind::missing,
               "there is no operation " + id + "; the last " + std::to_string(kKept) +
                   " since the start of the controller are kept; `plimsoll status` shows where things "
                   "stand"};
}

void Operations::settle(const TargetTable& table) {
  for (auto& operation : operations_) {
    if (operation.ended) continue;
    auto view = make_view(operation, table);
    if (view.phase == OperationPhase::running) continue;
    operation.ended = true;
    operation.last = std::move(view);
  }
}

}  // namespace plimsoll::controller
