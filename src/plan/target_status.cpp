#include "plan/target_status.hpp"

#include <algorithm>

#include "model/secret.hpp"

namespace plimsoll::plan {
namespace {

constexpr std::size_t kServicesNamed = 2;

/// One line over the services of this health that have something to say.
std::string message_over(const std::map<std::string, ServicePlan>& plans, Health health) {
  std::string text;
  std::size_t count = 0;
  for (const auto& [name, plan] : plans) {
    if (plan.health != health || plan.reason.empty()) continue;
    if (count++ >= kServicesNamed) continue;
    text += (text.empty() ? "" : "; ") + name + ": " + plan.message;
  }
  if (count > kServicesNamed) text += "; and " + std::to_string(count - kServicesNamed) + " more";
  return mask_secrets(text);
}

std::string reason_over(const std::map<std::string, ServicePlan>& plans, Health health) {
  for (const auto& [name, plan] : plans) {
    if (plan.health == health && !plan.reason.empty()) return plan.reason;
  }
  return {};
}

/// The revision that the containers which serve were created for, when they are not all as desired.
std::string revision_of(const std::vector<const ObservedContainer*>& containers, const std::string& desired) {
  const ObservedContainer* newest = nullptr;
  for (const auto* container : containers) {
    if (container->state != ContainerState::running || container->revision == desired) continue;
    if (newest == nullptr || newest->created_at < container->created_at) newest = container;
  }
  return newest == nullptr ? std::string() : newest->revision;
}

void suspend(TargetStatus& status) {
  if (status.health > Health::progressing) return;
  status.health = Health::suspended;
  status.reason = reason::kSuspended;
  const std::string& environment = status.id.environment;
  status.message = "suspended";
  if (status.sync == SyncStatus::synced) return;
  // By which of the two it was suspended only the controller knows.
  status.message += "; `plimsoll resume " + environment + "` or taking `suspended: true` out of environments/" +
                    environment + ".yaml would change it";
}

void say_pinned(TargetStatus& status, const std::string& pinned) {
  if (status.reason.empty()) status.reason = reason::kPinned;
  status.message += (status.message.empty() ? "" : "; ") + pinned;
}

}  // namespace

std::vector<ServiceStatus> list_services(const std::vector<DesiredService>& services,
                                         const std::vector<const ObservedContainer*>& containers) {
  std::map<std::string, ServiceStatus> by_name;
  for (const auto& service : services) {
    by_name[service.spec.name] = {service.spec.name, service.spec.image, {}};
  }
  for (const auto* container : containers) {
    auto& entry = by_name[container->service];
    entry.name = container->service;
    const std::string health(container->health == HealthState::none ? "" : to_string(container->health));
    const auto service = std::find_if(services.begin(), services.end(), [container](const DesiredService& one) {
      return one.spec.name == container->service;
    });
    const bool as_desired = service != services.end() && service->digest == container->spec_digest;
    entry.containers.push_back(
        {container->id, container->name, std::string(to_string(container->state)), health, as_desired});
  }
  std::vector<ServiceStatus> list;
  for (auto& [name, entry] : by_name) list.push_back(std::move(entry));
  return list;
}

TargetStatus summarize(const DesiredTarget& target, const std::map<std::string, ServicePlan>& plans,
                       const std::vector<const ObservedContainer*>& containers, bool leftovers) {
  TargetStatus status;
  status.id = target.id;
  status.revision = target.revision;
  status.services = list_services(target.services, containers);
  status.health = Health::healthy;
  bool synced = !leftovers;
  for (const auto& [name, plan] : plans) {
    status.health = worst(status.health, plan.health);
    synced = synced && plan.synced && !plan.surplus_kept && !plan.has_steps();
  }
  status.sync = synced ? SyncStatus::synced : SyncStatus::out_of_sync;
  status.reason = reason_over(plans, status.health);
  status.message = message_over(plans, status.health);
  const std::string desired = to_string(target.revision);
  const bool attempted = synced || std::any_of(containers.begin(), containers.end(), [&desired](const auto* container) {
                           return container->revision == desired;
                         });
  if (attempted) status.last_attempted_revision = desired;
  status.last_applied_revision = synced ? desired : revision_of(containers, desired);
  if (target.sync.suspended) suspend(status);
  if (!target.pinned.empty()) say_pinned(status, target.pinned);
  return status;
}

}  // namespace plimsoll::plan
