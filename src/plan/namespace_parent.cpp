#include "plan/namespace_parent.hpp"

#include <algorithm>

#include "plan/gate.hpp"

namespace plimsoll::plan {

bool NamespaceParent::lives(const ObservedContainer& container) const {
  if (service.empty() || container.namespace_of.empty()) return true;
  const auto found = containers.find(container.namespace_of);
  return found != containers.end() && is_up(*found->second);
}

bool NamespaceParent::lost(const ObservedContainer& container) const {
  return !service.empty() && !container.namespace_of.empty() && !containers.contains(container.namespace_of);
}

bool NamespaceParent::is_another(const ObservedContainer& container) const {
  if (serving.empty()) return false;
  if (!container.namespace_of.empty()) return !serving.contains(container.namespace_of);
  return !unsettled && container.created_at && std::any_of(serving.begin(), serving.end(), [&](const std::string& id) {
    return containers.at(id)->created_at > container.created_at;
  });
}

bool NamespaceParent::was_renewed(const ObservedContainer& container) const {
  const auto found = containers.find(container.namespace_of);
  if (found == containers.end() || !is_up(*found->second)) return false;
  return container.started_at && found->second->started_at > container.started_at;
}

}  // namespace plimsoll::plan
