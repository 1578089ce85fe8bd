#include "plan/live_difference.hpp"

#include <algorithm>
#include <set>

#include "plan/field_keys.hpp"
#include "plan/naming.hpp"
#include "plan/spec_comparison.hpp"

namespace plimsoll::plan {
namespace {

constexpr std::size_t kShortIdLength = 12;

bool limits_differ(const Resources& live, const Resources& wanted) {
  const auto differs = [](std::int64_t is, std::int64_t should) { return should != 0 && is != should; };
  return differs(live.memory, wanted.memory) || differs(live.memory_reservation, wanted.memory_reservation) ||
         differs(live.memory_swap, wanted.memory_swap) || differs(live.nano_cpus, wanted.nano_cpus) ||
         differs(live.pids_limit, wanted.pids_limit);
}

/// Engines before 25 list short id, host name and name among the aliases; those are nobody's wish.
bool given_by_engine(const std::string& alias, const ObservedContainer& container) {
  const auto hostname = container.applied.find(std::string(field::kHostname));
  if (hostname != container.applied.end() && alias == hostname->second) return true;
  if (alias == container.id.substr(0, kShortIdLength) || alias == container.id || alias == container.name) return true;
  return alias == container.service + "-" + std::to_string(container.replica) ||
         alias.starts_with(container.environment + "-" + container.app + "-" + container.service);
}

bool aliases_fit(const ObservedContainer& container, const std::vector<std::string>& live,
                 const NetworkAttachment& wanted, bool exact) {
  const std::set<std::string> is(live.begin(), live.end());
  const std::set<std::string> should(wanted.aliases.begin(), wanted.aliases.end());
  if (!std::includes(is.begin(), is.end(), should.begin(), should.end())) return false;
  if (!exact) return true;
  return std::all_of(is.begin(), is.end(), [&](const std::string& alias) {
    return should.contains(alias) || given_by_engine(alias, container);
  });
}

bool created_in(const ObservedContainer& container, const std::string& network) {
  const std::string path = std::string(field::kNetworks) + "." + network;
  return std::any_of(container.applied.begin(), container.applied.end(),
                     [&path](const auto& field) { return is_under(field.first, path); });
}

bool may_be_left_over(const TargetId& target, const std::string& network, bool membership_changed) {
  if (network.starts_with(project_name(target) + "_")) return true;
  return membership_changed && network.starts_with(target.environment + "_");
}

void compare_networks(const ObservedContainer& container, const DesiredService& service, const TargetId& target,
                      bool exact_aliases, LiveDifference& difference) {
  std::set<std::string> wanted_names;
  for (const auto& attachment : service.spec.networks) {
    wanted_names.insert(attachment.network);
    const NetworkAttachment wanted = with_service_alias(attachment, service.spec.name);
    const auto live = container.networks.find(attachment.network);
    if (live == container.networks.end() || !aliases_fit(container, live->second, wanted, exact_aliases)) {
      difference.connect.push_back(wanted);
    }
  }
  for (const auto& [name, aliases] : container.networks) {
    if (wanted_names.contains(name)) continue;
    if (created_in(container, name) || may_be_left_over(target, name, exact_aliases)) {
      difference.disconnect.push_back(name);
    }
  }
}

}  // namespace

std::string LiveDifference::text() const {
  std::string all;
  const auto add = [&all](const std::string& part) { all += (all.empty() ? "" : ", ") + part; };
  if (restart) add("restart policy");
  if (resources) add("limits");
  for (const auto& attachment : connect) add("network " + attachment.network);
  for (const auto& network : disconnect) add("network " + network);
  return all;
}

LiveDifference live_difference(const ObservedContainer& container, const DesiredService& service,
                               const TargetId& target, bool exact_aliases) {
  LiveDifference difference;
  difference.restart = !same_restart(container.restart, service.spec.restart);
  difference.resources = limits_differ(container.resources, service.spec.resources);
  const bool own_networks = service.spec.network_mode.empty() && !service.spec.networks.empty();
  if (own_networks && container.state != ContainerState::created) {
    compare_networks(container, service, target, exact_aliases, difference);
  }
  return difference;
}

LiveDifference take_changes(LiveDifference& difference, const ObservedContainer& container,
                            const DesiredService& service) {
  LiveDifference asked;
  if (container.spec_digest == service.digest) return asked;
  const auto changes = diff_fields(container.applied, service.canonical);
  const auto changed = [&changes](const std::string& path) {
    return std::any_of(changes.begin(), changes.end(),
                       [&path](const FieldChange& change) { return is_under(change.path, path); });
  };
  // One whose policy a swap took away gets what is wanted now.
  if (changed(std::string(field::kRestart)) && same_restart(container.restart, applied_restart(container, {}))) {
    std::swap(asked.restart, difference.restart);
  }
  if (changed(std::string(field::kResources))) std::swap(asked.resources, difference.resources);
  const auto waits = [&](const NetworkAttachment& one) {
    const auto live = container.networks.find(one.network);
    const bool is_in = live != container.networks.end();
    const bool answers =
        is_in && std::find(live->second.begin(), live->second.end(), service.spec.name) != live->second.end();
    // One that is in it without the alias had it before it was put aside, and gets it back when it serves.
    const bool joins = !is_in && !created_in(container, one.network);
    return changed(std::string(field::kNetworks) + "." + one.network) && (answers || joins);
  };
  const auto now = std::stable_partition(difference.connect.begin(), difference.connect.end(),
                                         [&waits](const NetworkAttachment& one) { return !waits(one); });
  asked.connect.assign(now, difference.connect.end());
  difference.connect.erase(now, difference.connect.end());
  if (changed(std::string(field::kNetworks))) std::swap(asked.disconnect, difference.disconnect);
  return asked;
}

std::vector<NetworkAttachment> missing_aliases(const ObservedContainer& container) {
  std::vector<NetworkAttachment> missing;
  for (const auto& [network, live] : container.networks) {
    if (!created_in(container, network)) continue;
    if (std::find(live.begin(), live.end(), container.service) != live.end()) continue;
    missing.push_back(attachment_created_with(container, network));
  }
  return missing;
}

NetworkAttachment attachment_created_with(const ObservedContainer& container, const std::string& network) {
  NetworkAttachment attachment;
  attachment.network = network;
  const std::string path = std::string(field::kNetworks) + "." + network + std::string(kAliasesInfix);
  for (const auto& [field_path, value] : container.applied) {
    if (field_path.starts_with(path)) attachment.aliases.push_back(value);
  }
  return with_service_alias(std::move(attachment), container.service);
}

std::set<std::string> networks_created_in(const ObservedContainer& container) {
  std::set<std::string> names;
  const std::string prefix = std::string(field::kNetworks) + ".";
  for (const auto& [path, value] : container.applied) {
    if (!path.starts_with(prefix)) continue;
    std::string name = path.substr(prefix.size());
    for (const auto infix : kAttachmentInfixes) name = name.substr(0, name.find(infix));
    names.insert(name);
  }
  return names;
}

std::string limit_to_lift(const ObservedContainer& container, const DesiredService& service) {
  const Resources& live = container.resources;
  const Resources& wanted = service.spec.resources;
  if (live.memory > 0 && wanted.memory == 0) return "memory limit";
  if (live.nano_cpus > 0 && wanted.nano_cpus == 0) return "CPU limit";
  return {};
}

NetworkAttachment with_service_alias(NetworkAttachment attachment, const std::string& service) {
  auto& aliases = attachment.aliases;
  aliases.push_back(service);
  std::sort(aliases.begin(), aliases.end());
  aliases.erase(std::unique(aliases.begin(), aliases.end()), aliases.end());
  return attachment;
}

}  // namespace plimsoll::plan
