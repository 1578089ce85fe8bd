#include "controller/operations.hpp"

#include <algorithm>

namespace plimsoll::controller {
namespace {

constexpr std::size_t kKept = 100;

}  // namespace

std::string Operations::begin(const TargetFilter& filter, bool under_way) {
  Operation operation;
  operation.id = "sync-" + std::to_string(next_++);
  operation.filter = filter;
  operation.refreshes_to_come = under_way ? 2 : 1;
  operations_.push_back(operation);
  if (operations_.size() > kKept) operations_.pop_front();
  return operation.id;
}

std::vector<TargetId> Operations::source_refreshed(const TargetTable& table) {
  std::vector<TargetId> begun;
  for (auto& operation : operations_) {
    if (operation.refreshes_to_come == 0 || --operation.refreshes_to_come > 0) continue;
    operation.targets = table.matching(operation.filter);
    begun.insert(begun.end(), operation.targets.begin(), operation.targets.end());
  }
  return begun;
}

OperationView Operations::make_view(const Operation& operation, const TargetTable& table) {
  OperationView view{operation.id, "Running", {}};
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
  if (settled) view.phase = good ? "Succeeded" : "Failed";
  return view;
}

Result<OperationView> Operations::view(const std::string& id, const TargetTable& table) const {
  for (const auto& operation : operations_) {
    if (operation.id == id) return operation.ended ? operation.last : make_view(operation, table);
  }
  return Error{ErrorKind::missing, "there is no operation " + id + "; the last " + std::to_string(kKept) + " are kept"};
}

void Operations::settle(const TargetTable& table) {
  for (auto& operation : operations_) {
    if (operation.ended) continue;
    auto view = make_view(operation, table);
    if (view.phase == "Running") continue;
    operation.ended = true;
    operation.last = std::move(view);
  }
}

}  // namespace plimsoll::controller
