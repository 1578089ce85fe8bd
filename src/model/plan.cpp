#include "model/plan.hpp"

#include "model/secret.hpp"

namespace plimsoll {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

/// Where it gets volumes of its predecessor.
std::string kept_text(const CreateContainer& create) {
  std::string text;
  for (const auto& [target, volume] : create.anonymous_volumes) text += (text.empty() ? " keeping " : ",") + target;
  return text;
}

std::string update_text(const UpdateContainer& update) {
  std::string text = update.container.name;
  if (update.restart) text += " restart=" + update.restart->name;
  if (update.resources) text += " resources";
  return text;
}

/// `dev-web-web-1 with /etc/web.conf by SIGHUP`.
std::string reload_text(const ReloadFiles& reload) {
  const auto& how = reload.service->reload;
  std::string by;
  if (how && !how->signal.empty()) by = how->signal;
  if (how && how->signal.empty()) {
    for (const auto& word : how->command) by += (by.empty() ? "" : " ") + word;
  }
  return reload.container.name + " with " + joined(reload.targets) + " by " + by;
}

std::string subject(const Action& action) {
  return std::visit(Overloaded{
                        [](const EnsureImage& a) { return a.reference; },
                        [](const EnsureNetwork& a) { return a.network.name; },
                        [](const EnsureVolume& a) { return a.volume.name; },
                        [](const CreateContainer& a) {
                          return a.name + (a.service_alias ? "" : " without alias") +
                                 (a.attempt > 1 ? " attempt " + std::to_string(a.attempt) : "") + kept_text(a);
                        },
                        [](const StartContainer& a) { return a.container.name; },
                        [](const CheckGate& a) { return a.container.name; },
                        [](const StopContainer& a) { return a.container.name; },
                        [](const UnpauseContainer& a) { return a.container.name; },
                        [](const RenameContainer& a) { return a.container.name + " to " + a.to; },
                        [](const RemoveContainer& a) { return a.container.name; },
                        [](const UpdateContainer& a) { return update_text(a); },
                        [](const ConnectNetwork& a) {
                          return a.container.name + " to " + a.attachment.network + " as [" +
                                 joined(a.attachment.aliases) + "]";
                        },
                        [](const DisconnectNetwork& a) { return a.container.name + " from " + a.network; },
                        [](const RemoveNetwork& a) { return a.name; },
                        [](const RemoveFiles& a) { return a.name; },
                        [](const ReloadFiles& a) { return reload_text(a); },
                    },
                    action);
}

}  // namespace

std::string_view action_name(const Action& action) noexcept {
  static constexpr std::string_view kNames[] = {
      "EnsureImage",       "EnsureNetwork",   "EnsureVolume",    "CreateContainer",
      "StartContainer",    "CheckGate",       "StopContainer",   "UnpauseContainer",
      "RenameContainer",   "RemoveContainer", "UpdateContainer", "ConnectNetwork",
      "DisconnectNetwork", "RemoveNetwork",   "RemoveFiles",     "ReloadFiles"};
  static_assert(std::size(kNames) == std::variant_size_v<Action>);
  return kNames[action.index()];
}

std::string to_string(const Step& step) {
  std::string text = step.service.empty() ? std::string() : step.service + ": ";
  text += std::string(action_name(step.action)) + " " + subject(step.action);
  if (!step.cause.empty()) text += " (" + step.cause + ")";
  return mask_secrets(text);
}

}  // namespace plimsoll
