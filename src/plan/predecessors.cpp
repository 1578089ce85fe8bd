#include "plan/predecessors.hpp"

#include <algorithm>
#include <string_view>

#include "plan/dependencies.hpp"
#include "plan/field_keys.hpp"
#include "plan/gate.hpp"
#include "plan/host_ports.hpp"
#include "plan/naming.hpp"

namespace plimsoll::plan {
namespace {

constexpr std::string_view kSource = ".source";

bool is_desired(const DesiredTarget& target, const std::string& name) {
  return std::any_of(target.services.begin(), target.services.end(),
                     [&name](const DesiredService& service) { return service.spec.name == name; });
}

/// The container was made to write this volume.
bool writes(const ObservedContainer& container, const std::string& volume) {
  return std::any_of(container.applied.begin(), container.applied.end(), [&](const auto& field) {
    const auto& [path, value] = field;
    if (!is_under(path, field::kMounts) || !path.ends_with(kSource) || value != volume) return false;
    return !container.applied.contains(path.substr(0, path.size() - kSource.size()) + ".read_only");
  });
}

bool shares_volume(const DesiredService& service, const ObservedContainer& container) {
  if (service.replicas != 1) return false;
  return std::any_of(service.spec.mounts.begin(), service.spec.mounts.end(), [&container](const Mount& mount) {
    return mount.type == Mount::Type::volume && !mount.source.empty() && !mount.read_only &&
           writes(container, mount.source);
  });
}

/// It bears a name of this service: the settled one, or what a swap gives.
bool bears_name_of(const TargetId& target, const DesiredService& service, const ObservedContainer& container) {
  const std::string settled = container_name(target, service.spec, container.replica);
  const std::string_view name = container.name;
  if (!name.starts_with(settled)) return false;
  const std::string_view rest = name.substr(settled.size());
  return rest.empty() || name_role(rest, settled) != NameRole::other;
}

/// Nothing of its own runs. What ended may be what another name was given to, and is to have its own again.
bool has_nothing_up(const DesiredService& service, const std::vector<const ObservedContainer*>& containers) {
  return std::none_of(containers.begin(), containers.end(), [&service](const ObservedContainer* container) {
    return container->service == service.spec.name && is_up(*container);
  });
}

/// Services may share a volume for good: one that crashed while another one left is no renamed one.
bool has_ended_in_place(const TargetId& target, const DesiredService& service,
                        const std::vector<const ObservedContainer*>& containers) {
  return std::any_of(containers.begin(), containers.end(), [&](const ObservedContainer* container) {
    return container->service == service.spec.name && has_ended(*container) &&
           container->name == container_name(target, service.spec, container->replica);
  });
}

bool takes_place_of(const DesiredTarget& target, const DesiredService& service, const ObservedContainer& container,
                    const std::vector<const ObservedContainer*>& containers) {
  if (bears_name_of(target.id, service, container)) return true;
  if (!has_nothing_up(service, containers)) return false;
  return shares_host_port(service.spec, container) ||
         (shares_volume(service, container) && !has_ended_in_place(target.id, service, containers));
}

}  // namespace

std::map<std::string, std::set<const ObservedContainer*>> find_predecessors(
    const DesiredTarget& target, const std::vector<const ObservedContainer*>& containers) {
  std::map<std::string, std::set<const ObservedContainer*>> found;
  if (!target.sync.prune) return found;
  std::map<std::string, const DesiredService*> services;
  for (const auto& service : target.services) services.emplace(service.spec.name, &service);
  for (const auto* container : containers) {
    const bool gone = container->state == ContainerState::removing || container->state == ContainerState::created;
    if (gone || is_desired(target, container->service)) continue;
    for (const auto& [name, service] : services) {
      if (runs_to_completion(target, *service)) continue;
      if (!takes_place_of(target, *service, *container, containers)) continue;
      found[name].insert(container);
      break;
    }
  }
  return found;
}

}  // namespace plimsoll::plan
