// The loop's side of the instances: what is due, observing, passes and their outcomes.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "controller/control_loop.hpp"
#include "controller/pass_reporter.hpp"
#include "reconcile/orphans.hpp"

namespace plimsoll::controller {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Millis kAskRegistry{20'000};
/// Of one pass. An engine with few cores gains nothing from more; tests/bench shows it (`update of 50 services`).
constexpr std::size_t kStepsAtOnce = 8;
/// A plan that fails at once must not be made again at once.
constexpr Millis kPaceAfterFailure{1'000};

/// Which digests the followed tags of a target have now. A registry that does not answer changes nothing.
void ask_for_followed(const DesiredTarget& desired, ports::ContainerEngine& engine, const ports::Call& call,
                      std::map<std::string, std::string>& known) {
  for (const auto& service : desired.services) {
    if (!service.spec.follow_tag) continue;
    if (auto digest = engine.resolve_digest(service.spec.image, call)) {
      known[service.spec.image] = std::move(*digest);
    } else {
      spdlog::warn("target={} follow {}: {}", to_string(desired.id), service.spec.image, digest.error().message);
    }
  }
}

/// The part of an observation that concerns one target: passes then hold no more than they need.
ObservedInstance slice(const ObservedInstance& observed, const TargetId& id) {
  ObservedInstance part;
  for (const auto& one : observed.containers) {
    if (one.environment == id.environment && one.app == id.app) part.containers.push_back(one);
  }
  if (!observed.networks) return part;
  part.networks.emplace();
  for (const auto& one : *observed.networks) {
    if (one.environment == id.environment && one.app == id.app) part.networks->push_back(one);
  }
  part.idle_files = observed.idle_files;
  return part;
}

struct Passed {
  reconcile::PassOutcome outcome;
  Millis took{0};
};

/// What is known of a target whose pass brought no outcome but `error`; looked at again with back-off.
reconcile::PassOutcome broken_pass(const TargetStatus& before, const Error& error) {
  reconcile::PassOutcome outcome;
  outcome.status = before;
  outcome.stopped = error.kind == ErrorKind::cancelled;
  if (outcome.stopped) return outcome;
  outcome.observe_error = error;
  outcome.status.sync = SyncStatus::unknown;
  outcome.status.health = Health::unknown;
  outcome.status.reason = reason::kError;
  outcome.status.message = error.message;
  return outcome;
}

/// Looked at without networks, what changed or is to go would seem to be as it should be.
bool needs_whole_look(const TargetEntry& entry) { return entry.desired == nullptr || entry.untidy; }

/// Nothing names it any more, and nothing of it is left.
bool is_gone(const TargetEntry& entry, const reconcile::PassOutcome& outcome) {
  return entry.desired == nullptr && outcome.errors.empty() && outcome.status.services.empty() &&
         is_good(outcome.status);
}

}  // namespace

void ControlLoop::enqueue(const TargetId& id, Instant due, const std::string& cause) {
  queue_.add(id, due, cause);
  dispatch_soon();
}

void ControlLoop::enqueue_instance(const std::string& instance, const std::string& cause) {
  const auto lane = lanes_.find(instance);
  if (lane == lanes_.end()) return;
  const Instant now = ports_.clock.now();
  for (const auto& [id, entry] : targets_.entries()) {
    if (id.instance == instance) queue_.add(id, now, cause);
  }
  // With no target of its own an instance can still hold what nobody names any more.
  if (lane->second->full_due) lane->second->look = true;
  dispatch_soon();
}

void ControlLoop::on_event(const ports::EngineEvent& event) {
  if (stopping_) return;
  switch (event.kind) {
    case ports::EngineEvent::Kind::connected: {
      spdlog::info("instance={} events connected", event.instance);
      const auto lane = lanes_.find(event.instance);
      // The engine remembers 256 events only, so whatever happened meanwhile has to be looked for.
      if (lane != lanes_.end()) lane->second->full_due = true;
      enqueue_instance(event.instance, "engine connected");
      break;
    }
    case ports::EngineEvent::Kind::disconnected:
      spdlog::warn("instance={} events disconnected: {}", event.instance, event.detail);
      enqueue_instance(event.instance, "engine disconnected");
      break;
    case ports::EngineEvent::Kind::container: {
      const TargetId id{event.environment, event.app, event.instance};
      const auto* entry = targets_.find(id);
      if (entry != nullptr) enqueue(id, std::max(ports_.clock.now(), entry->not_before), "event " + event.action);
      break;
    }
  }
}

void ControlLoop::dispatch_soon() {
  if (dispatching_ || stopping_) return;
  dispatching_ = true;
  // Posted, so that everything that one callback enqueues is served by one observation.
  loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (const auto still = alive.lock(); !still || !*still) return;
    dispatching_ = false;
    dispatch();
  });
}

