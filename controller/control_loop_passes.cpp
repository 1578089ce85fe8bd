// The loop's side of the instances: what is due, observing, passes and their outcomes.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "controller/control_loop.hpp"
#include "controller/pass_reporter.hpp"

namespace plimsoll::controller {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Millis kUnreachableBase{1'000};
constexpr Millis kUnreachableMax{30'000};

constexpr Millis kAskRegistry{20'000};
/// Of one pass. An engine with few cores gains nothing from more; tests/bench shows it (`update of 50 services`).
constexpr std::size_t kStepsAtOnce = 8;
/// A plan that fails at once must not be made again at once.
constexpr Millis kPaceAfterFailure{1'000};

/// Which digests the followed tags of a target have now (DESIGN 4.5). A registry that does not answer changes nothing.
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
    if (entry == nullptr || lane == lanes_.end()) continue;
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
    on_unobserved(lane, batch, {ErrorKind::rejected, lane->unusable});
    return;
  }
  ports::ObserveScope scope;
  // A network goes only when it is seen that nothing uses it.
  scope.networks = full || std::any_of(batch.begin(), batch.end(), [this](const TargetId& id) {
                     const auto* entry = targets_.find(id);
                     return entry != nullptr && (entry->desired == nullptr || entry->untidy);
                   });
  if (!full && batch.size() == 1) {
    scope.environment = batch.begin()->environment;
    scope.app = batch.begin()->app;
  }
  lane->observing = true;
  lane->pool.post([this, lane, batch = std::move(batch), full, scope] {
    auto result = lane->engine->observe(scope, ports::within(settings_.observe_limit, lane->stop.get_token()));
    post_to_loop([this, lane, batch, full, result = std::move(result)]() mutable {
      on_observed(lane, batch, full, std::move(result));
    });
  });
}

void ControlLoop::on_observed(const Lane& lane, const std::set<TargetId>& batch, bool full,
                              Result<ObservedInstance> result) {
  lane->observing = false;
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
  if (full) adopt_orphans(*lane, *result);
  for (const auto& id : batch) run(lane, id, *result);
  dispatch_soon();
}

void ControlLoop::on_unobserved(const Lane& lane, const std::set<TargetId>& batch, const Error& error) {
  if (lane->unreachable != error.message) spdlog::error("instance={}: {}", lane->spec.name, error.message);
  lane->unreachable = error.message;
  const Instant retry =
      ports_.clock.now() + reconcile::backoff(++lane->failures, kUnreachableBase, kUnreachableMax, ports_.jitter());
  for (const auto& id : batch) {
    auto* entry = targets_.find(id);
    if (entry == nullptr) continue;
    entry->busy = false;
    entry->known = true;
    auto& status = entry->progress.status;
    status.sync = SyncStatus::unknown;
    status.health = Health::unknown;
    status.reason = reason::kEngineUnreachable;
    status.message = error.message;
    note_change(*entry, status);
    if (error.kind != ErrorKind::cancelled) queue_.add(id, retry, "engine unreachable");
  }
  after_change();
  dispatch_soon();
}

void ControlLoop::run(const Lane& lane, const TargetId& id, const ObservedInstance& observed) {
  auto* entry = targets_.find(id);
  if (entry == nullptr) return;
  // Whatever brought it here (a poll, an event, an observation begun before the revision): only the guard lets it go.
  if (entry->desired == nullptr && !removable_.contains(id)) {
    entry->busy = false;
    entry->known = entry->known || !removal_held_.empty();
    // Gone from the engine, too, while a revision came: there is nothing left to remove.
    if (lane->looked && !orphans_.contains(id)) targets_.erase(id);
    return after_change();
  }
  if (waits_for_cleanup(lane, id, *entry)) return;
  entry->superseded = std::make_shared<std::atomic<bool>>(false);
  auto memory = retries_.memory_for(id);
  memory.retry_requested = std::exchange(entry->retry_requested, false);
  memory.followed_digests = entry->followed;
  const bool ask_registry = std::exchange(entry->ask_registry, false);
  entry->looked_whole = observed.networks.has_value();
  lane->pool.post([this, lane, id, observed = slice(observed, id), desired = entry->desired,
                   policy = entry->removal_policy, previous = entry->progress.status, superseded = entry->superseded,
                   memory = std::move(memory), ask_registry, jitter = ports_.jitter()]() mutable {
    const auto begin = Clock::now();
    if (ask_registry && desired) {
      ask_for_followed(*desired, *lane->engine, ports::within(kAskRegistry, lane->stop.get_token()),
                       memory.followed_digests);
    }
    PassReporter reporter(desired ? desired->revision : Revision{}, ports_.metrics, [this, id](TargetUpdate update) {
      post_to_loop([this, id, update = std::move(update)] {
        if (auto* one = targets_.find(id)) update(one->progress);
      });
    });
    reconcile::PassInput input{.target = id,
                               .desired = desired,
                               .removal_sync = policy,
                               .engine = *lane->engine,
                               .clock = ports_.clock,
                               .progress = reporter,
                               .jitter = [jitter] { return jitter; },
                               .memory = memory,
                               .previous = previous,
                               .first_observation = observed,
                               .stop = lane->stop.get_token(),
                               .superseded = [superseded] { return superseded->load(); },
                               .policy = {}};
    input.policy.observe_limit = settings_.observe_limit;
    input.policy.steps_at_once = kStepsAtOnce;
    auto outcome = reconcile::run_pass(input);
    const auto took = std::chrono::duration_cast<Millis>(Clock::now() - begin);
    post_to_loop([this, lane, id, outcome = std::move(outcome), took] { on_pass(lane, id, outcome, took); });
  });
}

void ControlLoop::on_pass(const Lane& lane, const TargetId& id, const reconcile::PassOutcome& outcome,
                          Millis duration) {
  auto* entry = targets_.find(id);
  if (entry == nullptr) return;
  entry->busy = false;
  ports_.metrics.observe_reconcile(duration);
  const Instant now = ports_.clock.now();
  const bool newer = outcome.superseded || outcome.stopped || (entry->superseded && entry->superseded->load());
  note_steps(id, outcome);
  if (!newer) {
    entry->known = true;
    if (entry->looked_whole && is_good(outcome.status)) entry->untidy = false;
    entry->cannot_prune = outcome.memory.failures.contains(std::string(kCleanup));
    note_change(*entry, outcome.status);
    entry->progress = {id, outcome.status, {}, {}, 0, 0, false};
    if (!entry->invalid.empty()) show_invalid(*entry);
  }
  entry->followed = outcome.memory.followed_digests;
  retries_.replace_failures(id, outcome.memory.failures);
  entry->not_before = outcome.errors.empty() ? Instant{} : now + kPaceAfterFailure;
  if (!outcome.errors.empty() || outcome.changed) write_retries(id);
  record_images(lane, id, *entry, outcome);
  if (update_history(id, *entry, outcome, duration) && !newer) clean_images(lane);
  if (outcome.observe_error) {
    queue_.add(id, retries_.record_unobserved(id, *outcome.observe_error, now, ports_.jitter()), "not observed");
  } else {
    retries_.clear_unobserved(id);
  }
  if (newer) {
    queue_.add(id, now, "superseded");
  } else if (outcome.wake_at) {
    queue_.add(id, std::max({*outcome.wake_at, now, entry->not_before}), "wake up");
  }
  if (!newer && is_gone(*entry, outcome)) {
    targets_.erase(id);
    orphans_.erase(id);
  }
  after_change();
  dispatch_soon();
}

}  // namespace plimsoll::controller
