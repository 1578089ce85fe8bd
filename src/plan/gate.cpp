#include "plan/gate.hpp"

#include <algorithm>

#include "model/limits.hpp"

namespace plimsoll::plan {
namespace {

constexpr int kRestartsBorne = 5;
constexpr Millis kDefaultInterval{30'000};
constexpr Millis kDefaultTimeout{30'000};
constexpr int kDefaultRetries = 3;

std::string left_text(Instant until, Instant now) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(until - now);
  return to_text(seconds) + " left";
}

std::string restarts_text(const ObservedContainer& container) {
  const std::string times = container.restart_count == 1 ? "once" : std::to_string(container.restart_count) + " times";
  return "restarted " + times + ", last exit code " + std::to_string(container.exit_code) +
         (container.oom_killed ? ", out of memory" : "");
}

std::string with_detail(std::string text, const ObservedContainer& container) {
  if (!container.detail.empty()) text += ": " + container.detail;
  return text;
}

Gate judge_health(const ObservedContainer& container, const DesiredService& service, Instant now,
                  const PlanPolicy& policy) {
  if (container.health == HealthState::healthy) return {Verdict::passed, {}, "healthy"};
  if (container.health == HealthState::unhealthy) return {Verdict::failed, {}, with_detail("unhealthy", container)};
  const Millis allowed = gate_deadline(service, policy);
  const Instant until = container.started_at.value_or(now) + allowed;
  if (now >= until) return {Verdict::failed, {}, with_detail("still starting after " + to_text(allowed), container)};
  return {Verdict::pending, until, "waiting for health check (starting), " + left_text(until, now)};
}

Gate judge_uptime(const ObservedContainer& container, const DesiredService& service, Instant now) {
  // An engine that does not say when it started cannot be waited for.
  if (!container.started_at) return {Verdict::passed, {}, "running"};
  const Instant until = *container.started_at + service.rollout.min_ready;
  if (now >= until) return {Verdict::passed, {}, "running"};
  return {Verdict::pending, until,
          "waiting until it has run for " + to_text(service.rollout.min_ready) + ", " + left_text(until, now)};
}

}  // namespace

Millis gate_deadline(const DesiredService& service, const PlanPolicy& policy) {
  if (service.rollout.monitor) return *service.rollout.monitor;
  const HealthCheck check = service.spec.healthcheck.value_or(HealthCheck{});
  const Millis round = check.interval.value_or(kDefaultInterval) + check.timeout.value_or(kDefaultTimeout);
  // No part is over a year, but a million retries of a year are over what a moment of time can hold.
  return std::min(
      check.start_period.value_or(Millis{0}) + check.retries.value_or(kDefaultRetries) * round + policy.gate_margin,
      kMaxDuration);
}

bool gate_takes_no_time(const DesiredService& service) noexcept {
  return !service.spec.healthcheck && service.rollout.min_ready.count() == 0;
}

std::string exit_text(const ObservedContainer& container) {
  std::string text = std::string(to_string(container.state)) + " (" + std::to_string(container.exit_code) + ")";
  if (container.oom_killed) text += ", out of memory";
  return with_detail(std::move(text), container);
}

bool is_up(const ObservedContainer& container) noexcept {
  return container.state == ContainerState::running || container.state == ContainerState::restarting ||
         container.state == ContainerState::paused;
}

bool has_ended(const ObservedContainer& container) noexcept {
  return container.state == ContainerState::exited || container.state == ContainerState::dead;
}

Gate judge_gate(const ObservedContainer& container, const DesiredService& service, Instant now,
                const PlanPolicy& policy) {
  if (container.state == ContainerState::created) return {};
  if (has_ended(container)) return {Verdict::failed, {}, exit_text(container)};
  const bool checked = container.health != HealthState::none;
  if (container.restart_count > (checked ? kRestartsBorne : 0)) return {Verdict::failed, {}, restarts_text(container)};
  if (container.state == ContainerState::paused) return {Verdict::pending, {}, "paused"};
  if (container.state == ContainerState::restarting) {
    if (!checked) return {Verdict::failed, {}, restarts_text(container)};
    const Instant until = container.started_at.value_or(now) + gate_deadline(service, policy);
    // Of one that ended long after its start, only the engine can tell when it runs again.
    return {Verdict::pending, until > now ? std::optional(until) : std::nullopt, "restarting"};
  }
  return checked ? judge_health(container, service, now, policy) : judge_uptime(container, service, now);
}

Gate judge_lone(const ObservedContainer& container, const DesiredService& service, Instant now,
                const PlanPolicy& policy) {
  if (container.state != ContainerState::running) return judge_gate(container, service, now, policy);
  if (container.health != HealthState::none) return judge_health(container, service, now, policy);
  Gate gate = judge_uptime(container, service, now);
  if (gate.verdict == Verdict::pending && container.restart_count > 0) {
    return {Verdict::failed, gate.until, restarts_text(container)};
  }
  return gate;
}

}  // namespace plimsoll::plan
