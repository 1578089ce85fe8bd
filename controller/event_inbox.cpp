#include "controller/event_inbox.hpp"

namespace plimsoll::controller {
namespace {

/// No environment or app has a longer name, and no action of an engine.
constexpr std::size_t kLongestText = 255;

}  // namespace

bool EventInbox::put(const ports::EngineEvent& event) {
  const std::lock_guard lock(mutex_);
  if (event.kind == ports::EngineEvent::Kind::container) {
    if (event.environment.size() > kLongestText || event.app.size() > kLongestText) return false;
    auto& rung = rung_[event.instance];
    if (rung.size() >= kMostTargets || !rung.emplace(event.environment, event.app).second) return false;
  }
  events_.push_back({.instance = event.instance,
                     .kind = event.kind,
                     .environment = event.environment,
                     .app = event.app,
                     .container_id = {},
                     .action = event.action.substr(0, kLongestText),
                     .detail = event.detail});
  return events_.size() == 1;
}

std::vector<ports::EngineEvent> EventInbox::take() {
  const std::lock_guard lock(mutex_);
  rung_.clear();
  return std::exchange(events_, {});
}

}  // namespace plimsoll::controller
