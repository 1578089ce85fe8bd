#include "plan/service_plan.hpp"

#include <algorithm>

#include "plan/failure_report.hpp"
#include "plan/naming.hpp"
#include "plan/one_shot.hpp"
#include "plan/settle.hpp"
#include "plan/swap.hpp"

namespace plimsoll::plan {
namespace {

/// Plans the replicas of a service that keeps running.
class RollingService {
 public:
  explicit RollingService(const ServiceInput& input) : input_(input) {
    auto found = find_service_roles(input);
    roles_ = std::move(found.replicas);
    surplus_ = std::move(found.surplus);
  }

  std::vector<ReplicaOutcome> plan();
  /// What scaling down leaves over.
  [[nodiscard]] const std::vector<const ObservedContainer*>& surplus() const { return surplus_; }

 private:
  void choose_record();
  void deal_permits();
  void grant_in_turn(Situation situation, int& free_slots);
  void grant_reloads(int& free_slots);
  void grant_restarts();
  [[nodiscard]] int batch_size() const {
    const int wish = input_.service.rollout.parallelism;
    return wish <= 0 ? std::max(input_.service.replicas, 1) : wish;
  }
  [[nodiscard]] bool in_progress(const ReplicaRoles& roles) const;
  [[nodiscard]] bool retry_due(const ReplicaRoles& roles) const;
  [[nodiscard]] bool goes_on_after_failures() const {
    return input_.service.rollout.failure_action == Rollout::FailureAction::proceed ||
           failures_tolerated(input_.service, roles_);
  }
  [[nodiscard]] std::string hold_text();
  [[nodiscard]] bool rolling() const;

