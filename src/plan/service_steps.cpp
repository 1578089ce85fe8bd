#include "plan/service_steps.hpp"

#include "plan/gate.hpp"

namespace plimsoll::plan {
namespace {

std::shared_ptr<const DesiredService> service_to_create(const DesiredService& service, bool with_aliases) {
  auto copy = std::make_shared<DesiredService>(service);
  if (!with_aliases) {
    for (auto& attachment : copy->spec.networks) attachment.aliases.clear();
  }
  return copy;
}

std::string known_digest(const ServiceInput& input) {
  if (!input.service.spec.follow_tag) return {};
  const auto followed = input.memory.followed_digests.find(input.service.spec.image);
  return followed == input.memory.followed_digests.end() ? std::string() : followed->second;
}

}  // namespace

ContainerRef ref(const ObservedContainer& container) { return {container.id, container.name}; }

void ServiceSteps::add(Action action, const std::string& cause) {
  steps_.push_back({input_.service.spec.name, std::move(action), cause});
}

ContainerRef ServiceSteps::create(const std::string& name, int replica, int attempt, bool with_aliases,
                                  const std::string& cause, const ObservedContainer* predecessor) {
  CreateContainer action;
  if (predecessor != nullptr) action.anonymous_volumes = predecessor->anonymous_volumes;
  action.name = name;
  action.service = service_to_create(input_.service, with_aliases);
  action.replica = replica;
  action.attempt = attempt;
  action.service_alias = with_aliases;
  action.image_digest = known_digest(input_);
  action.revision = to_string(input_.target.revision);
  action.target_digest = input_.target.digest;
  add(std::move(action), cause);
  prepare_count_ = steps_.size();
  return {{}, name};
}

void ServiceSteps::start(const ContainerRef& container, const std::string& cause) {
  add(StartContainer{container}, cause);
}

void ServiceSteps::check_gate(const ContainerRef& container, const std::string& cause) {
  add(CheckGate{container}, cause);
}

void ServiceSteps::stop(const ContainerRef& container, const std::string& cause) {
  add(StopContainer{container, std::nullopt}, cause);
}

void ServiceSteps::unpause(const ContainerRef& container, const std::string& cause) {
  add(UnpauseContainer{container}, cause);
}

void ServiceSteps::rename(ContainerRef& container, const std::string& to, const std::string& cause) {
  if (container.name == to) return;
  add(RenameContainer{container, to}, cause);
  container.name = to;
  if (!container.id.empty()) renamed_[container.id] = to;
}

ContainerRef ServiceSteps::named_by_now(ContainerRef container) const {
  if (const auto renamed = renamed_.find(container.id); renamed != renamed_.end()) container.name = renamed->second;
  return container;
}

void ServiceSteps::remove(const ObservedContainer& container, const std::string& cause) {
  add(RemoveContainer{named_by_now(ref(container)), container.state == ContainerState::dead}, cause);
}

void ServiceSteps::stop_and_remove(const ObservedContainer& container, const std::string& cause) {
  if (is_up(container)) stop(ref(container), cause);
  remove(container, cause);
}

void ServiceSteps::set_restart(const ContainerRef& container, const RestartPolicy& policy, const std::string& cause) {
  add(UpdateContainer{named_by_now(container), policy, std::nullopt}, cause);
}

void ServiceSteps::set_limits(const ContainerRef& container, const Resources& resources, const std::string& cause) {
  add(UpdateContainer{container, std::nullopt, resources}, cause);
}

void ServiceSteps::connect(const ContainerRef& container, const NetworkAttachment& attachment,
                           const std::string& cause) {
  add(ConnectNetwork{container, attachment}, cause);
}

void ServiceSteps::reload(const ContainerRef& container, std::vector<std::string> targets, ReloadRecord before,
                          const std::string& cause) {
  add(ReloadFiles{container,
                  service_to_create(input_.service, true),
                  std::move(targets),
                  std::move(before),
                  {input_.service.digest, file_digests(input_.service)}},
      cause);
}

void ServiceSteps::disconnect(const ContainerRef& container, const std::string& network, const std::string& cause) {
  add(DisconnectNetwork{container, network}, cause);
}

}  // namespace plimsoll::plan
