#include "reconcile/orphans.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace plimsoll::reconcile {
namespace {

/// `environments/<environment>.yaml` (or `.yml`), at the end of the path that a diagnostic names.
bool names_environment_file(const std::string& file, const std::string& environment) {
  for (const std::string_view extension : {".yaml", ".yml"}) {
    const std::string wanted = "environments/" + environment + std::string(extension);
    if (file == wanted || (file.size() > wanted.size() && file.ends_with("/" + wanted))) return true;
  }
  return false;
}

bool is_named(const DesiredState& desired, const TargetId& target) {
  return std::any_of(desired.targets.begin(), desired.targets.end(),
                     [&](const DesiredTarget& one) { return one.id == target; });
}

bool may_be_error(const DesiredState& desired, const TargetId& target) {
  const auto broken = [&](const BrokenApp& one) {
    return one.environment == target.environment && (one.app.empty() || one.app == target.app);
  };
  if (std::any_of(desired.broken.begin(), desired.broken.end(), broken)) return true;
  const auto in_environment_file = [&](const Diagnostic& one) {
    return one.severity == Severity::error && names_environment_file(one.where.file, target.environment);
  };
  if (std::any_of(desired.diagnostics.begin(), desired.diagnostics.end(), in_environment_file)) return true;
  const auto same_environment = [&](const DesiredTarget& one) { return one.id.environment == target.environment; };
  return has_errors(desired.diagnostics) &&
         std::none_of(desired.targets.begin(), desired.targets.end(), same_environment);
}

bool is_shared_no_more(const DesiredState& desired, const ObservedNetwork& network) {
  return network.app.empty() && !shared_networks(desired, network.environment).contains(network.name);
}

}  // namespace

bool may_be_wanted(const DesiredState& desired, const TargetId& target) {
  return is_named(desired, target) || may_be_error(desired, target);
}

std::set<std::string> shared_networks(const DesiredState& desired, const std::string& environment) {
  std::set<std::string> names;
  if (const auto found = desired.shared_networks.find(environment); found != desired.shared_networks.end()) {
    names = found->second;
  }
  for (const auto& target : desired.targets) {
    if (target.id.environment != environment) continue;
    for (const auto& network : target.networks) {
      if (network.shared) names.insert(network.name);
    }
  }
  return names;
}

std::vector<TargetId> orphaned_targets(const DesiredState& desired, const std::string& instance,
                                       const ObservedInstance& observed) {
  std::set<TargetId> found;
  for (const auto& one : observed.containers) found.insert({one.environment, one.app, instance});
  if (observed.networks) {
    for (const auto& one : *observed.networks) {
      if (!one.app.empty() || (!one.in_use && is_shared_no_more(desired, one))) {
        found.insert({one.environment, one.app, instance});
      }
    }
  }
  std::vector<TargetId> orphans;
  for (const auto& target : found) {
    if (!may_be_wanted(desired, target)) orphans.push_back(target);
  }
  return orphans;
}

bool uses_what_is_not_shared(const DesiredState& desired, const std::string& instance,
                             const ObservedInstance& observed) {
  if (!observed.networks) return false;
  return std::any_of(observed.networks->begin(), observed.networks->end(), [&](const ObservedNetwork& one) {
    return one.in_use && is_shared_no_more(desired, one) && !may_be_wanted(desired, {one.environment, "", instance});
  });
}

bool has_containers(const TargetId& target, const ObservedInstance& observed) {
  return std::any_of(observed.containers.begin(), observed.containers.end(), [&target](const auto& container) {
    return container.environment == target.environment && container.app == target.app;
  });
}

}  // namespace plimsoll::reconcile
