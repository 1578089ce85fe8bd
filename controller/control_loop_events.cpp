// What happened, and what containers say: events and logs.
#include <algorithm>

#include "controller/control_loop.hpp"

namespace plimsoll::controller {
namespace {

constexpr Millis kLogLimit{20'000};
constexpr int kLinesInEvent = 20;

bool is_up(const ContainerStatus& container) {
  return container.state == "running" || container.state == "restarting" || container.state == "paused";
}

/// The containers of a target that a request is about: those that run, or all when none does. With `failed` those that
/// do not run though they are as desired: the one before them may be down only because it makes way.
std::vector<ContainerLog> chosen(const TargetStatus& status, const std::string& service, bool failed) {
  std::vector<ContainerLog> up, down, broken;
  for (const auto& one : status.services) {
    if (!service.empty() && one.name != service) continue;
    for (const auto& container : one.containers) {
      auto& list = is_up(container) ? up : container.as_desired ? broken : down;
      list.push_back({status.id, one.name, container.name, container.id, container.state, {}, {}});
    }
  }
  if (failed) return broken.empty() ? down : broken;
  if (!up.empty()) return up;
  broken.insert(broken.end(), down.begin(), down.end());
  return broken;
}

}  // namespace

std::vector<Event> ControlLoop::events(const TargetFilter& filter, std::size_t limit) const {
  return event_log_.last(filter, limit);
}

void ControlLoop::note_change(TargetEntry& entry, const TargetStatus& status) {
  auto event = event_of_change(std::exchange(entry.reported, status), status, ports_.clock.now());
  if (!event) return;
  const std::string reason = event->reason;
  event_log_.add(std::move(*event));
  if (!has_failed_container(reason)) return;
  fetch_logs(chosen(status, {}, true), kLinesInEvent,
             [this, target = status.id, reason](const std::vector<ContainerLog>& logs) {
               std::string text;
               for (const auto& one : logs) text += one.name + ":\n" + one.text;
               event_log_.attach_log(target, reason, text);
             });
}

void ControlLoop::note_steps(const TargetId& target, const reconcile::PassOutcome& outcome) {
  std::vector<Event> events;
  // A pass is its steps, one after the other, and ends now.
  Instant at = ports_.clock.now();
  for (auto step = outcome.steps.rbegin(); step != outcome.steps.rend(); ++step) {
    Event event;
    event.at = at;
    event.target = target;
    event.warning = step->error.has_value();
    event.reason = action_name(step->step.action);
    event.message = to_string(step->step);
    if (step->error) event.message += ": " + mask_secrets(step->error->message);
    event.revision = outcome.status.revision;
    events.push_back(std::move(event));
    at -= step->duration;
  }
  for (auto event = events.rbegin(); event != events.rend(); ++event) event_log_.add(std::move(*event));
}

void ControlLoop::logs(const LogsRequest& request, std::function<void(Result<std::vector<ContainerLog>>)> done) {
  std::vector<ContainerLog> wanted;
  for (const auto& id : targets_.matching(request.filter)) {
    if (!request.instance.empty() && request.instance != id.instance) continue;
    for (auto& one : chosen(targets_.find(id)->progress.status, request.service, request.failed)) {
      wanted.push_back(std::move(one));
    }
  }
  if (wanted.empty()) {
    const std::string name =
        request.filter.environment + "/" + request.filter.app + (request.service.empty() ? "" : "/" + request.service);
    return done(Error{ErrorKind::missing, name + " has no " + (request.failed ? "failed " : "") +
                                              "container; see `plimsoll status " + request.filter.environment + "/" +
                                              request.filter.app + "`"});
  }
  fetch_logs(std::move(wanted), request.lines, std::move(done));
}

void ControlLoop::fetch_logs(std::vector<ContainerLog> wanted, int lines,
                             std::function<void(std::vector<ContainerLog>)> done) {
  query_pool_.post([this, wanted = std::move(wanted), lines, lanes = lanes_, done = std::move(done)]() mutable {
    for (auto& one : wanted) {
      const auto lane = lanes.find(one.target.instance);
      if (lane == lanes.end() || !lane->second->engine) {
        one.error = "instance " + one.target.instance + " cannot be used";
        continue;
      }
      auto text = lane->second->engine->logs(one.id, lines, ports::within(kLogLimit, lane->second->stop.get_token()));
      (text ? one.text : one.error) = text ? std::move(*text) : text.error().message;
    }
    post_to_loop([done = std::move(done), wanted = std::move(wanted)]() mutable { done(std::move(wanted)); });
  });
}

}  // namespace plimsoll::controller
