#include "compose/profiles.hpp"

#include <algorithm>

namespace plimsoll::compose {
namespace {

bool enabled(const Node& service, const std::vector<std::string>& profiles) {
  const Node* own = service.find("profiles");
  if (own == nullptr || own->items().empty()) return true;
  return std::any_of(profiles.begin(), profiles.end(), [&](const std::string& profile) {
    return profile == "*" || std::any_of(own->items().begin(), own->items().end(),
                                         [&](const Node& item) { return item.string() == profile; });
  });
}

void drop_optional_edges(Node& service, const std::set<std::string>& disabled) {
  Node* edges = service.find("depends_on");
  if (edges == nullptr) return;
  std::erase_if(edges->entries(), [&](const Node::Entry& edge) {
    const Node* required = edge.value.find("required");
    return disabled.contains(edge.key) && required != nullptr && !required->as_bool();
  });
  if (edges->entries().empty()) service.erase("depends_on");
}

}  // namespace

std::set<std::string> apply_profiles(Node& project, const std::vector<std::string>& profiles) {
  std::set<std::string> disabled;
  Node* services = project.find("services");
  if (services == nullptr) return disabled;
  for (const Node::Entry& entry : services->entries())
    if (!enabled(entry.value, profiles)) disabled.insert(entry.key);
  std::erase_if(services->entries(), [&](const Node::Entry& entry) { return disabled.contains(entry.key); });
  for (Node::Entry& entry : services->entries()) drop_optional_edges(entry.value, disabled);
  return disabled;
}

}  // namespace plimsoll::compose
