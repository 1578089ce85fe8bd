#include "controller/event_log.hpp"

#include <algorithm>
#include <string_view>

namespace plimsoll::controller {
namespace {

constexpr std::size_t kKept = 1000;
constexpr std::size_t kLogKept = 16U << 10U;
constexpr std::size_t kLogsKept = 1U << 20U;

/// At most `limit` bytes of the end, from the beginning of a line or at least of a character.
std::string_view end_of(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  text.remove_prefix(text.size() - limit);
  const auto line = text.find('\n');
  if (line != std::string_view::npos && line + 1 < text.size()) return text.substr(line + 1);
  while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U) text.remove_prefix(1);
  return text;
}

}  // namespace

void EventLog::add(Event event) {
  events_.push_back(std::move(event));
  if (events_.size() > kKept) drop_oldest();
}

void EventLog::drop_oldest() {
  log_bytes_ -= events_.front().log.size();
  events_.pop_front();
}

void EventLog::attach_log(const TargetId& target, const std::string& reason, const std::string& log) {
  const auto found = std::find_if(events_.rbegin(), events_.rend(),
                                  [&](const Event& event) { return event.target == target && event.reason == reason; });
  if (found == events_.rend()) return;
  const auto kept = end_of(log, kLogKept);
  log_bytes_ += kept.size();
  log_bytes_ -= found->log.size();
  found->log = kept;
  for (auto event = events_.begin(); log_bytes_ > kLogsKept && event != events_.end(); ++event) {
    log_bytes_ -= event->log.size();
    event->log = {};
  }
}

std::vector<Event> EventLog::last(const TargetFilter& filter, std::size_t limit) const {
  std::vector<Event> found;
  for (auto event = events_.rbegin(); event != events_.rend() && found.size() < limit; ++event) {
    if (filter.matches(event->target)) found.push_back(*event);
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

}  // namespace plimsoll::controller
