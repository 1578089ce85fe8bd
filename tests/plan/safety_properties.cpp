#include "plan/safety_properties.hpp"

#include <algorithm>
#include <map>

#include "plan/naming.hpp"
#include "plan/swap_order.hpp"
#include "plan/walk_generator.hpp"

namespace plimsoll::plan_test {
namespace {

const DesiredService* find_service(const DesiredTarget& desired, const std::string& name) {
  for (const auto& service : desired.services) {
    if (service.spec.name == name) return &service;
  }
  return nullptr;
}

const ContainerRef* subject_of(const Action& action) {
  if (const auto* a = std::get_if<StartContainer>(&action)) return &a->container;
  if (const auto* a = std::get_if<CheckGate>(&action)) return &a->container;
  if (const auto* a = std::get_if<StopContainer>(&action)) return &a->container;
  if (const auto* a = std::get_if<UnpauseContainer>(&action)) return &a->container;
  if (const auto* a = std::get_if<RenameContainer>(&action)) return &a->container;
  if (const auto* a = std::get_if<RemoveContainer>(&action)) return &a->container;
  if (const auto* a = std::get_if<UpdateContainer>(&action)) return &a->container;
  if (const auto* a = std::get_if<ConnectNetwork>(&action)) return &a->container;
  if (const auto* a = std::get_if<DisconnectNetwork>(&action)) return &a->container;
  if (const auto* a = std::get_if<ReloadFiles>(&action)) return &a->container;
  return nullptr;
}

/// In every network that it is in, but for those that the service is to leave: nobody is promised an answer there.
bool bears_alias(const SimContainer& container, const DesiredService& service) {
  const auto wanted = [&service](const std::string& network) {
    return std::any_of(service.spec.networks.begin(), service.spec.networks.end(),
                       [&network](const NetworkAttachment& one) { return one.network == network; });
  };
  return std::all_of(container.seen.networks.begin(), container.seen.networks.end(), [&](const auto& network) {
    const auto& [name, aliases] = network;
    return !wanted(name) || std::find(aliases.begin(), aliases.end(), service.spec.name) != aliases.end();
  });
}

/// `dev-shop-api-1` out of that and what a swap makes of it.
std::string stem(const std::string& name) { return name.substr(0, name.find('.')); }

/// What a service was called first.
std::string_view first_name(std::string_view service) {
  for (const auto& [one, other] : kRenamed) {
    if (service == other) return one;
  }
  return service;
}

/// Also when one of them is what the service was before it got its name.
bool same_replica(const SimContainer& left, const SimContainer& right) {
  return left.ours && right.ours && left.seen.environment == right.seen.environment &&
         left.seen.app == right.seen.app && left.seen.replica == right.seen.replica &&
         (left.seen.service == right.seen.service || stem(left.seen.name) == stem(right.seen.name));
}

/// One of them has the place of the other, or of what had the place of the other.
bool same_place(const SimContainer& left, const SimContainer& right) {
  const bool same = left.ours && right.ours && left.seen.environment == right.seen.environment &&
                    left.seen.app == right.seen.app && left.seen.replica == right.seen.replica;
  return same && first_name(left.seen.service) == first_name(right.seen.service);
}

template <class Predicate>
bool any_other(const EngineSimulation& engine, const SimContainer& container, Predicate predicate) {
  return std::any_of(engine.containers().begin(), engine.containers().end(), [&](const SimContainer& other) {
    return &other != &container && same_replica(other, container) && predicate(other);
  });
}

std::string check_stop(const SimContainer& container, const DesiredService& service, const EngineSimulation& engine) {
  const bool as_desired = container.seen.spec_digest == service.digest;
  if (!container.good_when_observed || (as_desired && container.seen.restart_count > 0)) return {};
  if (!plan::decide_swap_order(service).stop_first) {
    const bool replaced = any_other(engine, container, [&](const SimContainer& other) {
      return other.good_when_observed && bears_alias(other, service);
    });
    return replaced ? "" : "stops " + container.seen.name + ", which answers, and nothing else does";
  }
  const bool prepared = any_other(engine, container, [](const SimContainer&) { return true; });
  return prepared ? "" : "stops " + container.seen.name + " before its successor was created";
}

std::string check_remove(const SimContainer& container, const DesiredService& service, const EngineSimulation& engine) {
  if (!container.ever_good || container.seen.image == service.spec.image) return {};
  const auto& all = engine.containers();
  const bool another = std::any_of(all.begin(), all.end(), [&container](const SimContainer& other) {
    return &other != &container && same_place(other, container) &&
           (other.ever_good || other.seen.created_at <= container.seen.created_at);
  });
  return another ? "" : "removes " + container.seen.name + ", which answered, for one that never did";
}

std::string check_start(const SimContainer& container, const DesiredService& service, const EngineSimulation& engine) {
  if (plan::decide_swap_order(service).stop_first || container.seen.networks.empty()) return {};
  if (!bears_alias(container, service)) return {};
  const bool beside = any_other(engine, container, [&](const SimContainer& other) {
    return other.good_when_observed && engine.is_good(other) && bears_alias(other, service);
  });
  return beside ? "starts " + container.seen.name + " under the alias beside one that answers" : "";
}

/// A container that has never run may begin only after those that its service depends on have.
std::string check_dependencies(const SimContainer& container, const DesiredTarget& desired,
                               const DesiredService& service, const EngineSimulation& engine) {
  if (container.seen.state != ContainerState::created || container.seen.spec_digest != service.digest) return {};
  for (const auto& dependency : service.depends_on) {
    if (find_service(desired, dependency.service) == nullptr || !dependency.required) continue;
    const bool begun =
        std::any_of(engine.containers().begin(), engine.containers().end(), [&](const SimContainer& other) {
          return other.ours && other.seen.app == desired.id.app &&
                 first_name(other.seen.service) == first_name(dependency.service) &&
                 other.seen.state != ContainerState::created;
        });
    if (!begun) return "starts " + container.seen.name + " before " + dependency.service + ", which it depends on";
  }
  return {};
}

std::string check_reload(const ReloadFiles& action, const SimContainer& container) {
  if (!container.good_when_observed) return "reloads " + container.seen.name + ", which did not answer";
  if (container.seen.reload != action.service->reload->layout) return "reloads other files than those that are there";
  const bool noted = container.seen.spec_digest == action.before.spec_digest;
  return noted ? "" : "takes " + container.seen.name + " for something that it is not";
}

bool is_completing(const DesiredTarget& desired, const DesiredService& service) {
  return service.one_shot || std::any_of(desired.services.begin(), desired.services.end(), [&](const auto& other) {
           return std::any_of(other.depends_on.begin(), other.depends_on.end(), [&](const Dependency& dependency) {
             return dependency.service == service.spec.name && dependency.condition == Dependency::Condition::completed;
           });
         });
}

/// The namespace that it shares is the present one of a container that runs.
std::string check_namespace(const ObservedContainer& seen, const DesiredService& service,
                            const EngineSimulation& engine) {
  if (service.spec.network_mode.empty()) return {};
  for (const auto& other : engine.containers()) {
    if (other.seen.id != seen.namespace_of) continue;
    if (other.seen.state != ContainerState::running) break;
    return other.seen.started_at > seen.started_at ? seen.name + " hangs on a namespace that is gone" : "";
  }
  return seen.name + " shares the namespace of none that runs";
}

std::string check_settled(const SimContainer& container, const DesiredService& service, const TargetId& target,
                          const EngineSimulation& engine) {
  const auto& seen = container.seen;
  if (auto bad = check_namespace(seen, service, engine); !bad.empty()) return bad;
  if (seen.name != plan::container_name(target, service.spec, seen.replica)) return seen.name + " has no settled name";
  if (seen.state != ContainerState::running) return seen.name + " does not run";
  if (seen.restart != service.spec.restart) return seen.name + " has another restart policy";
  if (seen.resources.memory != service.spec.resources.memory) return seen.name + " has another memory limit";
  for (const auto& [path, digest] : file_digests(service)) {
    const auto has = seen.applied.find(path);
    if (has == seen.applied.end() || has->second != digest) return seen.name + " has other files";
  }
  if (seen.networks.size() != service.spec.networks.size()) return seen.name + " is in other networks";
  for (const auto& attachment : service.spec.networks) {
    const auto live = seen.networks.find(attachment.network);
    if (live == seen.networks.end()) return seen.name + " misses " + attachment.network;
    const auto& network = engine.networks().at(attachment.network);
    if (container.endpoints.at(attachment.network) != network.number)
      return seen.name + " is in a network that is gone";
    auto aliases = attachment.aliases;
    aliases.push_back(service.spec.name);
    std::sort(aliases.begin(), aliases.end());
    auto is = live->second;
    std::sort(is.begin(), is.end());
    if (is != aliases) return seen.name + " bears other aliases in " + attachment.network;
  }
  return {};
}

}  // namespace

std::string violation(const Step& step, const DesiredTarget& desired, EngineSimulation& engine) {
  const ContainerRef* ref = subject_of(step.action);
  if (ref == nullptr) return {};
  const SimContainer* container = engine.find(*ref);
  if (container == nullptr) return "acts on " + ref->name + ", which does not exist";
  if (!container->ours) return "acts on " + ref->name + ", which is not ours";
  if (container->seen.environment != desired.id.environment || container->seen.app != desired.id.app) {
    return "acts on " + ref->name + ", which is another target's";
  }
  if (container->seen.name != ref->name) return "takes " + container->seen.name + " for " + ref->name;
  const DesiredService* service = find_service(desired, container->seen.service);
  if (service == nullptr || container->seen.replica > service->replicas || is_completing(desired, *service)) return {};
  const bool asked = step.cause.starts_with("restarted with ");
  if (std::holds_alternative<StopContainer>(step.action) && !asked) return check_stop(*container, *service, engine);
  if (std::holds_alternative<RemoveContainer>(step.action)) return check_remove(*container, *service, engine);
  if (const auto* told = std::get_if<ReloadFiles>(&step.action)) return check_reload(*told, *container);
  if (!std::holds_alternative<StartContainer>(step.action)) return {};
  if (auto early = check_dependencies(*container, desired, *service, engine); !early.empty()) return early;
  return check_start(*container, *service, engine);
}

std::string leftovers(const DesiredTarget& desired, const EngineSimulation& engine) {
  std::map<std::string, int> records;
  for (const auto& container : engine.containers()) {
    const auto& seen = container.seen;
    if (!container.ours || seen.environment != desired.id.environment || seen.app != desired.id.app) continue;
    const DesiredService* service = find_service(desired, seen.service);
    if (service == nullptr) continue;
    if (seen.replica > service->replicas) return seen.name + " is left over from scaling down";
    if (seen.name == plan::container_name(desired.id, service->spec, seen.replica)) continue;
    if (seen.name != plan::incoming_name(plan::container_name(desired.id, service->spec, seen.replica))) {
      return seen.name + " has an unsettled name";
    }
    if (++records[seen.service] > 1) return seen.service + " keeps more than one failed container";
  }
  return {};
}

std::string shortfall(const DesiredTarget& desired, const EngineSimulation& engine) {
  for (const auto& container : engine.containers()) {
    const auto& seen = container.seen;
    const bool ours = container.ours && seen.app == desired.id.app && seen.environment == desired.id.environment;
    if (ours && find_service(desired, seen.service) == nullptr) return seen.name + " is of a service that is no more";
  }
  for (const auto& network : desired.networks) {
    const auto made = engine.networks().find(network.name);
    if (made != engine.networks().end() && made->second.digest != network.digest) {
      return "network " + network.name + " has other options";
    }
  }
  for (const auto& service : desired.services) {
    int count = 0;
    for (const auto& container : engine.containers()) {
      const auto& seen = container.seen;
      if (!container.ours || seen.service != service.spec.name || seen.app != desired.id.app ||
          seen.environment != desired.id.environment) {
        continue;
      }
      ++count;
      if (is_completing(desired, service)) continue;
      const std::string wrong = check_settled(container, service, desired.id, engine);
      if (!wrong.empty()) return wrong;
    }
    if (count != service.replicas) return service.spec.name + " has " + std::to_string(count) + " containers";
  }
  return {};
}

}  // namespace plimsoll::plan_test
