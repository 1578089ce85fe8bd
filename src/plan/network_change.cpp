#include "plan/network_change.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "plan/failure_report.hpp"
#include "plan/gate.hpp"
#include "plan/live_difference.hpp"
#include "plan/replica_roles.hpp"
#include "plan/service_steps.hpp"

namespace plimsoll::plan {
namespace {

using Containers = std::vector<const ObservedContainer*>;

constexpr std::size_t kUsersNamed = 2;

std::string_view version_of(std::string_view digest) { return digest.substr(0, digest.find(':') + 1); }

/// A digest of another version says nothing: a new release alone must change no network.
bool differs(const NetworkSpec& wanted, const ObservedNetwork& live) {
  if (wanted.digest == live.spec_digest || version_of(wanted.digest).empty()) return false;
  return version_of(wanted.digest) == version_of(live.spec_digest);
}

NetworkSpec stand_in_for(const NetworkSpec& wanted) {
  NetworkSpec plain;
  plain.name = wanted.name;
  plain.digest = kStandInDigest;
  return plain;
}

/// Every try takes the containers out of the network: what was tried as often as a spec is left as it is.
std::optional<StepFailure> given_up(const NetworkInput& input) {
  const auto found = input.memory.failures.find(std::string(kNetworks));
  if (found == input.memory.failures.end() || input.memory.retry_requested) return std::nullopt;
  const StepFailure& failure = found->second;
  if (failure.spec_digest != input.target.digest || failure.attempts < input.policy.retry_limit) return std::nullopt;
  StepFailure left = failure;
  left.kind = ErrorKind::rejected;
  left.retry_at = Instant::max();
  return left;
}

/// What runs of a target, as far as changing its networks has to know.
class Standing {
 public:
  explicit Standing(const std::vector<ServiceInput>& services) {
    for (const auto& service : services) {
      by_name_[service.service.spec.name] = &service.service;
      service.one_shot ? look_at_run(service) : look_at_replicas(service);
    }
  }

  [[nodiscard]] bool in_gate() const { return in_gate_; }
  [[nodiscard]] bool halfway() const { return halfway_; }
  /// Null for a service that is no more.
  [[nodiscard]] const DesiredService* service_of(const ObservedContainer& container) const {
    const auto found = by_name_.find(container.service);
    return found == by_name_.end() ? nullptr : found->second;
  }
  [[nodiscard]] bool serves(const ObservedContainer& container) const {
    return bases_.contains(container.id) || service_of(container) == nullptr;
  }

 private:
  void look_at_run(const ServiceInput& input) {
    for (const auto* container : input.containers) in_gate_ = in_gate_ || is_up(*container);
  }

  void look_at_replicas(const ServiceInput& input) {
    const auto found = find_service_roles(input);
    for (const auto* surplus : found.surplus) bases_.insert(surplus->id);
    for (const auto& roles : found.replicas) {
      const Situation situation = situation_of(roles);
      in_gate_ = in_gate_ || roles.vanishing || situation == Situation::gating;
      in_gate_ = in_gate_ || (roles.previous != nullptr && is_up(*roles.previous));
      halfway_ = halfway_ || situation == Situation::prepared || roles.previous != nullptr || !roles.others.empty();
      if (roles.base != nullptr) bases_.insert(roles.base->id);
    }
  }

  std::map<std::string, const DesiredService*> by_name_;
  std::set<std::string> bases_;  // by id
  bool in_gate_ = false;
  bool halfway_ = false;
};

/// The plan for the networks of one target.
class NetworkPlanner {
 public:
  explicit NetworkPlanner(const NetworkInput& input)
      : input_(input),
        standing_(input.services),
        given_up_(given_up(input)),
        failure_(given_up_ ? &*given_up_
                           : active_failure(input.memory, std::string(kNetworks), input.target.digest, input.now)),
        target_failure_(active_failure(input.memory, "", input.target.revision.commit, input.now)) {}

  NetworkChange plan();