void ControlLoop::dispatch() {
  const auto busy = [this](const TargetId& id) {
    const auto* entry = targets_.find(id);
    return entry != nullptr && entry->busy;
  };
  while (const auto item = queue_.pop_due(ports_.clock.now(), busy)) {
    auto* entry = targets_.find(item->target);
    const auto lane = lanes_.find(item->target.instance);
    if (entry == nullptr) continue;
    if (lane == lanes_.end()) {
      // Nobody can look any more whether it is still there.
      if (entry->desired == nullptr && entry->invalid.empty()) targets_.erase(item->target);
      after_change();
      continue;
    }
    entry->busy = true;
    lane->second->waiting.insert(item->target);
    spdlog::debug("target={} due: {}", to_string(item->target), item->cause);
  }
  for (auto& [name, lane] : lanes_) {
    if (!lane->observing && (!lane->waiting.empty() || lane->look)) observe(lane);
  }
  arm_queue();
}

void ControlLoop::arm_queue() {
  const auto due = queue_.next_due([this](const TargetId& id) {
    const auto* entry = targets_.find(id);
    return entry != nullptr && entry->busy;
  });
  if (!due) {
    queue_timer_.cancel();
    return;
  }
  queue_timer_.arm(*due - ports_.clock.now(), [this] {
    if (!stopping_) dispatch();
  });
}

void ControlLoop::observe(const Lane& lane) {
  auto batch = std::exchange(lane->waiting, {});
  lane->look = false;
  const bool full = std::exchange(lane->full_due, false);
  if (!lane->engine) {
    return on_unusable(*lane, batch);
  }
  ports::ObserveScope scope;
  // A network goes only when it is seen that nothing uses it.
  scope.networks = full || std::any_of(batch.begin(), batch.end(), [this](const TargetId& id) {
                     const auto* entry = targets_.find(id);
                     return entry != nullptr && needs_whole_look(*entry);
                   });
  if (!full && batch.size() == 1) {
    scope.environment = batch.begin()->environment;
    scope.app = batch.begin()->app;
  }
  lane->observing = true;
  ask(
      lane->pool,
      [this, lane, scope] {
        return lane->engine->observe(scope, ports::within(settings_.observe_limit, lane->stop.get_token()));
      },
      [this, lane, batch = std::move(batch), full](Result<ObservedInstance> result) {
        on_observed(lane, batch, full, std::move(result));
      });
}

void ControlLoop::on_observed(const Lane& lane, const std::set<TargetId>& batch, bool full,
                              Result<ObservedInstance> result) {
  lane->observing = false;
  if (is_retired(lane)) return queue_again(batch, "the instance was described anew");
  if (!result) {
    if (full) lane->full_due = true;
    lane->looked = true;  // what it holds cannot be known now: it must not keep the others waiting
    on_unobserved(lane, batch, result.error());
    if (full && desired_) decide_removals();
    return;
  }
  if (!lane->unreachable.empty()) spdlog::info("instance={} reachable again", lane->spec.name);
  lane->unreachable.clear();
  lane->failures = 0;
  if (full) adopt_orphans(lane, *result);
  for (const auto& id : batch) run(lane, id, *result);
  after_change();  // of an instance without targets nothing else tells
  dispatch_soon();
}

bool ControlLoop::is_retired(const Lane& lane) const {
  const auto current = lanes_.find(lane->spec.name);
  return current == lanes_.end() || current->second != lane;
}

void ControlLoop::queue_again(const std::set<TargetId>& batch, const std::string& cause) {
  for (const auto& id : batch) {
    auto* entry = targets_.find(id);
    if (entry == nullptr) continue;
    release(*entry);
    enqueue(id, ports_.clock.now(), cause);
  }
}

void ControlLoop::run(const Lane& lane, const TargetId& id, const ObservedInstance& observed) {
  auto* entry = targets_.find(id);
  if (entry == nullptr) return;
  // Whatever brought it here (a poll, an event, an observation begun before the revision): only the guard lets it go.
  if (entry->desired == nullptr && !removals_.may_go(id)) return rest(*lane, id, *entry);
  if (!observed.networks && needs_whole_look(*entry)) return queue_again({id}, "changed while it was looked at");
  if (waits_for_cleanup(lane, id, *entry)) return;
  entry->superseded = std::make_shared<std::atomic<bool>>(false);
  entry->looked_whole = observed.networks.has_value();
  PassOrder order{.target = id,
                  .desired = entry->desired,
                  .removal_sync = removals_.policy(id, decisions_),
                  .removal_keeps = {},
                  .memory = retries_.memory_for(id),
                  .previous = entry->progress.status,
                  .observed = slice(observed, id),
                  .superseded = entry->superseded,
                  .ask_registry = std::exchange(entry->ask_registry, false),
                  .jitter = ports_.jitter()};
  if (!entry->desired) order.removal_keeps = reconcile::shared_networks(*desired_, id.environment);
  order.memory.retry_requested = std::exchange(entry->retry_requested, false);
  order.memory.followed_digests = entry->followed;
  auto pass = [this, lane, order = std::move(order)]() mutable -> Result<Passed> {
    const auto begin = Clock::now();
    auto outcome = carry_out(*lane, std::move(order));
    return Passed{std::move(outcome), std::chrono::duration_cast<Millis>(Clock::now() - begin)};
  };
  ask(lane->pool, std::move(pass), [this, lane, id](const Result<Passed>& passed) {
    if (passed) return on_pass(lane, id, passed->outcome, passed->took);
    const auto* one = targets_.find(id);
    if (one == nullptr) return;
    auto outcome = broken_pass(one->progress.status, passed.error());
    outcome.memory = retries_.memory_for(id);
    outcome.memory.followed_digests = one->followed;
    on_pass(lane, id, outcome, Millis(0));
  });
}

