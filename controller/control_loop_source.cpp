// The loop's side of the source: refreshes, new desired states, and the instances that they name.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "controller/control_loop.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

using Clock = std::chrono::steady_clock;

Millis since(Clock::time_point begin) { return std::chrono::duration_cast<Millis>(Clock::now() - begin); }

struct Refreshed {
  SourceOutcome outcome;
  Millis took{0};
};

void log_diagnostics(const DesiredState& state) {
  for (const auto& broken : state.broken) {
    for (const auto& one : broken.diagnostics) {
      if (one.severity == Severity::error)
        spdlog::error("invalid app environment={} app={}: {}", broken.environment, broken.app, to_string(one));
    }
  }
  for (const auto& one : state.diagnostics) {
    if (one.severity == Severity::error) spdlog::error("invalid manifest: {}", to_string(one));
  }
}

}  // namespace

void ControlLoop::refresh_source() {
  if (stopping_) return;
  if (refreshing_) {
    refresh_again_ = true;
    return;
  }
  refreshing_ = true;
  ask(
      source_pool_,
      [this, stop = stop_.get_token(), decisions = decisions_]() -> Result<Refreshed> {
        const auto begin = Clock::now();
        auto outcome = ports_.source.refresh(stop, decisions);
        return Refreshed{std::move(outcome), since(begin)};
      },
      [this](Result<Refreshed> done) {
        if (done) return on_source(std::move(done->outcome), done->took);
        SourceOutcome nothing_new{.desired = desired_, .branch = branch_};
        nothing_new.error = done.error();
        on_source(std::move(nothing_new), Millis(0));
      });
}

void ControlLoop::on_source(SourceOutcome outcome, Millis duration) {
  refreshing_ = false;
  ports_.metrics.count_git_request(outcome.fetched ? "fetch" : "ls-remote", duration);
  const std::string error = outcome.error ? outcome.error->message : std::string();
  if (!error.empty() && error != source_error_) spdlog::error("source: {}", error);
  if (error.empty() && !source_error_.empty()) spdlog::info("source: reachable again");
  source_error_ = error;
  if (!outcome.error) source_checked_ = ports_.clock.now();
  branch_ = outcome.branch;
  end_pins(outcome.ended_pins);
  if (outcome.desired && outcome.desired != desired_) take_over(outcome);
  const auto begun = operations_.source_refreshed(targets_, error);
  for (const auto& id : begun.targets) {
    auto& entry = *targets_.find(id);
    entry.known = false;
    // What runs now began before anybody asked.
    entry.outdated = entry.busy;
    entry.ask_registry = true;
    enqueue(id, ports_.clock.now(), "sync");
  }
  for (const auto& id : begun.retried) {
    targets_.find(id)->retry_requested = true;
    retries_.clear(id);
    write_retries(id);
  }
  for (const auto& filter : begun.removals) removals_.allow(filter, desired_->revision.commit);
  if (!begun.removals.empty()) decide_removals();
  if (refresh_again_) {
    refresh_again_ = false;
    refresh_source();
  }
  after_change();
}

void ControlLoop::take_over(const SourceOutcome& outcome) {
  const bool new_revision = !desired_ || desired_->revision != outcome.desired->revision;
  const auto previous = desired_;
  desired_ = outcome.desired;
  removals_.revise(previous.get(), *desired_);  // decided once every instance has been looked at
  author_ = outcome.author;
  subject_ = outcome.subject;
  if (new_revision) {
    spdlog::info("revision={} author={} subject={} targets={} broken_apps={}", to_string(desired_->revision),
                 quoted(author_), quoted(subject_), desired_->targets.size(), desired_->broken.size());
  }
  log_diagnostics(*desired_);
  update_lanes(*desired_);
  const auto change = targets_.apply(desired_);
  close_abandoned();
  for (const auto& id : change.changed) enqueue(id, ports_.clock.now(), "revision " + short_text(desired_->revision));
  // Whatever is no longer named can only be found by looking at everything.
  for (auto& [name, lane] : lanes_) {
    lane->full_due = true;
    lane->looked = false;
  }
  for (auto& [name, lane] : lanes_) enqueue_instance(name, "revision " + short_text(desired_->revision));
}

void ControlLoop::update_lanes(const DesiredState& state) {
  std::map<std::string, Lane> next;
  for (const auto& spec : state.instances) {
    const auto found = lanes_.find(spec.name);
    if (found != lanes_.end() && found->second->spec.engine == spec.engine && found->second->spec.tls == spec.tls) {
      found->second->spec = spec;
      next.emplace(spec.name, found->second);
      continue;
    }
    auto lane = std::make_shared<InstanceLane>();
    lane->spec = spec;
    if (auto engine = ports_.instances.make_engine(spec)) {
      lane->engine = std::move(*engine);
    } else {
      lane->unusable = engine.error().message;
      spdlog::error("instance={}: {}", spec.name, lane->unusable);
    }
    next.emplace(spec.name, std::move(lane));
  }
  for (auto& [name, lane] : lanes_) {
    const auto kept = next.find(name);
    if (kept != next.end() && kept->second == lane) continue;
    queue_again(std::exchange(lane->waiting, {}), "the instance was described anew");
    retire(lane);
  }
  lanes_ = std::move(next);
  watch_events(state);
}

void ControlLoop::retire(const Lane& lane) {
  lane->stop.request_stop();
  // Its threads end when their work has been cancelled, which the loop must not wait for. Until then it is kept: a lane
  // must not go on a thread of its own.
  const auto place = retired_.insert(retired_.end(), lane);
  ask(
      endings_pool_, [lane]() -> Result<void> { return lane->pool.stop(), Result<void>(); },
      [this, place](const Result<void>& ended) {
        if (ended) retired_.erase(place);
      });
}

void ControlLoop::watch_events(const DesiredState& state) {
  if (settings_.once || state.instances == watched_) return;
  watched_ = state.instances;
  // Ending the old streams joins their thread, which the loop must not wait for.
  if (events_) {
    std::shared_ptr<ports::EngineEvents> old(std::move(events_));
    write([old] { old->stop(); });
  }
  std::vector<InstanceSpec> usable;
  for (const auto& spec : state.instances) {
    if (lanes_.at(spec.name)->engine) usable.push_back(spec);
  }
  events_ = ports_.instances.make_events(usable);
  events_->start([this, inbox = inbox_, alive = std::weak_ptr<bool>(alive_)](const ports::EngineEvent& event) {
    if (!inbox->put(event)) return;
    loop_.post([this, inbox, alive] {
      if (const auto still = alive.lock(); !still || !*still) return;
      for (const auto& one : inbox->take()) on_event(one);
    });
  });
}

void ControlLoop::arm_poll() {
  // ± 5 %, so that many controllers do not ask one git server in step.
  const double factor = 0.95 + 0.1 * ports_.jitter();
  const auto delay = static_cast<Millis::rep>(static_cast<double>(settings_.poll_interval.count()) * factor);
  poll_timer_.arm(Millis(delay), [this] {
    if (stopping_) return;
    refresh_source();
    for (auto& [id, entry] : targets_.entries()) entry.ask_registry = true;
    // Events are only doorbells, and a doorbell can be missed: every poll looks at all instances, too.
    for (auto& [name, lane] : lanes_) enqueue_instance(name, "poll");
    arm_poll();
  });
}

}  // namespace plimsoll::controller
