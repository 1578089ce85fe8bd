#include "reconcile/work_queue.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace plimsoll::reconcile {

void WorkQueue::add(const TargetId& target, Instant due, std::string cause) {
  const auto [place, inserted] = pending_.try_emplace(target, Pending{due, cause});
  if (!inserted && due < place->second.due) place->second = {due, std::move(cause)};
}

std::optional<WorkQueue::Item> WorkQueue::pop_due(Instant now, const BusyCheck& is_busy) {
  const auto turn_of = [this](const std::string& instance) {
    const auto found = served_.find(instance);
    return found == served_.end() ? std::uint64_t{0} : found->second;
  };
  auto best = pending_.end();
  for (auto place = pending_.begin(); place != pending_.end(); ++place) {
    if (place->second.due > now || is_busy(place->first)) continue;
    const auto rank = [&](auto one) { return std::tuple(turn_of(one->first.instance), one->second.due); };
    if (best == pending_.end() || rank(place) < rank(best)) best = place;
  }
  if (best == pending_.end()) return std::nullopt;
  served_[best->first.instance] = ++turn_;
  Item item{best->first, best->second.due, std::move(best->second.cause)};
  pending_.erase(best);
  return item;
}

std::optional<Instant> WorkQueue::next_due(const BusyCheck& is_busy) const {
  std::optional<Instant> next;
  for (const auto& [target, pending] : pending_) {
    if (is_busy(target)) continue;
    next = next ? std::min(*next, pending.due) : pending.due;
  }
  return next;
}

}  // namespace plimsoll::reconcile
