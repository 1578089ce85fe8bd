#include "manifest/convert_project.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "manifest/canonical.hpp"
#include "manifest/convert_hooks.hpp"
#include "manifest/convert_networks.hpp"
#include "manifest/service_parts.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

Dependency::Condition condition_of(const FieldReader& edge) {
  const std::string text = edge.text("condition");
  if (text == "service_healthy") return Dependency::Condition::healthy;
  if (text == "service_completed_successfully") return Dependency::Condition::completed;
  if (!text.empty() && text != "service_started") {
    edge.error("condition", "\"" + text + "\" is no condition",
               "use service_started, service_healthy or service_completed_successfully");
  }
  return Dependency::Condition::started;
}

void convert_dependencies(const FieldReader& service, const FieldReader& services, DesiredService& out) {
  const Node* edges = service.get("depends_on");
  if (edges == nullptr) return;
  for (const Node& item : edges->items()) out.depends_on.push_back({item.as_text()});
  const FieldReader by_name = edges->is_mapping() ? service.at("depends_on") : service.at("");
  for (const Node::Entry& entry : edges->entries()) {
    const FieldReader edge = by_name.at(entry.key);
    // Compose keeps an optional edge to a service that profiles switched off; nothing can wait for it.
    if (!edge.flag("required", true) && !services.node().contains(entry.key)) continue;
    out.depends_on.push_back({entry.key, condition_of(edge), edge.flag("restart"), edge.flag("required", true)});
  }
  std::sort(out.depends_on.begin(), out.depends_on.end(),
            [](const Dependency& a, const Dependency& b) { return a.service < b.service; });
}

DesiredService convert_service(const FieldReader& service, const std::string& name, const FieldReader& project,
                               const ConversionContext& context) {
  DesiredService out;
  out.spec.name = name;
  convert_image(service, context, out.spec);
  check_service_keys(service, !out.spec.image.empty());
  convert_process(service, out.spec);
  convert_health_check(service, out.spec);
  convert_ports(service, context, out.spec);
  convert_mounts(service, project.at("volumes"), context, out.spec);
  convert_config_files(service, project, context, out.spec);
  convert_attachments(service, project.at("networks"), context, out.spec);
  convert_resources(service, out.spec);
  convert_isolation(service, context, out.spec);
  convert_deploy(service, project, out);
  convert_dependencies(service, project.at("services"), out);
  convert_reload(service, out);
  out.canonical = canonical_fields(out.spec);
  out.digest = spec_digest(out.canonical);
  check_service(service, out);
  return out;
}

/// Runs to completion once per digest: never restarted, and somebody waits for its end.
void mark_one_shots(std::vector<DesiredService>& services) {
  std::set<std::string> awaited;
  for (const DesiredService& service : services) {
    for (const Dependency& edge : service.depends_on) {
      if (edge.condition == Dependency::Condition::completed) awaited.insert(edge.service);
    }
  }
  for (DesiredService& service : services) {
    service.one_shot = service.spec.restart.name == "no" && awaited.contains(service.spec.name);
  }
}

void check_dependencies(const FieldReader& services, const std::vector<DesiredService>& converted) {
  for (const DesiredService& service : converted) {
    const FieldReader reader = services.at(service.spec.name);
    for (const Dependency& edge : service.depends_on) {
      if (services.node().contains(edge.service) || !edge.required) continue;
      reader.error("depends_on", "service \"" + edge.service + "\" is not declared", "add it, or correct the name");
    }
  }
}

/// Two services with one explicit name could not both exist.
void check_container_names(const FieldReader& services, const std::vector<DesiredService>& converted) {
  std::map<std::string, std::string> owners;
  for (const DesiredService& service : converted) {
    const std::string& name = service.spec.container_name;
    if (name.empty()) continue;
    const auto [owner, is_new] = owners.emplace(name, service.spec.name);
    if (is_new) continue;
    services.at(service.spec.name)
        .error("container_name", "\"" + name + "\" is the container_name of service \"" + owner->second + "\" too",
               "give each its own");
  }
}

std::vector<NetworkSpec> used_networks(const FieldReader& project, const ConversionContext& context) {
  std::map<std::string, NetworkSpec> by_name;
  std::set<std::string> seen;
  const FieldReader services = project.at("services");
  const FieldReader networks = project.at("networks");
  for (const Node::Entry& entry : services.node().entries()) {
    for (const std::string& key : network_keys(services.at(entry.key))) {
      if (!seen.insert(key).second || (key != "default" && !networks.node().contains(key))) continue;
      NetworkSpec network = convert_network(networks, key, context);
      by_name.emplace(network.name, std::move(network));
    }
  }
  std::vector<NetworkSpec> out;
  for (auto& [name, network] : by_name) out.push_back(std::move(network));
  return out;
}

VolumeSpec convert_volume(const FieldReader& volume, std::string name) {
  VolumeSpec out;
  out.name = std::move(name);
  out.external = volume.flag("external");
  if (out.external) return out;
  out.driver = volume.text("driver");
  out.driver_opts = volume.text_map("driver_opts");
  out.labels = volume.text_map("labels");
  return out;
}

std::vector<VolumeSpec> used_volumes(const FieldReader& project, const std::vector<DesiredService>& services,
                                     const ConversionContext& context) {
  std::set<std::string> used;
  for (const DesiredService& service : services) {
    for (const Mount& mount : service.spec.mounts) {
      if (mount.type == Mount::Type::volume && !mount.source.empty()) used.insert(mount.source);
    }
  }
  std::map<std::string, VolumeSpec> by_name;
  const FieldReader volumes = project.at("volumes");
  for (const Node::Entry& entry : volumes.node().entries()) {
    const FieldReader volume = volumes.at(entry.key);
    const std::string own = volume.text("name");
    std::string name = !own.empty() ? own : volume.flag("external") ? entry.key : context.project() + "_" + entry.key;
    if (used.contains(name)) by_name.emplace(name, convert_volume(volume, name));
  }
  std::vector<VolumeSpec> out;
  for (auto& [name, volume] : by_name) out.push_back(std::move(volume));
  return out;
}

}  // namespace

DesiredTarget convert_project(const Node& tree, const ConversionContext& context) {
  DesiredTarget out;
  out.id = context.id;
  const FieldReader project(tree, "", context.findings);
  const FieldReader services = project.at("services");
  if (project.get("models") != nullptr) project.error("models", "models need a model runner", "run it as a service");
  for (const Node::Entry& entry : services.node().entries()) {
    out.services.push_back(convert_service(services.at(entry.key), entry.key, project, context));
  }
  std::sort(out.services.begin(), out.services.end(),
            [](const DesiredService& a, const DesiredService& b) { return a.spec.name < b.spec.name; });
  mark_one_shots(out.services);
  convert_hooks(project, out.services);
  check_dependencies(services, out.services);
  check_container_names(services, out.services);
  out.networks = used_networks(project, context);
  out.volumes = used_volumes(project, out.services, context);
  return out;
}

}  // namespace plimsoll::manifest
