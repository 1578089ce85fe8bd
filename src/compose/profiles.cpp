#include "compose/profiles.hpp"

#include <algorithm>

namespace plimsoll::compose {
namespace {

bool enabled(const Node& service, const std::set<std::string>& profiles) {
  const Node* own = service.find("profiles");
  if (own == nullptr || own->items().empty()) return true;
  return profiles.contains("*") || std::any_of(own->items().begin(), own->items().end(),
                                               [&](const Node& item) { return profiles.contains(item.string()); });
}

}  // namespace

std::set<std::string> apply_profiles(Node& project, const std::vector<std::string>& profiles) {
  std::set<std::string> disabled;
  Node* services = project.find("services");
  if (services == nullptr) return disabled;
  const std::set<std::string> active(profiles.begin(), profiles.end());
  for (const Node::Entry& entry : services->entries())
    if (!enabled(entry.value, active)) disabled.insert(entry.key);
  std::erase_if(services->entries(), [&](const Node::Entry& entry) { return disabled.contains(entry.key); });
  return disabled;
}

}  // namespace plimsoll::compose
