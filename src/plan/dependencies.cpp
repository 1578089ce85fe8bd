#include "plan/dependencies.hpp"

#include <algorithm>

namespace plimsoll::plan {
namespace {

constexpr std::string_view kServiceMode = "service:";

bool is_met(const ServicePlan& plan, Dependency::Condition condition) {
  switch (condition) {
    case Dependency::Condition::started: return plan.started;
    case Dependency::Condition::healthy: return plan.good;
    case Dependency::Condition::completed: return plan.completed;
  }
  return false;
}

std::string waiting_text(const Dependency& dependency) {
  switch (dependency.condition) {
    case Dependency::Condition::started: return "waiting for " + dependency.service + " to be started";
    case Dependency::Condition::healthy: return "waiting for " + dependency.service + " to be healthy";
    case Dependency::Condition::completed: return "waiting for " + dependency.service + " to complete";
  }
  return {};
}

}  // namespace

std::string namespace_parent(const ServiceSpec& spec) {
  for (const auto* mode : {&spec.network_mode, &spec.pid, &spec.ipc}) {
    if (mode->starts_with(kServiceMode)) return mode->substr(kServiceMode.size());
  }
  return {};
}

std::set<std::string> prerequisites(const DesiredService& service) {
  std::set<std::string> names;
  for (const auto& dependency : service.depends_on) names.insert(dependency.service);
  if (const std::string parent = namespace_parent(service.spec); !parent.empty()) names.insert(parent);
  names.erase(service.spec.name);
  return names;
}

std::vector<const DesiredService*> dependency_order(const DesiredTarget& target) {
  std::map<std::string, const DesiredService*> waiting;
  for (const auto& service : target.services) waiting.emplace(service.spec.name, &service);
  std::vector<const DesiredService*> order;
  while (!waiting.empty()) {
    const auto ready = std::find_if(waiting.begin(), waiting.end(), [&waiting](const auto& entry) {
      const auto before = prerequisites(*entry.second);
      return std::none_of(before.begin(), before.end(), [&](const auto& name) { return waiting.contains(name); });
    });
    const auto next = ready == waiting.end() ? waiting.begin() : ready;
    order.push_back(next->second);
    waiting.erase(next);
  }
  return order;
}

bool runs_to_completion(const DesiredTarget& target, const DesiredService& service) {
  if (service.one_shot) return true;
  return std::any_of(target.services.begin(), target.services.end(), [&service](const DesiredService& other) {
    return std::any_of(other.depends_on.begin(), other.depends_on.end(), [&service](const Dependency& dependency) {
      return dependency.service == service.spec.name && dependency.condition == Dependency::Condition::completed;
    });
  });
}

std::string unmet_dependency(const DesiredService& service, const std::map<std::string, ServicePlan>& planned) {
  std::vector<Dependency> dependencies = service.depends_on;
  std::sort(dependencies.begin(), dependencies.end(),
            [](const Dependency& left, const Dependency& right) { return left.service < right.service; });
  for (const auto& dependency : dependencies) {
    const auto plan = planned.find(dependency.service);
    if (plan == planned.end() || is_met(plan->second, dependency.condition)) continue;
    if (!dependency.required && plan->second.failed) continue;
    return waiting_text(dependency);
  }
  const std::string parent = namespace_parent(service.spec);
  const auto plan = planned.find(parent);
  if (plan != planned.end() && !plan->second.started) return "waiting for " + parent + " to be started";
  return {};
}

}  // namespace plimsoll::plan
