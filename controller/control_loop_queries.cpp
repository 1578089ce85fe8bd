// Questions that block on a disk or an engine: diff and history. They never change anything.
#include <algorithm>

#include "controller/control_loop.hpp"
#include "plan/plan_target.hpp"
#include "reconcile/orphans.hpp"

namespace plimsoll::controller {
namespace {

bool wanted(const TargetId& id, const TargetFilter& filter) {
  return (filter.environment.empty() || filter.environment == id.environment) &&
         (filter.app.empty() || filter.app == id.app);
}

/// False when a filter names something that a desired state knows nothing of. No filter always matches.
bool names_any(const DesiredState& state, const TargetFilter& filter) {
  if (filter.environment.empty() && filter.app.empty()) return true;
  const auto target = [&filter](const DesiredTarget& one) { return wanted(one.id, filter); };
  const auto broken = [&filter](const BrokenApp& one) { return wanted({one.environment, one.app, {}}, filter); };
  return std::any_of(state.targets.begin(), state.targets.end(), target) ||
         std::any_of(state.broken.begin(), state.broken.end(), broken);
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
  for (const auto& step : plan.steps) diff.steps.push_back(to_string(step));
  // What already runs as asked and only waits for a gate is no difference.
  if (!diff.steps.empty() || plan.status.sync != SyncStatus::synced) add_changes(desired, *observed, diff);
  return diff;
}

}  // namespace

void ControlLoop::diff(DiffRequest request, std::function<void(Result<DiffView>)> done) {
  query_pool_.post([this, request = std::move(request), current = desired_, lanes = lanes_, done = std::move(done)] {
    const auto no_match = [&request](const DesiredState& state) -> std::optional<Error> {
      if (names_any(state, request.filter)) return std::nullopt;
      return Error{ErrorKind::rejected, "no app matches " + request.filter.environment + "/" + request.filter.app +
                                            " in this revision; `plimsoll status` lists what is deployed"};
    };
    const auto answer = [this, &done](Result<DiffView> view) {
      post_to_loop([done, view = std::move(view)]() mutable { done(std::move(view)); });
    };
    if (!request.manifests && request.revision.empty()) {
      if (!current)
        return answer(Error{ErrorKind::transient, "the source has not been read yet; see `plimsoll status`"});
      if (auto error = no_match(*current)) return answer(*error);
      return answer(make_diff(*current, request.filter, lanes));
    }
    Result<DesiredState> other = [&]() -> Result<DesiredState> {
      const std::lock_guard lock(queries_mutex_);
      if (request.manifests) return ports_.queries.load_files(*request.manifests);
      return ports_.queries.load_revision(request.revision, stop_.get_token());
    }();
    if (!other) return answer(other.error());
    if (auto error = no_match(*other)) return answer(*error);
    answer(make_diff(*other, request.filter, lanes));
  });
}

DiffView ControlLoop::make_diff(const DesiredState& desired, const TargetFilter& filter, const Lanes& lanes) {
  DiffView view;
  view.revision = to_string(desired.revision);
  std::map<std::string, Result<ObservedInstance>> observed;
  const auto look = [&](const std::string& instance) -> const Result<ObservedInstance>& {
    const auto known = observed.find(instance);
    if (known != observed.end()) return known->second;
    const auto lane = lanes.find(instance);
    Result<ObservedInstance> result =
        Error{ErrorKind::rejected, "instance " + instance + " is not one that the controller works with"};
    if (lane != lanes.end() && lane->second->engine) {
      result = lane->second->engine->observe({.networks = true},
                                             ports::within(settings_.observe_limit, lane->second->stop.get_token()));
    }
    return observed.emplace(instance, std::move(result)).first->second;
  };
  for (const auto& target : desired.targets) {
    if (!wanted(target.id, filter)) continue;
    auto diff = diff_one(target, look(target.id.instance), ports_.clock.now());
    if (!diff.changes.empty() || !diff.steps.empty() || !diff.error.empty()) view.targets.push_back(std::move(diff));
  }
  add_removals(desired, filter, lanes, observed, view);
  for (const auto& broken : desired.broken) {
    view.diagnostics.insert(view.diagnostics.end(), broken.diagnostics.begin(), broken.diagnostics.end());
  }
  view.diagnostics.insert(view.diagnostics.end(), desired.diagnostics.begin(), desired.diagnostics.end());
  return view;
}

void ControlLoop::add_removals(const DesiredState& desired, const TargetFilter& filter, const Lanes& lanes,
                               const std::map<std::string, Result<ObservedInstance>>& observed, DiffView& view) const {
  for (const auto& [instance, lane] : lanes) {
    const auto seen = observed.find(instance);
    if (seen == observed.end() || !seen->second) continue;
    for (const auto& id : reconcile::orphaned_targets(desired, instance, *seen->second)) {
      if (!wanted(id, filter)) continue;
      TargetDiff diff;
      diff.target = id;
      const auto plan = plan::plan_removal(id, {}, *seen->second, {}, ports_.clock.now());
      for (const auto& step : plan.steps) diff.steps.push_back(to_string(step));
      if (!diff.steps.empty()) view.targets.push_back(std::move(diff));
    }
  }
}

void ControlLoop::history(TargetId filter, int limit,
                          std::function<void(Result<std::vector<ports::HistoryEntry>>)> done) {
  records_pool_.post([this, filter = std::move(filter), limit, done = std::move(done)] {
    auto entries = ports_.store.history(filter, limit);
    post_to_loop([done, entries = std::move(entries)]() mutable { done(std::move(entries)); });
  });
}

}  // namespace plimsoll::controller