 private:
  [[nodiscard]] const ObservedNetwork* find(const std::string& name) const;
  [[nodiscard]] Containers members(const std::string& network) const;
  [[nodiscard]] Containers lost(const std::string& network, const ObservedNetwork* live) const;
  [[nodiscard]] std::string others_in(const ObservedNetwork& live) const;
  [[nodiscard]] NetworkAttachment attachment_for(const ObservedContainer& container, const NetworkSpec& network) const;
  void change(const NetworkSpec& wanted, const ObservedNetwork& live);
  void make_anew(const NetworkSpec& wanted, const ObservedNetwork& live);
  void make_again(const NetworkSpec& wanted);
  void join(const Containers& containers, const NetworkSpec& network, const std::string& cause);
  void report(Health health, std::string_view reason, std::string message);
  void report_failure(const StepFailure& failure);

  const NetworkInput& input_;
  const Standing standing_;
  const std::optional<StepFailure> given_up_;
  const StepFailure* failure_;  ///< of making a network anew, not to be tried again yet
  const StepFailure* target_failure_;
  NetworkChange out_;
};

NetworkChange NetworkPlanner::plan() {
  std::vector<const NetworkSpec*> own;
  for (const auto& network : input_.target.networks) {
    if (!network.external && !network.shared) own.push_back(&network);
  }
  std::sort(own.begin(), own.end(), [](const auto* left, const auto* right) { return left->name < right->name; });
  for (const auto* network : own) {
    const ObservedNetwork* live = find(network->name);
    if (live == nullptr) {
      make_again(*network);
    } else if (differs(*network, *live)) {
      change(*network, *live);
    }
    if (live != nullptr && out_.steps.empty()) {
      const NetworkSpec is = live->spec_digest == kStandInDigest ? stand_in_for(*network) : *network;
      join(lost(network->name, live), is, "network " + network->name + " was made anew");
    }
    if (!out_.steps.empty()) return std::move(out_);
  }
  return std::move(out_);
}

const ObservedNetwork* NetworkPlanner::find(const std::string& name) const {
  const TargetId& id = input_.target.id;
  const auto& all = *input_.observed.networks;
  const auto found = std::find_if(all.begin(), all.end(), [&](const ObservedNetwork& one) {
    return one.name == name && one.environment == id.environment && one.app == id.app;
  });
  return found == all.end() ? nullptr : &*found;
}

Containers NetworkPlanner::members(const std::string& network) const {
  Containers found;
  for (const auto* container : input_.containers) {
    if (container->state == ContainerState::removing) continue;
    if (container->networks.contains(network)) found.push_back(container);
  }
  return found;
}

/// Those that were in the network before it was made anew. `live` is null when there is none of the name.
Containers NetworkPlanner::lost(const std::string& network, const ObservedNetwork* live) const {
  Containers found;
  for (const auto* container : input_.containers) {
    if (container->state == ContainerState::removing || container->networks.contains(network)) continue;
    const bool older = live == nullptr || (live->created_at && container->created_at <= live->created_at);
    if (!older || !networks_created_in(*container).contains(network)) continue;
    const DesiredService* service = standing_.service_of(*container);
    const bool wanted = service == nullptr || std::any_of(service->spec.networks.begin(), service->spec.networks.end(),
                                                          [&](const auto& one) { return one.network == network; });
    if (wanted) found.push_back(container);
  }
  return found;
}

/// Empty when only containers of the target are in it.
std::string NetworkPlanner::others_in(const ObservedNetwork& live) const {
  std::set<std::string> names;
  for (const auto& [id, name] : live.attached) {
    const bool ours = std::any_of(input_.containers.begin(), input_.containers.end(),
                                  [&id = id](const auto* container) { return container->id == id; });
    if (!ours) names.insert(name);
  }
  std::string text;
  std::size_t named = 0;
  for (const auto& name : names) {
    if (named++ < kUsersNamed) text += (text.empty() ? "" : ", ") + name;
  }
  if (named > kUsersNamed) text += " and " + std::to_string(named - kUsersNamed) + " more";
  return text;
}

void NetworkPlanner::change(const NetworkSpec& wanted, const ObservedNetwork& live) {
  const std::string what = "network " + wanted.name + " has other options than the manifests give it";
  if (failure_ != nullptr) return report_failure(*failure_);
  if (target_failure_ != nullptr) return report_failure(*target_failure_);
  if (const std::string others = others_in(live); !others.empty()) {
    report(Health::healthy, reason::kConflict,
           what + " and cannot be made anew, since containers are in it that are not of this app (" + others +
               "): detach them (docker network disconnect), or give the network another name");
    out_.wake_at = input_.now + input_.policy.retry_max;
    return;
  }
  if (standing_.in_gate() || (standing_.halfway() && input_.services_act)) {
    return report(Health::progressing, reason::kChanged, what + "; it is made anew when nothing is being swapped");
  }
  make_anew(wanted, live);
}

void NetworkPlanner::make_anew(const NetworkSpec& wanted, const ObservedNetwork& live) {
  const std::string cause = "network " + wanted.name + " changed, and cannot be changed in place";
  Containers all = members(wanted.name);
  for (const auto* container : all) {
    out_.steps.push_back({container->service, DisconnectNetwork{ref(*container), wanted.name}, cause});
  }
  const std::string self(kNetworks);
  out_.steps.push_back({self, RemoveNetwork{live.id, live.name}, cause});
  out_.steps.push_back({self, EnsureNetwork{wanted}, cause});
  const Containers gone = lost(wanted.name, nullptr);
  all.insert(all.end(), gone.begin(), gone.end());
  join(all, wanted, cause);
  report(Health::progressing, reason::kChanged, cause);
}

/// A change that was cut short between removing and making it, or whose options the engine refuses.
void NetworkPlanner::make_again(const NetworkSpec& wanted) {
  const Containers all = lost(wanted.name, nullptr);
  if (all.empty() || !members(wanted.name).empty()) return;
  const NetworkSpec network = failure_ == nullptr ? wanted : stand_in_for(wanted);
  const std::string cause = failure_ == nullptr
                                ? "there is no network " + wanted.name + " any more"
                                : "without its options, since network " + wanted.name + " cannot be made with them";
  out_.steps.push_back({failure_ == nullptr ? std::string(kNetworks) : std::string(), EnsureNetwork{network}, cause});
  join(all, network, cause);
  if (failure_ != nullptr) report_failure(*failure_);
}

/// Who is in it keeps the aliases that it bears there. A stand-in gives nobody a fixed address.
NetworkAttachment NetworkPlanner::attachment_for(const ObservedContainer& container, const NetworkSpec& network) const {
  NetworkAttachment attachment;
  const bool serves = standing_.serves(container);
  const DesiredService* service = standing_.service_of(container);
  if (serves && service != nullptr && network.digest != kStandInDigest) {
    for (const auto& one : service->spec.networks) {
      if (one.network == network.name) attachment = one;
    }
  }
  attachment.network = network.name;
  attachment.aliases.clear();
  if (const auto live = container.networks.find(network.name); live != container.networks.end()) {
    attachment.aliases = live->second;
  } else if (serves) {
    attachment.aliases = attachment_created_with(container, network.name).aliases;
  }
  return attachment;
}

void NetworkPlanner::join(const Containers& containers, const NetworkSpec& network, const std::string& cause) {
  for (const auto* container : containers) {
    out_.steps.push_back(
        {container->service, ConnectNetwork{ref(*container), attachment_for(*container, network)}, cause});
  }
  if (!containers.empty()) report(Health::progressing, reason::kChanged, cause);
}

void NetworkPlanner::report(Health health, std::string_view reason, std::string message) {
  out_.as_desired = false;
  if (!out_.reason.empty() && health <= out_.health) return;
  out_.health = health;
  out_.reason = reason;
  out_.message = std::move(message);
}

void NetworkPlanner::report_failure(const StepFailure& failure) {
  const bool runs = std::any_of(input_.containers.begin(), input_.containers.end(),
                                [](const ObservedContainer* container) { return is_up(*container); });
  FailureReport failed = plan::report_failure(failure, runs);
  report(failed.health, failed.reason, std::move(failed.message));
  if (failure.retry_at != Instant::max()) out_.wake_at = failure.retry_at;
}

}  // namespace

NetworkChange change_networks(const NetworkInput& input) {
  return input.observed.networks ? NetworkPlanner(input).plan() : NetworkChange();
}

}  // namespace plimsoll::plan
