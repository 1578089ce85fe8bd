#include "plan/step_order.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "plan/dependencies.hpp"
#include "plan/field_keys.hpp"

namespace plimsoll::plan {
namespace {

using Names = std::set<std::string>;

bool needs_for_creation(const ServiceSpec& spec, const Action& action) {
  if (const auto* image = std::get_if<EnsureImage>(&action)) return spec.image == image->reference;
  if (const auto* network = std::get_if<EnsureNetwork>(&action)) {
    return std::any_of(spec.networks.begin(), spec.networks.end(),
                       [&](const NetworkAttachment& one) { return one.network == network->network.name; });
  }
  if (const auto* volume = std::get_if<EnsureVolume>(&action)) {
    return std::any_of(spec.mounts.begin(), spec.mounts.end(), [&](const Mount& one) {
      return one.type == Mount::Type::volume && one.source == volume->volume.name;
    });
  }
  return false;
}

bool ensures(const Action& action) {
  return std::holds_alternative<EnsureImage>(action) || std::holds_alternative<EnsureNetwork>(action) ||
         std::holds_alternative<EnsureVolume>(action);
}

void add_container_names(const Action& action, Names& names) {
  std::visit(
      [&names](const auto& one) {
        if constexpr (requires { one.container; }) names.insert(one.container.name);
        if constexpr (requires { one.to; }) names.insert(one.to);
      },
      action);
  if (const auto* create = std::get_if<CreateContainer>(&action)) names.insert(create->name);
}

/// The host's side of a port as the canonical form writes it: `[ip:]published:target/protocol`.
void add_host_port(const std::string& text, Names& ports) {
  const std::string head = text.substr(0, text.rfind(':'));
  const auto colon = head.rfind(':');
  ports.insert("port " + (colon == std::string::npos ? head : head.substr(colon + 1)));
}

/// What a service can be in another's way with: host ports and container names, which no two can have at once.
using Claims = std::map<std::string, Names>;

Claims claims_of(const Plan& plan, const DesiredTarget* desired, const ObservedInstance* observed) {
  Claims claims;
  for (const auto& step : plan.steps) add_container_names(step.action, claims[step.service]);
  if (desired != nullptr) {
    for (const auto& service : desired->services) {
      for (const auto& port : service.spec.ports) {
        if (port.publish && !port.published.empty()) claims[service.spec.name].insert("port " + port.published);
      }
    }
  }
  if (observed == nullptr) return claims;
  for (const auto& container : observed->containers) {
    if (container.environment != plan.target.environment || container.app != plan.target.app) continue;
    for (const auto& [path, value] : container.applied) {
      if (is_under(path, field::kPorts)) add_host_port(value, claims[container.service]);
    }
  }
  return claims;
}

/// Whether the steps of two services must stay in the order of the plan.
class Relations {
 public:
  Relations(const Plan& plan, const DesiredTarget* desired, const ObservedInstance* observed)
      : claims_(claims_of(plan, desired, observed)) {
    if (desired == nullptr) return;
    for (const auto& service : desired->services) direct_[service.spec.name] = prerequisites(service);
  }

  bool ordered(const std::string& left, const std::string& right) {
    const auto key = std::minmax(left, right);
    const auto [entry, fresh] = known_.emplace(std::pair(key.first, key.second), true);
    if (fresh) entry->second = depends(left, right) || depends(right, left) || collide(left, right);
    return entry->second;
  }

 private:
  bool depends(const std::string& dependent, const std::string& on) const {
    Names seen;
    std::vector<std::string> open{dependent};
    while (!open.empty()) {
      const auto before = direct_.find(open.back());
      open.pop_back();
      if (before == direct_.end()) continue;
      for (const auto& name : before->second) {
        if (name == on) return true;
        if (seen.insert(name).second) open.push_back(name);
      }
    }
    return false;
  }

  bool collide(const std::string& left, const std::string& right) const {
    const auto mine = claims_.find(left);
    const auto theirs = claims_.find(right);
    if (mine == claims_.end() || theirs == claims_.end()) return false;
    return std::any_of(mine->second.begin(), mine->second.end(),
                       [&theirs](const std::string& claim) { return theirs->second.contains(claim); });
  }

  const Claims claims_;
  std::map<std::string, Names> direct_;
  std::map<std::pair<std::string, std::string>, bool> known_;
};

/// The network that an action takes, makes or needs; empty for any other.
std::string_view network_of(const Action& action) {
  if (const auto* made = std::get_if<EnsureNetwork>(&action)) return made->network.name;
  if (const auto* removed = std::get_if<RemoveNetwork>(&action)) return removed->name;
  if (const auto* joins = std::get_if<ConnectNetwork>(&action)) return joins->attachment.network;
  if (const auto* leaves = std::get_if<DisconnectNetwork>(&action)) return leaves->network;
  return {};
}

/// One of them removes the network that the other one speaks of.
bool removes_its_network(const Step& left, const Step& right) {
  const bool removes =
      std::holds_alternative<RemoveNetwork>(left.action) || std::holds_alternative<RemoveNetwork>(right.action);
  return removes && network_of(left.action) == network_of(right.action);
}

bool must_wait(const Step& later, const Step& earlier, Relations& relations) {
  if (later.service == earlier.service && !later.service.empty()) return true;
  if (removes_its_network(later, earlier)) return true;
  // What is ensured for several services belongs to none, or to the first: only who needs it waits for it.
  if (ensures(earlier.action)) return needs(later, earlier.action);
  if (ensures(later.action)) return false;
  if (later.service.empty() || earlier.service.empty()) return true;
  return relations.ordered(later.service, earlier.service);
}

bool takes_away(const Action& action) noexcept {
  return std::holds_alternative<StopContainer>(action) || std::holds_alternative<RemoveContainer>(action) ||
         std::holds_alternative<DisconnectNetwork>(action) || std::holds_alternative<ReloadFiles>(action);
}

}  // namespace

bool goes_on_after(const std::set<int>& replicas, const Step& later) {
  const bool of_another = later.replica != 0 && !replicas.contains(0) && !replicas.contains(later.replica);
  return of_another && !takes_away(later.action);
}

bool needs(const Step& step, const Action& action) {
  if (const auto* create = std::get_if<CreateContainer>(&step.action)) {
    return needs_for_creation(create->service->spec, action);
  }
  const auto* connect = std::get_if<ConnectNetwork>(&step.action);
  const auto* network = std::get_if<EnsureNetwork>(&action);
  return connect != nullptr && network != nullptr && connect->attachment.network == network->network.name;
}

std::vector<std::vector<std::size_t>> step_order(const Plan& plan, const DesiredTarget* desired,
                                                 const ObservedInstance* observed) {
  Relations relations(plan, desired, observed);
  std::vector<std::vector<std::size_t>> order(plan.steps.size());
  for (std::size_t later = 0; later < plan.steps.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const bool barrier = (earlier < plan.prepares && later >= plan.prepares) ||
                           (earlier < plan.held_from() && later >= plan.held_from());
      if (barrier || must_wait(plan.steps[later], plan.steps[earlier], relations)) order[later].push_back(earlier);
    }
  }
  return order;
}

}  // namespace plimsoll::plan
