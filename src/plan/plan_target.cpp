#include "plan/plan_target.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "model/secret_scrub.hpp"
#include "plan/app_rollout.hpp"
#include "plan/dependencies.hpp"
#include "plan/failure_report.hpp"
#include "plan/gate.hpp"
#include "plan/host_ports.hpp"
#include "plan/naming.hpp"
#include "plan/network_change.hpp"
#include "plan/predecessors.hpp"
#include "plan/prune.hpp"
#include "plan/replica_roles.hpp"
#include "plan/requirements.hpp"
#include "plan/service_plan.hpp"
#include "plan/service_steps.hpp"
#include "plan/spec_comparison.hpp"
#include "plan/target_status.hpp"

namespace plimsoll::plan {
namespace {

using Plans = std::map<std::string, ServicePlan>;

constexpr std::size_t kDetailBytes = 200;

/// The same containers, with details that people may see; those that had to be changed are kept in `changed`.
std::vector<const ObservedContainer*> fit_for_people(std::vector<const ObservedContainer*> containers,
                                                     const SecretTable* secrets,
                                                     std::deque<ObservedContainer>& changed) {
  for (auto& container : containers) {
    if (container->detail.empty()) continue;
    auto& fit = changed.emplace_back(*container);
    fit.detail = shortened(scrubbed(container->detail, secrets), kDetailBytes);
    container = &fit;
  }
  return containers;
}

/// One planning of one target.
class TargetPlanner {
 public:
  TargetPlanner(const DesiredTarget& desired, const ObservedInstance& observed, const TargetMemory& memory, Instant now,
                const PlanPolicy& policy)
      : desired_(desired),
        observed_(observed),
        memory_(memory),
        now_(now),
        policy_(policy),
        containers_(fit_for_people(containers_of(desired.id, observed), desired.secrets.get(), fit_for_people_)),
        predecessors_(find_predecessors(desired, containers_)),
        failure_(active_failure(memory, "", desired.revision.commit, now)) {}

  Plan plan();

 private:
  void find_parents();
  void plan_services();
  void wait_for_ports(ServiceInput& input);
  void plan_failure_hooks();
  [[nodiscard]] bool has_failed() const;
  [[nodiscard]] AppRollout survey() const;
  [[nodiscard]] ServiceInput bare_input(const DesiredService& service) const;
  [[nodiscard]] ServiceInput input_for(const DesiredService& service) const;
  void look_at_dependencies(ServiceInput& input) const;
  [[nodiscard]] std::optional<Instant> replaced_at(const std::string& service) const;
  void assemble(Plan& plan);
  [[nodiscard]] std::set<std::string> services_preparing(const Plan& plan) const;
  [[nodiscard]] bool waits_for_others(const ServicePlan& service, const std::set<std::string>& preparing) const;
  void put_networks_first(Plan& plan);
  void prune(Plan& plan);
  void show_networks(TargetStatus& status) const;
  void report(Plan& plan);
  [[nodiscard]] std::vector<const ObservedContainer*> orphans() const;
  [[nodiscard]] bool may_prune_containers() const;
  [[nodiscard]] bool is_predecessor(const std::string& service, const ObservedContainer* container) const;

