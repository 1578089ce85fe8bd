// What happened, and what containers say: events and logs.
#include <algorithm>

#include "controller/control_loop.hpp"
#include "controller/log_share.hpp"
#include "model/secret_scrub.hpp"

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

/// `text` of a container of `environment` without the secrets of its target. Of one that no manifest names any more, or
/// that does not load, nobody says which it was given: then without all of the environment.
std::string without_secrets_of(const DesiredTarget* target, const std::string& environment, const SourceLoader& source,
                               const std::string& text) {
  if (target != nullptr) return without_secrets(text, target->secrets.get());
  const SecretTable all = source.all_secrets(environment);
  return without_secrets(text, &all);
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
  if (!status_reason(reason).keeps_failed) return;
  const auto lane = lanes_.find(status.id.instance);
  if (lane == lanes_.end()) return;
  // On the instance's own threads: what people ask keeps none of them.
  fetch_logs(lane->second->pool, chosen(status, {}, true), kLinesInEvent,
             [this, target = status.id, reason](const Result<std::vector<ContainerLog>>& logs) {
               if (!logs) return;
               std::string text;
               for (const auto& one : *logs) text += one.name + ":\n" + one.text;
               event_log_.attach_log(target, reason, text);
             });
}

void ControlLoop::note_steps(const TargetId& target, const reconcile::PassOutcome& outcome) {
  const Instant now = ports_.clock.now();
  const auto steady_now = std::chrono::steady_clock::now();
  for (const auto& done : outcome.steps) {
    Event event;
    event.at = now - std::chrono::duration_cast<Millis>(steady_now - done.ended);
    event.target = target;
    event.warning = done.error.has_value();
    event.reason = action_name(done.step.action);
    event.message = to_string(done.step);
    if (done.error) event.message += ": " + mask_secrets(done.error->message);
    event.revision = outcome.status.revision;
    event_log_.add(std::move(event));
  }
}

void ControlLoop::logs(const LogsRequest& request, std::function<void(Result<std::vector<ContainerLog>>)> done) {
  std::vector<ContainerLog> wanted;
  for (const auto& id : targets_.matching(request.filter)) {
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
  if (auto admitted = admit_question(false); !admitted) return done(admitted.error());
  fetch_logs(query_pool_, std::move(wanted), request.lines,
             [this, done = std::move(done)](Result<std::vector<ContainerLog>> logs) {
               --questions_;
               done(std::move(logs));
             });
}

void ControlLoop::fetch_logs(ElasticPool& pool, std::vector<ContainerLog> wanted, int lines,
                             std::function<void(Result<std::vector<ContainerLog>>)> done) {
  std::map<TargetId, std::shared_ptr<const DesiredTarget>> desired;  // whose secrets its containers may print
  for (const auto& one : wanted) {
    if (const auto* entry = targets_.find(one.target)) desired[one.target] = entry->desired;
  }
  ask(
      pool,
      [wanted = std::move(wanted), lines, lanes = lanes_, &source = ports_.queries,
       desired = std::move(desired)]() mutable -> Result<std::vector<ContainerLog>> {
        for (auto& one : wanted) {
          const auto lane = lanes.find(one.target.instance);
          if (lane == lanes.end() || !lane->second->engine) {
            one.error = "instance " + one.target.instance + " cannot be used" +
                        (lane == lanes.end() ? "" : ": " + lane->second->unusable);
            continue;
          }
          auto text =
              lane->second->engine->logs(one.id, lines, ports::within(kLogLimit, lane->second->stop.get_token()));
          if (!text) {
            one.error = text.error().message;
            continue;
          }
          const auto* target = desired[one.target].get();
          one.text = log_share(without_secrets_of(target, one.target.environment, source, *text), wanted.size());
        }
        return std::move(wanted);
      },
      std::move(done));
}

}  // namespace plimsoll::controller
