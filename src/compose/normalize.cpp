#include "compose/normalize.hpp"

#include <vector>

#include "compose/text_split.hpp"

namespace plimsoll::compose {
namespace {

void add_dependency(Node& service, std::string_view on, bool restart, const Place& at) {
  Node* edges = service.find("depends_on");
  if (edges == nullptr) edges = &service.set("depends_on", Node::make_mapping(at), at);
  if (edges->contains(on)) return;
  Node edge = Node::make_mapping(at);
  edge.set("condition", Node::make_string("service_started", at), at);
  if (restart) edge.set("restart", Node::make_bool(true, at), at);
  edge.set("required", Node::make_bool(true, at), at);
  edges->set(on, std::move(edge), at);
}

void add_implicit_dependencies(Node& service) {
  std::vector<std::pair<std::string, bool>> wanted;
  const Place at = service.place();
  if (const Node* links = service.find("links"))
    for (const Node& link : links->items()) wanted.emplace_back(split_outside_tokens(link.as_text(), ':')[0], true);
  for (std::string_view key : {"network_mode", "ipc", "pid", "uts", "cgroup"}) {
    const Node* space = service.find(key);
    if (space != nullptr && space->string().starts_with("service:"))
      wanted.emplace_back(space->string().substr(8), true);
  }
  if (const Node* sources = service.find("volumes_from"))
    for (const Node& source : sources->items())
      if (!source.as_text().starts_with("container:"))
        wanted.emplace_back(split_outside_tokens(source.as_text(), ':')[0], false);
  for (const auto& [name, restart] : wanted) add_dependency(service, name, restart, at);
}

/// Returns whether the service uses the default network.
bool attach_networks(Node& service) {
  const Node* mode = service.find("network_mode");
  if (service.contains("provider") || mode != nullptr) {
    // An empty mode means no network at all.
    if (mode != nullptr && mode->string().empty()) service.erase("network_mode");
    return false;
  }
  const Node* networks = service.find("networks");
  if (networks != nullptr && networks->size() > 0) return networks->contains("default");
  Node mapping = Node::make_mapping(service.place());
  mapping.set("default", Node{}, service.place());
  service.set("networks", std::move(mapping), service.place());
  return true;
}

void name_resources(Node& project, std::string_view section, const std::string& project_name) {
  Node* resources = project.find(section);
  if (resources == nullptr) return;
  for (Node::Entry& entry : resources->entries()) {
    if (!entry.value.is_mapping()) continue;
    const bool named = entry.value.contains("name");
    std::erase_if(entry.value.entries(),
                  [](const Node::Entry& part) { return part.value.is_string() && part.value.string().empty(); });
    if (named) continue;
    const Node* external = entry.value.find("external");
    const bool own = external == nullptr || !external->as_bool();
    entry.value.set("name", Node::make_string(own ? project_name + "_" + entry.key : entry.key, entry.key_place),
                    entry.key_place);
  }
}

void normalize_service(Node& service) {
  Node* policy = service.find("pull_policy");
  if (policy != nullptr && policy->string() == "if_not_present") policy->set_source("missing", policy->quoted());
  add_implicit_dependencies(service);
  if (Node* volumes = service.find("volumes"))
    for (Node& volume : volumes->items())
      if (Node* target = volume.find("target")) target->set_source(clean_path(target->string()), target->quoted());
}

void pass_through(Node* variables, const Lookup& lookup, bool keep_unset, Expansion& expansion) {
  if (variables == nullptr) return;
  std::vector<Node::Entry> kept;
  for (Node::Entry& entry : variables->entries()) {
    if (entry.value.is_null())
      if (auto value = lookup(entry.key)) {
        expansion.add(0, value->size(), entry.value.place());
        entry.value = Node::make_string(std::move(*value), entry.value.place());
      }
    if (keep_unset || !entry.value.is_null()) kept.push_back(std::move(entry));
  }
  variables->entries() = std::move(kept);
}

void pass_listed(Node* variables, const Lookup& lookup, Expansion& expansion) {
  if (variables == nullptr) return;
  for (Node& item : variables->items()) {
    if (!item.is_string() || find_outside_tokens(item.string(), '=') != std::string::npos) continue;
    auto value = lookup(item.string());
    if (!value) continue;
    expansion.add(0, value->size(), item.place());
    item = Node::make_string(item.string() + "=" + *value, item.place());
  }
}

}  // namespace

void pass_listed_variables_through(Node& model, const Lookup& lookup, Expansion& expansion) {
  Node* services = model.find("services");
  if (services == nullptr) return;
  for (Node::Entry& entry : services->entries()) pass_listed(entry.value.find("environment"), lookup, expansion);
}

void pass_variables_through(Node& project, const Lookup& lookup, Expansion& expansion) {
  Node* services = project.find("services");
  if (services == nullptr) return;
  for (Node::Entry& entry : services->entries()) {
    pass_through(entry.value.find("environment"), lookup, true, expansion);
    Node* build = entry.value.find("build");
    if (build == nullptr) continue;
    pass_through(build->find("args"), lookup, false, expansion);
    if (const Node* args = build->find("args"); args != nullptr && args->size() == 0) build->erase("args");
  }
}

void normalize(Node& project, const std::string& project_name) {
  bool default_used = false;
  const Place at = project.place();
  if (Node* services = project.find("services"))
    for (Node::Entry& entry : services->entries()) {
      if (!entry.value.is_mapping()) continue;
      default_used = attach_networks(entry.value) || default_used;
      normalize_service(entry.value);
    }
  if (default_used) {
    Node* networks = project.find("networks");
    if (networks == nullptr) networks = &project.set("networks", Node::make_mapping(at), at);
    if (!networks->contains("default")) {
      Node& network = networks->set("default", Node::make_mapping(at), at);
      network.set("ipam", Node::make_mapping(at), at);
    }
  }
  for (std::string_view section : {"networks", "volumes", "configs", "secrets"})
    name_resources(project, section, project_name);
}

void copy_scale_to_deploy(Node& project) {
  Node* services = project.find("services");
  if (services == nullptr) return;
  for (Node::Entry& entry : services->entries()) {
    const Node* scale = entry.value.find("scale");
    Node* deploy = entry.value.find("deploy");
    if (scale != nullptr && deploy != nullptr) deploy->set("replicas", *scale, scale->place());
  }
}

}  // namespace plimsoll::compose
