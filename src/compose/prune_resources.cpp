#include "compose/prune_resources.hpp"

#include <map>
#include <set>
#include <string>

namespace plimsoll::compose {
namespace {

using Used = std::map<std::string_view, std::set<std::string>>;

void collect_keys(const Node& service, std::string_view section, Used& used) {
  if (const Node* mapping = service.find(section))
    for (const Node::Entry& entry : mapping->entries()) used[section].insert(entry.key);
}

void collect_sources(const Node& owner, std::string_view section, Used& used) {
  const Node* list = owner.find(section);
  if (list == nullptr) return;
  for (const Node& item : list->items()) {
    const Node* type = item.find("type");
    const Node* source = item.find("source");
    if (source != nullptr && (type == nullptr || type->string() == "volume")) used[section].insert(source->string());
  }
}

}  // namespace

void prune_unused_resources(Node& project) {
  Used used;
  if (const Node* services = project.find("services"))
    for (const Node::Entry& entry : services->entries()) {
      for (std::string_view section : {"networks", "models"}) collect_keys(entry.value, section, used);
      for (std::string_view section : {"volumes", "secrets", "configs"}) collect_sources(entry.value, section, used);
      if (const Node* build = entry.value.find("build")) collect_sources(*build, "secrets", used);
    }
  for (std::string_view section : {"networks", "volumes", "secrets", "configs", "models"}) {
    Node* resources = project.find(section);
    if (resources == nullptr) continue;
    std::erase_if(resources->entries(), [&](const Node::Entry& entry) { return !used[section].contains(entry.key); });
    if (resources->entries().empty()) project.erase(section);
  }
}

}  // namespace plimsoll::compose
