#include "controller/event_log.hpp"

#include <algorithm>

namespace plimsoll::controller {
namespace {

constexpr std::size_t kKept = 1000;

bool matches(const TargetFilter& filter, const TargetId& target) {
  return (filter.environment.empty() || filter.environment == target.environment) &&
         (filter.app.empty() || filter.app == target.app);
}

}  // namespace

void EventLog::add(Event event) {
  events_.push_back(std::move(event));
  if (events_.size() > kKept) events_.pop_front();
}

void EventLog::attach_log(const TargetId& target, const std::string& reason, const std::string& log) {
  const auto found = std::find_if(events_.rbegin(), events_.rend(),
                                  [&](const Event& event) { return event.target == target && event.reason == reason; });
  if (found != events_.rend()) found->log = log;
}

std::vector<Event> EventLog::last(const TargetFilter& filter, std::size_t limit) const {
  std::vector<Event> found;
  for (auto event = events_.rbegin(); event != events_.rend() && found.size() < limit; ++event) {
    if (matches(filter, event->target)) found.push_back(*event);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

std::optional<Event> event_of_change(const TargetStatus& before, const TargetStatus& after, Instant now) {
  const bool same = before.sync == after.sync && before.health == after.health && before.reason == after.reason &&
                    before.revision == after.revision;
  if (same) return std::nullopt;
  Event event;
  event.at = now;
  event.target = after.id;
  event.warning = after.health >= Health::degraded;
  event.reason = after.reason.empty() ? std::string(to_string(after.sync)) : after.reason;
  event.message = std::string(to_string(after.sync)) + ", " + std::string(to_string(after.health));
  if (!after.message.empty()) event.message += ": " + after.message;
  event.revision = after.revision;
  return event;
}

bool has_failed_container(const std::string& reason) {
  return reason == reason::kRolledBack || reason == reason::kGateFailed || reason == reason::kOneShotFailed;
}

}  // namespace plimsoll::controller