  const DesiredTarget& desired_;
  const ObservedInstance& observed_;
  const TargetMemory& memory_;
  const Instant now_;
  const PlanPolicy& policy_;
  std::deque<ObservedContainer> fit_for_people_;
  const std::vector<const ObservedContainer*> containers_;
  const std::map<std::string, std::set<const ObservedContainer*>> predecessors_;  ///< by service
  const StepFailure* const failure_;                                              ///< of the target as a whole
  const StepFailure* held_cleanup_ = nullptr;       ///< why what nothing uses any more is still there
  std::map<std::string, NamespaceParent> parents_;  // by service
  AppRollout rollout_;
  NetworkChange networks_;
  Plans plans_;
  std::vector<ServicePlan> failure_hooks_;
  std::vector<const ServicePlan*> order_;
  std::vector<const ObservedContainer*> in_the_way_;  ///< of no service, with a host port that one waits for
};

/// The oldest one counts: a replica more replaces nothing.
std::optional<Instant> TargetPlanner::replaced_at(const std::string& service) const {
  std::optional<Instant> oldest;
  for (const auto* container : containers_) {
    if (container->service != service || !is_up(*container)) continue;
    if (container->created_at && (!oldest || *container->created_at < *oldest)) oldest = container->created_at;
  }
  return oldest;
}

bool TargetPlanner::is_predecessor(const std::string& service, const ObservedContainer* container) const {
  const auto found = predecessors_.find(service);
  return found != predecessors_.end() && found->second.contains(container);
}

ServiceInput TargetPlanner::bare_input(const DesiredService& service) const {
  ServiceInput input{.target = desired_, .service = service, .memory = memory_, .now = now_, .policy = policy_};
  input.one_shot = runs_to_completion(desired_, service);
  for (const auto* container : containers_) {
    const bool own = container->service == service.spec.name || is_predecessor(service.spec.name, container);
    if (own) input.containers.push_back(container);
  }
  input.failure = active_failure(memory_, service.spec.name, service.digest, now_);
  if (input.failure == nullptr) input.failure = failure_;
  if (const auto parent = parents_.find(namespace_parent(service.spec)); parent != parents_.end()) {
    input.parent = parent->second;
  }
  return input;
}

ServiceInput TargetPlanner::input_for(const DesiredService& service) const {
  ServiceInput input = bare_input(service);
  input.rollout = rollout_;
  look_at_dependencies(input);
  return input;
}

void TargetPlanner::look_at_dependencies(ServiceInput& input) const {
  input.waits_for = unmet_dependency(input.service, plans_);
  const auto settled = [this](const std::string& name) {
    const auto plan = plans_.find(name);
    return plan != plans_.end() && plan->second.settled && !plan->second.has_steps();
  };
  NamespaceParent& parent = input.parent;
  if (!parent.service.empty()) {
    parent.unsettled = !settled(parent.service);
    if (parent.unsettled && input.waits_for.empty()) input.waits_for = "waiting for " + parent.service;
  }
  for (const auto& [name, plan] : plans_) {
    if (input.service.hook != Hook::post_sync || plan.pending.empty() || !input.waits_for.empty()) continue;
    input.waits_for = "waiting for " + name + " " + plan.pending;
  }
  for (const auto& dependency : input.service.depends_on) {
    if (!dependency.restart || !settled(dependency.service)) continue;
    const auto replaced = replaced_at(dependency.service);
    if (!replaced || (input.restart_after && *input.restart_after >= *replaced)) continue;
    input.restart_after = replaced;
    input.restart_cause = "restarted with " + dependency.service + ", which it depends on";
  }
}

/// Found in the order of dependencies, since a parent can have one itself.
void TargetPlanner::find_parents() {
  for (const auto* service : dependency_order(desired_)) {
    const std::string& name = service->spec.name;
    const bool is_parent = std::any_of(desired_.services.begin(), desired_.services.end(),
                                       [&name](const auto& other) { return namespace_parent(other.spec) == name; });
    if (!is_parent) continue;
    const ServiceInput input = bare_input(*service);
    NamespaceParent parent{.service = name};
    for (const auto* container : input.containers) parent.containers.emplace(container->id, container);
    for (const auto& roles : find_service_roles(input).replicas) {
      if (roles.base != nullptr) parent.serving.insert(roles.base->id);
    }
    parents_.emplace(name, std::move(parent));
  }
}

AppRollout TargetPlanner::survey() const {
  std::vector<ServiceInput> inputs;
  for (const auto& service : desired_.services) {
    if (service.hook == Hook::sync_fail) continue;
    inputs.push_back(bare_input(service));
  }
  return survey_rollout(inputs);
}

void TargetPlanner::plan_services() {
  find_parents();
  rollout_ = survey();
  for (const auto* service : dependency_order(desired_)) {
    if (service->hook == Hook::sync_fail) continue;
    auto& plan = plans_[service->spec.name];
    ServiceInput input = input_for(*service);
    wait_for_ports(input);
    plan = plan_service(input);
    order_.push_back(&plan);
  }
  if (has_failed()) plan_failure_hooks();
}

/// True when an update, or a first deployment, failed: not for what became ill later.
bool TargetPlanner::has_failed() const {
  return !rollout_.goes_back.empty() || std::any_of(plans_.begin(), plans_.end(), [](const auto& entry) {
    return status_reason(entry.second.reason).keeps_failed;
  });
}

/// A host port that moves from one service to another, or a service that has another name now: whoever has the port
/// lets go of it first.
void TargetPlanner::wait_for_ports(ServiceInput& input) {
  if (!input.waits_for.empty() || !rollout_.goes_back.empty()) return;
  const auto holder = find_port_holder(desired_, input.service, containers_);
  if (!holder || is_predecessor(input.service.spec.name, holder->container)) return;
  input.waits_for = "waiting for " + holder->container->service + " to let go of host port " + holder->port;
  if (!holder->unwanted) return;
  if (!desired_.sync.prune) input.waits_for += ": no manifest names it any more, but prune is off; stop it";
  if (input.failure == nullptr) in_the_way_.push_back(holder->container);
}

/// They run beside what the app does then, and say nothing of its state.
void TargetPlanner::plan_failure_hooks() {
  failure_hooks_.reserve(desired_.services.size());
  for (const auto* service : dependency_order(desired_)) {
    if (service->hook != Hook::sync_fail) continue;
    ServiceInput input = bare_input(*service);
    failure_hooks_.push_back(plan_service(input));
    order_.push_back(&failure_hooks_.back());
  }
}

std::vector<const ObservedContainer*> TargetPlanner::orphans() const {
  std::vector<const ObservedContainer*> found;
  for (const auto* container : containers_) {
    const bool of_failure_hook =
        std::any_of(desired_.services.begin(), desired_.services.end(), [container](const DesiredService& service) {
          return service.hook == Hook::sync_fail && service.spec.name == container->service;
        });
    const bool swapped = std::any_of(predecessors_.begin(), predecessors_.end(),
                                     [container](const auto& entry) { return entry.second.contains(container); });
    if (!of_failure_hook && !swapped && !plans_.contains(container->service)) found.push_back(container);
  }
  return found;
}

/// What is no longer named goes after everything new serves, so that a renamed service has no gap.
bool TargetPlanner::may_prune_containers() const {
  return std::all_of(plans_.begin(), plans_.end(), [](const auto& entry) {
    const ServicePlan& plan = entry.second;
    return plan.synced && plan.health == Health::healthy;
  });
}

void TargetPlanner::assemble(Plan& plan) {
  plan.steps = plan_requirements(desired_, order_);
  for (const auto* service : order_) {
    plan.steps.insert(plan.steps.end(), service->prepare.begin(), service->prepare.end());
  }
  plan.prepares = plan.steps.size();
  const auto preparing = services_preparing(plan);
  std::vector<Step> held;
  for (const auto* service : order_) {
    plan.steps.insert(plan.steps.end(), service->act.begin(), service->act.end());
    auto& begin_in = waits_for_others(*service, preparing) ? held : plan.steps;
    begin_in.insert(begin_in.end(), service->begin.begin(), service->begin.end());
  }
  // After what is tried first the others are still to be prepared.
  if (!rollout_.tried_first.empty()) return;
  plan.held = held.size();
  plan.steps.insert(plan.steps.end(), held.begin(), held.end());
}

/// Those of whose preparation a failure would take the app back.
std::set<std::string> TargetPlanner::services_preparing(const Plan& plan) const {
  std::set<std::string> names;
  for (const auto& service : desired_.services) {
    if (service.rollout.failure_action != Rollout::FailureAction::rollback) continue;
    if (const auto found = plans_.find(service.spec.name); found != plans_.end() && !found->second.prepare.empty()) {
      names.insert(service.spec.name);
    }
    const auto pulls = [&service](const Step& step) {
      return step.service == service.spec.name && std::holds_alternative<EnsureImage>(step.action);
    };
    if (plans_.contains(service.spec.name) && std::any_of(plan.steps.begin(), plan.steps.end(), pulls)) {
      names.insert(service.spec.name);
    }
  }
  return names;
}

/// What a failed service does for failures runs beside all else.
bool TargetPlanner::waits_for_others(const ServicePlan& service, const std::set<std::string>& preparing) const {
  if (!plans_.contains(service.service)) return false;
  return std::any_of(preparing.begin(), preparing.end(),
                     [&service](const std::string& name) { return name != service.service || service.tried_first; });
}

/// A network that changed is made anew before anything else is done.
void TargetPlanner::put_networks_first(Plan& plan) {
  if (!observed_.networks) return;
  std::vector<ServiceInput> inputs;
  for (const auto& service : desired_.services) {
    inputs.push_back(bare_input(service));
    inputs.back().rollout = rollout_;
  }
  networks_ = change_networks({.target = desired_,
                               .observed = observed_,
                               .containers = containers_,
                               .services = inputs,
                               .memory = memory_,
                               .now = now_,
                               .policy = policy_,
                               .services_act = !plan.steps.empty()});
  if (networks_.steps.empty()) return;
  plan.steps = networks_.steps;
  plan.prepares = plan.held = 0;
}

void TargetPlanner::prune(Plan& plan) {
  if (!plan.steps.empty() || !desired_.sync.prune) return;
  // Stopped and no more: while what is new has not shown that it does well, it is still there.
  for (const auto* container : in_the_way_) {
    plan.steps.push_back({container->service, StopContainer{ref(*container), std::nullopt},
                          "it has a host port that another service waits for"});
  }
  if (!plan.steps.empty() || !may_prune_containers()) return;
  plan.steps = remove_containers(orphans(), "no manifest names the service any more");
  if (!plan.steps.empty()) return;
  std::set<std::string> named;
  for (const auto& network : desired_.networks) named.insert(network.name);
  plan.steps = remove_networks(desired_.id, named, observed_);
  if (plan.steps.empty()) plan.steps = remove_idle_files(desired_.id, observed_);
  const auto failure = memory_.failures.find(std::string(kCleanup));
  const bool held = failure != memory_.failures.end() && now_ < failure->second.retry_at && !memory_.retry_requested;
  if (plan.steps.empty() || !held) return;
  plan.steps.clear();
  held_cleanup_ = &failure->second;
  if (failure->second.retry_at != Instant::max()) plan.wake_at = failure->second.retry_at;
}

/// What is worse of a service stays what is shown.
void TargetPlanner::show_networks(TargetStatus& status) const {
  const bool nothing_else = status.reason.empty() || status.reason == reason::kPinned;
  if (networks_.as_desired || desired_.sync.suspended) return;
  if (!nothing_else && networks_.health <= status.health) return;
  status.health = worst(status.health, networks_.health);
  status.reason = networks_.reason;
  status.message = networks_.message + (desired_.pinned.empty() ? "" : "; " + desired_.pinned);
}

void TargetPlanner::report(Plan& plan) {
  const auto left = orphans();
  const bool prunes = !left.empty() || !plan.steps.empty() || held_cleanup_ != nullptr;
  plan.status = summarize(desired_, plans_, containers_, prunes || !networks_.as_desired);
  const auto wake = [&plan](const std::optional<Instant>& at) {
    if (at && (!plan.wake_at || *at < *plan.wake_at)) plan.wake_at = at;
  };
  for (const auto* service : order_) wake(service->wake_at);
  wake(networks_.wake_at);
  show_networks(plan.status);
  if (!prunes || !(plan.status.reason.empty() || plan.status.reason == reason::kPinned)) return;
  const bool kept = !desired_.sync.prune && plan.steps.empty();
  plan.status.reason = kept ? reason::kPruneDisabled : reason::kPruning;
  std::string text = held_cleanup_ != nullptr ? held_cleanup_->message : "removing what nothing uses any more";
  if (held_cleanup_ == nullptr && !left.empty()) {
    text = left.front()->service + ": no manifest names the service any more" + (kept ? "; prune is off" : "");
  }
  if (!desired_.pinned.empty()) text += "; " + desired_.pinned;
  plan.status.message = std::move(text);
}

Plan TargetPlanner::plan() {
  Plan plan;
  plan.target = desired_.id;
  plan_services();
  assemble(plan);
  put_networks_first(plan);
  prune(plan);
  report(plan);
  if (desired_.sync.suspended) {
    plan.steps.clear();
    plan.prepares = plan.held = 0;
    plan.wake_at.reset();
  }
  return plan;
}

}  // namespace

Plan plan_target(const DesiredTarget& desired, const ObservedInstance& observed, const TargetMemory& memory,
                 Instant now, const PlanPolicy& policy) {
  TargetMemory known = memory;
  known.deployed_digests = deployed_digests(desired, containers_of(desired.id, observed));
  return TargetPlanner(desired, observed, known, now, policy).plan();
}

}  // namespace plimsoll::plan
