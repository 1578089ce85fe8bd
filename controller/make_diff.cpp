#include "controller/make_diff.hpp"

#include <algorithm>
#include <utility>

#include "plan/plan_target.hpp"
#include "reconcile/orphans.hpp"

namespace plimsoll::controller {
namespace {

/// A broken file of an environment concerns each of its apps.
bool concerns(const BrokenApp& broken, const TargetFilter& filter) {
  return filter.matches(broken.environment, broken.app.empty() ? filter.app : broken.app);
}

/// Field by field, what differs between the containers of a service and its desired form.
void add_changes(const DesiredTarget& desired, const ObservedInstance& observed, TargetDiff& diff) {
  for (const auto& service : desired.services) {
    const ObservedContainer* current = nullptr;
    for (const auto& one : observed.containers) {
      if (one.environment != desired.id.environment || one.app != desired.id.app || one.service != service.spec.name)
        continue;
      if (current == nullptr || (current->state != ContainerState::running && one.state == ContainerState::running))
        current = &one;
    }
    if (current == nullptr) {
      diff.changes.push_back({service.spec.name, {"container", std::nullopt, service.spec.image}});
      continue;
    }
    if (current->spec_digest == service.digest) continue;
    for (auto& change : diff_fields(current->applied, service.canonical))
      diff.changes.push_back({service.spec.name, std::move(change)});
  }
}

TargetDiff diff_one(const DesiredTarget& desired, const Result<ObservedInstance>& observed, Instant now) {
  TargetDiff diff;
  diff.target = desired.id;
  if (!observed) {
    diff.error = observed.error().message;
    return diff;
  }
  const auto plan = plan::plan_target(desired, *observed, {}, now);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    (i < plan.held_from() ? diff.steps : diff.held).push_back(to_string(plan.steps[i]));
  }
  // What already runs as asked and only waits for a gate is no difference.
  if (!diff.steps.empty() || plan.status.sync != SyncStatus::synced) add_changes(desired, *observed, diff);
  return diff;
}

Diagnostic warning(std::string message) {
  Diagnostic one;
  one.severity = Severity::warning;
  one.message = std::move(message);
  return one;
}

/// One answer: its parts share the observations.
class Diff {
 public:
  Diff(const DesiredState& desired, const TargetFilter& filter, DiffBasis basis)
      : desired_(desired), filter_(filter), basis_(std::move(basis)) {}

  DiffView make() {
    view_.revision = to_string(desired_.revision);
    for (const auto& target : desired_.targets) {
      if (!filter_.matches(target.id)) continue;
      auto diff = diff_one(target, look(target.id.instance), basis_.now);
      if (!diff.changes.empty() || !diff.steps.empty() || !diff.error.empty()) view_.targets.push_back(std::move(diff));
    }
    add_removals();
    std::sort(view_.targets.begin(), view_.targets.end(),
              [](const TargetDiff& left, const TargetDiff& right) { return left.target < right.target; });
    std::set<Diagnostic> all(desired_.diagnostics.begin(), desired_.diagnostics.end());
    for (const auto& broken : desired_.broken) {
      if (concerns(broken, filter_)) all.insert(broken.diagnostics.begin(), broken.diagnostics.end());
    }
    view_.diagnostics.insert(view_.diagnostics.end(), all.begin(), all.end());
    return std::move(view_);
  }

 private:
  const Result<ObservedInstance>& look(const std::string& instance) {
    const auto known = observed_.find(instance);
    if (known != observed_.end()) return known->second;
    const auto lane = basis_.lanes.find(instance);
    Result<ObservedInstance> result =
        Error{ErrorKind::rejected, "instance " + instance + " is not one that the controller works with"};
    if (lane != basis_.lanes.end() && lane->second->engine) {
      result = lane->second->engine->observe({.networks = true},
                                             ports::within(basis_.observe_limit, lane->second->stop.get_token()));
    } else if (lane != basis_.lanes.end()) {
      result = Error{ErrorKind::rejected, "instance " + instance + " cannot be used: " + lane->second->unusable};
    }
    return observed_.emplace(instance, std::move(result)).first->second;
  }

  /// The targets on an instance that are known now and that `desired` names no more.
  [[nodiscard]] std::vector<TargetId> leaving(const std::string& instance) const {
    std::vector<TargetId> ids;
    for (const auto& id : basis_.known) {
      if (id.instance == instance && filter_.matches(id) && !reconcile::may_be_wanted(desired_, id)) ids.push_back(id);
    }
    return ids;
  }

  void add_removals() {
    basis_.removals.revise(basis_.current.get(), desired_);
    for (const auto& [instance, lane] : basis_.lanes) {
      const auto known = leaving(instance);
      const bool stays = std::any_of(desired_.instances.begin(), desired_.instances.end(),
                                     [&name = instance](const InstanceSpec& spec) { return spec.name == name; });
      if (!stays) {
        if (!known.empty())
          view_.diagnostics.push_back(warning("instance " + instance + " is named no more: what is there stays"));
      } else if (filter_.matches_all() || !known.empty() || observed_.contains(instance)) {
        add_removals_on(instance, known);
      }
    }
    basis_.removals.decide(desired_);
    const bool held = std::any_of(removed_.begin(), removed_.end(),
                                  [this](const TargetId& id) { return !basis_.removals.may_go(id); });
    if (held) view_.diagnostics.push_back(warning("removals would be held: " + basis_.removals.held()));
  }

  void add_removals_on(const std::string& instance, const std::vector<TargetId>& known) {
    const auto& seen = look(instance);
    if (!seen) {
      for (const auto& id : known) view_.targets.push_back({id, {}, {}, {}, seen.error().message});
      return;
    }
    std::map<TargetId, bool> orphans;
    for (const auto& id : reconcile::orphaned_targets(desired_, instance, *seen)) {
      orphans[id] = reconcile::has_containers(id, *seen);
      if (!filter_.matches(id)) continue;
      TargetDiff diff;
      diff.target = id;
      const auto plan = plan::plan_removal(id, basis_.removals.policy(id, basis_.decisions), *seen, {}, basis_.now,
                                           reconcile::shared_networks(desired_, id.environment));
      for (const auto& step : plan.steps) diff.steps.push_back(to_string(step));
      if (diff.steps.empty()) continue;
      removed_.push_back(id);
      view_.targets.push_back(std::move(diff));
    }
    basis_.removals.found(instance, orphans);
  }

  const DesiredState& desired_;
  const TargetFilter& filter_;
  DiffBasis basis_;
  std::map<std::string, Result<ObservedInstance>> observed_;
  std::vector<TargetId> removed_;
  DiffView view_;
};

}  // namespace

bool names_any(const DesiredState& desired, const DiffBasis& basis, const TargetFilter& filter) {
  const auto target = [&filter](const DesiredTarget& one) { return filter.matches(one.id); };
  const auto broken = [&filter](const BrokenApp& one) { return concerns(one, filter); };
  const auto known = [&filter](const TargetId& one) { return filter.matches(one); };
  return filter.matches_all() || std::any_of(desired.targets.begin(), desired.targets.end(), target) ||
         std::any_of(desired.broken.begin(), desired.broken.end(), broken) ||
         std::any_of(basis.known.begin(), basis.known.end(), known);
}

DiffView make_diff(const DesiredState& desired, const TargetFilter& filter, DiffBasis basis) {
  return Diff(desired, filter, std::move(basis)).make();
}

}  // namespace plimsoll::controller
