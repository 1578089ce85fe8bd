#include "plan/retry.hpp"

#include <algorithm>

#include "plan/gate.hpp"

namespace plimsoll::plan {
namespace {

constexpr int kSigkillExit = 137;
constexpr int kSigtermExit = 143;

bool would_be_revived(const ObservedContainer& container) {
  const RestartPolicy& policy = container.restart;
  if (policy.name == "always" || policy.name == "unless-stopped") return true;
  if (policy.name != "on-failure" || container.exit_code == 0) return false;
  return policy.max_retries == 0 || container.restart_count < policy.max_retries;
}

bool ended_by_signal(const ObservedContainer& container) {
  return !container.oom_killed && (container.exit_code == kSigkillExit || container.exit_code == kSigtermExit);
}

bool ended_by_itself_early(const ObservedContainer& container, const DesiredService& service,
                           const PlanPolicy& policy) {
  if (!container.started_at || !container.finished_at) return false;
  if (ended_by_signal(container)) return false;
  const bool checked = container.health != HealthState::none;
  const Millis window =
      checked && container.exit_code != 0 ? gate_deadline(service, policy) : service.rollout.min_ready;
  return *container.finished_at - *container.started_at < window;
}

bool had_worked_before(const ObservedContainer& container, const PlanPolicy& policy) {
  return container.created_at && container.started_at &&
         *container.started_at - *container.created_at > policy.retry_max;
}

}  // namespace

Millis back_off(int attempt, const PlanPolicy& policy) { return doubled(policy.retry_base, attempt, policy.retry_max); }

Revival judge_revival(const ObservedContainer& container, const DesiredService& service, Instant now,
                      const PlanPolicy& policy) {
  Revival revival{false, now, std::max(container.attempt, 1),
                  would_be_revived(container) || ended_by_signal(container)};
  if (would_be_revived(container)) return revival;
  if (ended_by_itself_early(container, service, policy)) {
    if (had_worked_before(container, policy)) revival.attempt = 1;
    revival.crashed = true;
    revival.not_before = *container.finished_at + back_off(revival.attempt, policy);
  } else if (container.started_at) {
    revival.not_before = *container.started_at + 2 * policy.retry_base;
  }
  return revival;
}

}  // namespace plimsoll::plan