/// Leaves alone a target that has no desired state and may not be removed now.
void ControlLoop::rest(const InstanceLane& lane, const TargetId& id, TargetEntry& entry) {
  release(entry);
  entry.known = entry.known || !removals_.held().empty();
  if (!entry.invalid.empty()) {
    note_change(entry, entry.progress.status);
  } else if (lane.looked && !removals_.is_orphan(id)) {
    // Gone from the engine, too, while a revision came: there is nothing left to remove.
    targets_.erase(id);
  }
  after_change();
}

reconcile::PassOutcome ControlLoop::carry_out(const InstanceLane& lane, PassOrder order) {
  if (order.ask_registry && order.desired) {
    ask_for_followed(*order.desired, *lane.engine, ports::within(kAskRegistry, lane.stop.get_token()),
                     order.memory.followed_digests);
  }
  const auto revision = order.desired ? order.desired->revision : Revision{};
  PassReporter reporter(revision, ports_.metrics, [this, id = order.target](TargetUpdate update) {
    post_to_loop([this, id, update = std::move(update)] {
      auto* entry = targets_.find(id);
      if (entry == nullptr) return;
      update(entry->progress);
      note_transitions(*entry, ports_.clock.now());
    });
  });
  reconcile::PassInput input{.target = order.target,
                             .desired = order.desired,
                             .removal_sync = order.removal_sync,
                             .removal_keeps = std::move(order.removal_keeps),
                             .engine = *lane.engine,
                             .clock = ports_.clock,
                             .progress = reporter,
                             .jitter = [jitter = order.jitter] { return jitter; },
                             .memory = std::move(order.memory),
                             .previous = std::move(order.previous),
                             .first_observation = std::move(order.observed),
                             .stop = lane.stop.get_token(),
                             .superseded = [superseded = order.superseded] { return superseded->load(); },
                             .policy = {}};
  input.policy.observe_limit = settings_.observe_limit;
  input.policy.steps_at_once = kStepsAtOnce;
  return reconcile::run_pass(input);
}

void ControlLoop::queue_after_pass(const TargetId& id, const TargetEntry& entry, const reconcile::PassOutcome& outcome,
                                   bool newer, Instant now) {
  if (outcome.observe_error) {
    queue_.add(id, retries_.record_unobserved(id, *outcome.observe_error, now, ports_.jitter()), "not observed");
  } else {
    retries_.clear_unobserved(id);
  }
  if (newer) {
    queue_.add(id, now, "superseded");
  } else if (outcome.wake_at) {
    queue_.add(id, std::max({*outcome.wake_at, now, entry.not_before}), "wake up");
  }
}

void ControlLoop::on_pass(const Lane& lane, const TargetId& id, const reconcile::PassOutcome& outcome,
                          Millis duration) {
  auto* entry = targets_.find(id);
  if (entry == nullptr) return;
  const bool counts = release(*entry);
  ports_.metrics.observe_reconcile(duration);
  const Instant now = ports_.clock.now();
  const bool newer =
      outcome.superseded || outcome.stopped || is_retired(lane) || (entry->superseded && entry->superseded->load());
  note_steps(id, outcome);
  if (!newer) {
    entry->known = counts;
    if (entry->looked_whole && is_good(outcome.status)) entry->untidy = false;
    entry->cannot_prune =
        entry->desired == nullptr ? !outcome.errors.empty() : outcome.memory.failures.contains(std::string(kCleanup));
    entry->progress = {id, outcome.status, {}, {}, 0, 0, false};
    if (!entry->invalid.empty()) show_invalid(*entry);
    note_change(*entry, entry->progress.status);
  }
  entry->followed = outcome.memory.followed_digests;
  retries_.replace_failures(id, outcome.memory.failures);
  entry->not_before = outcome.errors.empty() ? Instant{} : now + kPaceAfterFailure;
  if (!outcome.errors.empty() || outcome.changed) write_retries(id);
  record_images(lane, id, *entry, outcome);
  // That a network went is no deployment of an app.
  if (!id.app.empty() && update_history(id, *entry, outcome, duration) && !newer) clean_images(lane);
  if (outcome.changed && lane->uses_what_is_not_shared) {
    lane->full_due = lane->look = true;
    lane->looked = false;
  }
  queue_after_pass(id, *entry, outcome, newer, now);
  if (!newer && is_gone(*entry, outcome)) {
    targets_.erase(id);
    removals_.gone(id);
  }
  after_change();
  dispatch_soon();
}

}  // namespace plimsoll::controller