  const ServiceInput& input_;
  std::vector<ReplicaRoles> roles_;
  std::vector<SwapPermit> permits_;
  std::vector<const ObservedContainer*> surplus_;
  const ReplicaRoles* record_ = nullptr;  ///< the replica whose failed container is the service's record
  std::optional<Instant> delayed_until_;
};

bool RollingService::rolling() const {
  return std::any_of(roles_.begin(), roles_.end(), [](const ReplicaRoles& roles) {
    return roles.base != nullptr && situation_of(roles) != Situation::current;
  });
}

bool RollingService::in_progress(const ReplicaRoles& roles) const {
  const Situation situation = situation_of(roles);
  if (situation == Situation::gating) return true;
  return situation == Situation::current &&
         judge_lone(*roles.base, input_.service, input_.now, input_.policy).verdict != Verdict::passed;
}

bool RollingService::retry_due(const ReplicaRoles& roles) const {
  return input_.memory.retry_requested || input_.now >= retry_time(input_, roles);
}

void RollingService::choose_record() {
  for (const auto& roles : roles_) {
    if (situation_of(roles) != Situation::failed) continue;
    if (record_ == nullptr || roles.candidate->attempt > record_->candidate->attempt) record_ = &roles;
  }
}

/// Why no replica may begin now; empty when one may.
std::string RollingService::hold_text() {
  if (input_.failure != nullptr) return "held by an earlier failure";
  const bool goes_on = goes_on_after_failures();
  if (record_ != nullptr && !goes_on && !retry_due(*record_)) {
    return "held: replica " + std::to_string(record_->number) + " failed";
  }
  if (std::string hold = input_.rollout.hold(input_.service.spec.name); !hold.empty()) return hold;
  if (input_.service.rollout.delay.count() == 0) return {};
  for (const auto& roles : roles_) {
    if (situation_of(roles) != Situation::current || !roles.base->started_at) continue;
    const Instant until = *roles.base->started_at + input_.service.rollout.delay;
    if (input_.now < until && (!delayed_until_ || until > *delayed_until_)) delayed_until_ = until;
  }
  return delayed_until_ ? "waiting for the delay between batches" : "";
}

void RollingService::grant_in_turn(Situation situation, int& free_slots) {
  for (std::size_t i = 0; i < roles_.size(); ++i) {
    if (situation_of(roles_[i]) != situation || free_slots <= 0) continue;
    if (situation == Situation::failed && (&roles_[i] != record_ || !retry_due(roles_[i]))) continue;
    permits_[i].may_begin = true;
    permits_[i].hold.clear();
    --free_slots;
  }
}

/// A program that a reload ends shows before the next batch is told.
void RollingService::grant_reloads(int& free_slots) {
  for (std::size_t i = 0; i < roles_.size(); ++i) {
    if (roles_[i].base_match.match != Match::reload || free_slots <= 0) continue;
    permits_[i].may_begin = true;
    permits_[i].hold.clear();
    --free_slots;
  }
}

/// With a dependency that was replaced. The first batch shows whether the program bears it.
void RollingService::grant_restarts() {
  if (!input_.restart_after) return;
  int free_slots = batch_size();
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < roles_.size(); ++i) {
    if (situation_of(roles_[i]) != Situation::current) continue;
    const ObservedContainer& base = *roles_[i].base;
    const bool good = judge_lone(base, input_.service, input_.now, input_.policy).verdict == Verdict::passed;
    const bool restarted = base.started_at && *base.started_at >= *input_.restart_after;
    if (restarted && !good) --free_slots;
    if (!restarted && good) due.push_back(i);
  }
  for (const std::size_t i : due) permits_[i].may_restart = free_slots-- > 0;
}

void RollingService::deal_permits() {
  choose_record();
  const std::string hold = hold_text();
  SwapPermit none{.hold = hold.empty() ? "waiting for the batch before it" : hold};
  if (record_ != nullptr) none.attempt = input_.memory.retry_requested ? 1 : record_->candidate->attempt + 1;
  permits_.assign(roles_.size(), none);
  const bool goes_on = goes_on_after_failures();
  for (std::size_t i = 0; i < roles_.size(); ++i) permits_[i].keep_record = goes_on || &roles_[i] == record_;
  grant_restarts();
  if (!hold.empty()) return;
  int free_slots = batch_size();
  free_slots -= static_cast<int>(
      std::count_if(roles_.begin(), roles_.end(), [this](const ReplicaRoles& roles) { return in_progress(roles); }));
  grant_reloads(free_slots);
  for (const auto situation : {Situation::prepared, Situation::failed, Situation::outdated, Situation::missing}) {
    grant_in_turn(situation, free_slots);
  }
}

std::vector<ReplicaOutcome> RollingService::plan() {
  deal_permits();
  const bool missing_wait = rolling();
  std::vector<ReplicaOutcome> outcomes;
  for (std::size_t i = 0; i < roles_.size(); ++i) {
    const Situation situation = situation_of(roles_[i]);
    if (situation == Situation::current) {
      outcomes.push_back(settle_current(input_, roles_[i], permits_[i]));
      if (!outcomes.back().pending.empty()) outcomes.back().wake(delayed_until_);
      if (input_.failure != nullptr) outcomes.back().hold();
    } else if (situation != Situation::missing) {
      outcomes.push_back(plan_swap(input_, roles_[i], permits_[i]));
      outcomes.back().wake(delayed_until_);
    } else if (!permits_[i].may_begin && (missing_wait || input_.failure != nullptr)) {
      outcomes.emplace_back(input_);
      outcomes.back().wants_image = true;
      outcomes.back().report(Health::progressing, reason::kChanged, permits_[i].hold);
    } else {
      outcomes.push_back(create_missing(input_, roles_[i], permits_[i].attempt));
    }
  }
  return outcomes;
}

/// Adds a replica's outcome to the service's.
void absorb(ServicePlan& plan, ReplicaOutcome&& outcome, const std::string& prefix, int replica) {
  auto& steps = outcome.steps.all();
  const auto cut = steps.begin() + static_cast<std::ptrdiff_t>(outcome.steps.prepare_count());
  const auto begin = steps.begin() + static_cast<std::ptrdiff_t>(outcome.steps.update_from());
  std::for_each(cut, begin, [replica](Step& step) { step.replica = replica; });
  plan.prepare.insert(plan.prepare.end(), steps.begin(), cut);
  plan.act.insert(plan.act.end(), cut, begin);
  plan.begin.insert(plan.begin.end(), begin, steps.end());
  plan.wants_image = plan.wants_image || outcome.wants_image;
  plan.synced = plan.synced && outcome.settled && steps.empty();
  plan.started = plan.started && outcome.running;
  plan.good = plan.good && outcome.good;
  plan.modified = plan.modified || outcome.modified;
  const bool stays = outcome.settled || !outcome.pending.empty() || (outcome.modified && outcome.running);
  plan.settled = plan.settled && stays && steps.empty();
  if (plan.pending.empty()) plan.pending = outcome.pending;
  if (!outcome.reason.empty() && (plan.reason.empty() || plan.health < outcome.health)) {
    plan.reason = outcome.reason;
    plan.message = outcome.message.empty() ? "" : prefix + outcome.message;
  }
  plan.health = worst(plan.health, outcome.health);
  if (outcome.wake_at && (!plan.wake_at || *outcome.wake_at < *plan.wake_at)) plan.wake_at = outcome.wake_at;
}

/// What status says while a failed step is not tried again yet.
void report_held(const ServiceInput& input, ServicePlan& plan) {
  plan.wants_image = false;
  const bool runs = std::any_of(input.containers.begin(), input.containers.end(),
                                [](const ObservedContainer* container) { return is_up(*container); });
  if (input.failure->retry_at != Instant::max() && (!plan.wake_at || input.failure->retry_at < *plan.wake_at)) {
    plan.wake_at = input.failure->retry_at;
  }
  FailureReport report = report_failure(*input.failure, runs);
  // What failed says more than that the container before it serves.
  const bool says_more = report.health == plan.health && plan.reason == reason::kRolledBack;
  if (plan.health >= Health::degraded && report.health <= plan.health && !says_more) return;
  plan.health = report.health;
  plan.reason = std::move(report.reason);
  plan.message = std::move(report.message);
}

/// Only once nothing can ask for the surplus any more.
void scale_down(const ServiceInput& input, const std::vector<const ObservedContainer*>& surplus, ServicePlan& plan) {
  plan.surplus_kept = input.rollout.open || !input.rollout.goes_back.empty();
  if (!plan.surplus_kept) {
    ServiceSteps steps(input);
    for (const auto* container : surplus) steps.stop_and_remove(*container, "scaled down");
    plan.synced = plan.settled = false;
    plan.act.insert(plan.act.end(), steps.all().begin(), steps.all().end());
  }
  if (!plan.reason.empty()) return;
  plan.reason = reason::kChanged;
  plan.message = plan.surplus_kept ? "scales down when the whole app is through" : "scaling down";
  plan.health = worst(plan.health, Health::progressing);
}

ServicePlan plan_rolling(const ServiceInput& input) {
  ServicePlan plan;
  RollingService rolling(input);
  plan.synced = plan.settled = plan.started = plan.good = true;
  int number = 0;
  for (auto& outcome : rolling.plan()) {
    ++number;
    const std::string prefix = input.service.replicas > 1 ? "replica " + std::to_string(number) + ": " : "";
    absorb(plan, std::move(outcome), prefix, number);
  }
  const auto& surplus = rolling.surplus();
  if (surplus.empty()) return plan;
  scale_down(input, surplus, plan);
  return plan;
}

}  // namespace

ServicePlan plan_service(const ServiceInput& input) {
  ServicePlan plan;
  if (input.one_shot) {
    plan.synced = plan.settled = plan.started = plan.good = true;
    bool completed = false;
    ReplicaOutcome outcome = plan_one_shot(input, completed);
    if (input.failure != nullptr) outcome.hold();
    absorb(plan, std::move(outcome), "", 0);
    plan.completed = completed;
  } else {
    plan = plan_rolling(input);
  }
  plan.service = input.service.spec.name;
  plan.tried_first = input.rollout.tried_first.contains(plan.service);
  if (input.failure != nullptr && !plan.synced) report_held(input, plan);
  plan.failed = plan.health == Health::degraded;
  return plan;
}

}  // namespace plimsoll::plan
