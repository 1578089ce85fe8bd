#include "plan/requirements.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace plimsoll::plan {
namespace {

/// Engine names of what the steps of the plans need, with the services that need it.
struct Needs {
  bool images = false;
  std::map<std::string, std::set<std::string>> networks, volumes;
};

void add_needs(const Step& step, Needs& needs) {
  if (const auto* create = std::get_if<CreateContainer>(&step.action)) {
    needs.images = true;
    for (const auto& network : create->service->spec.networks) needs.networks[network.network].insert(step.service);
    for (const auto& mount : create->service->spec.mounts) {
      if (mount.type == Mount::Type::volume && !mount.source.empty()) needs.volumes[mount.source].insert(step.service);
    }
  } else if (const auto* connect = std::get_if<ConnectNetwork>(&step.action)) {
    needs.networks[connect->attachment.network].insert(step.service);
  }
}

Needs find_needs(const std::vector<const ServicePlan*>& plans) {
  Needs needs;
  for (const auto* plan : plans) {
    needs.images = needs.images || (plan->tried_first && plan->wants_image);
    for (const auto& step : plan->prepare) add_needs(step, needs);
    for (const auto& step : plan->act) add_needs(step, needs);
    for (const auto& step : plan->begin) add_needs(step, needs);
  }
  return needs;
}

std::string owner_of(const std::set<std::string>& users) { return users.size() == 1 ? *users.begin() : std::string(); }

void add_images(const DesiredTarget& target, const std::vector<const ServicePlan*>& plans, std::vector<Step>& steps) {
  std::set<std::tuple<std::string, std::string, std::string>> asked;
  for (const auto* plan : plans) {
    if (!plan->wants_image) continue;
    const auto service =
        std::find_if(target.services.begin(), target.services.end(),
                     [plan](const DesiredService& candidate) { return candidate.spec.name == plan->service; });
    const ServiceSpec& spec = service->spec;
    if (!asked.emplace(spec.image, spec.platform, spec.pull_policy).second) continue;
    steps.push_back({spec.name, EnsureImage{spec.name, spec.image, spec.platform, spec.pull_policy}, "needed next"});
  }
}

template <class Spec>
std::vector<const Spec*> by_name(const std::vector<Spec>& specs) {
  std::vector<const Spec*> sorted;
  for (const auto& spec : specs) sorted.push_back(&spec);
  std::sort(sorted.begin(), sorted.end(), [](const Spec* left, const Spec* right) { return left->name < right->name; });
  return sorted;
}

}  // namespace

std::vector<Step> plan_requirements(const DesiredTarget& target, const std::vector<const ServicePlan*>& plans) {
  const Needs needs = find_needs(plans);
  std::vector<Step> steps;
  if (needs.images) add_images(target, plans, steps);
  const auto cause = [](bool external) { return external ? "must exist" : "needed next"; };
  for (const auto* network : by_name(target.networks)) {
    const auto users = needs.networks.find(network->name);
    if (users == needs.networks.end()) continue;
    steps.push_back({owner_of(users->second), EnsureNetwork{*network}, cause(network->external)});
  }
  for (const auto* volume : by_name(target.volumes)) {
    const auto users = needs.volumes.find(volume->name);
    if (users == needs.volumes.end()) continue;
    steps.push_back({owner_of(users->second), EnsureVolume{*volume}, cause(volume->external)});
  }
  return steps;
}

}  // namespace plimsoll::plan
