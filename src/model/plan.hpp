#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/desired_state.hpp"
#include "model/instant.hpp"
#include "model/service_spec.hpp"
#include "model/target_status.hpp"

namespace plimsoll {

/// A container as a step addresses it: by id when it was observed, by name when this plan creates it.
struct ContainerRef {
  std::string id;    ///< empty for a container that an earlier step of the same plan creates
  std::string name;  ///< its name at the moment of the step
  bool operator==(const ContainerRef&) const = default;
};

/// Make the image present on the instance, asking the registry which digest the tag has now.
struct EnsureImage {
  std::string service, reference, platform, pull_policy;
};
/// Make the network exist (ours), or check that it does (external). One of ours that is there stays as it is, whatever
/// its options: `ObservedNetwork::spec_digest` tells which those are, and planning decides.
struct EnsureNetwork {
  NetworkSpec network;
};
/// Make the volume exist (ours), or check that it does (external).
struct EnsureVolume {
  VolumeSpec volume;
};
/// Create a container, not started, and copy its repository files in. Done already when ours of that name, with the
/// same spec digest and attempt, exists. With API < 1.44 further networks are connected one by one; a failure removes
/// the half-made container.
struct CreateContainer {
  std::string name;
  std::shared_ptr<const DesiredService> service;
  int replica = 1;
  int attempt = 1;
  /// Bear the service's alias from the start. False for the incoming container of a start-first swap.
  bool service_alias = true;
  /// The registry's digest. Empty: what the plan's `EnsureImage` of the same reference found; the executor fills it in.
  std::string image_digest;
  std::string revision;       ///< for the label
  std::string target_digest;  ///< `DesiredTarget::digest`, for the label
  /// Volumes of its predecessor that bear no name of ours, to be mounted again where the spec mounts nothing else.
  std::map<std::string, std::string> anonymous_volumes;
};
/// Start a created or stopped container.
struct StartContainer {
  ContainerRef container;
};
/// Ask whether a container passes a gate that takes no time: it runs, was not restarted since its start, and is healthy
/// where it has a health check. When it does not, that is no failure: the later steps of its service, and of those that
/// depend on it, are left to the next plan.
struct CheckGate {
  ContainerRef container;
};
/// Stop with the container's own signal and grace period (`grace` overrides).
struct StopContainer {
  ContainerRef container;
  std::optional<Millis> grace;
};
/// Let a paused container go on.
struct UnpauseContainer {
  ContainerRef container;
};
/// Give a container another name; it may be running.
struct RenameContainer {
  ContainerRef container;
  std::string to;
};
/// Remove a stopped container. Anonymous volumes stay. `force` kills it first.
struct RemoveContainer {
  ContainerRef container;
  bool force = false;
};
/// Change restart policy or resources in place.
struct UpdateContainer {
  ContainerRef container;
  std::optional<RestartPolicy> restart;
  std::optional<Resources> resources;
};
/// Attach to a network with these aliases (the service's alias included when wanted). Done already when attached with
/// the same aliases; attached with others: disconnected first.
struct ConnectNetwork {
  ContainerRef container;
  NetworkAttachment attachment;
};
/// Detach from a network. Done already when not attached.
struct DisconnectNetwork {
  ContainerRef container;
  std::string network;
};
/// Remove a network of ours that nothing uses.
struct RemoveNetwork {
  std::string id, name;
};

/// Remove a volume of ours that held the repository files of a container that is gone (never one that the manifests
/// name).
struct RemoveFiles {
  std::string name;
};

/// What a container holds that may have been reloaded since it was created.
struct ReloadRecord {
  std::string spec_digest;  ///< empty: not known, a reload was cut short
  Fields files;             ///< `file_digests`
};
/// Copy changed repository files into a running container, tell its process, and note `after` in the container itself.
/// When telling it fails, the files are put back as they were, and so is what is noted.
struct ReloadFiles {
  ContainerRef container;
  std::shared_ptr<const DesiredService> service;  ///< with its `reload`
  std::vector<std::string> targets;               ///< of the mounts whose files changed
  ReloadRecord before, after;
};

/// What a step does: at most one effect on one engine, idempotent.
using Action = std::variant<EnsureImage, EnsureNetwork, EnsureVolume, CreateContainer, StartContainer, CheckGate,
                            StopContainer, UnpauseContainer, RenameContainer, RemoveContainer, UpdateContainer,
                            ConnectNetwork, DisconnectNetwork, RemoveNetwork, RemoveFiles, ReloadFiles>;

/// One action with the reason why it is needed. `service` is empty for steps that belong to the target as a whole.
struct Step {
  std::string service;
  Action action;
  std::string cause;
  /// Of a step that puts right what is there of one replica, and neither prepares nor begins anything new: which one.
  /// 0 for any other. What fails in one replica does not keep the others down (`plan::goes_on_after`).
  int replica = 0;
};

/// What to do now for one target, in order; any prefix of it is safe. Steps that must wait for a gate are
/// not in it: the next pass plans them.
struct Plan {
  TargetId target;
  std::vector<Step> steps;
  std::size_t prepares = 0;  ///< so many of the first steps touch nothing that runs; the others come after all of them
  /// So many of the last steps begin what all of the app must be prepared for: each waits until all the others have
  /// ended, and is left to the next plan when one of those failed or was skipped.
  std::size_t held = 0;
  /// What `status` shows while the steps run, and after them when there are none.
  TargetStatus status;
  /// Look again at this moment at the latest (a gate's deadline, a retry); absent when only events or input matter.
  std::optional<Instant> wake_at;

  /// The index of the first held step, or the number of steps.
  [[nodiscard]] std::size_t held_from() const noexcept { return steps.size() - held; }
};

/// Short name of an action, such as `CreateContainer`.
[[nodiscard]] std::string_view action_name(const Action& action) noexcept;

/// One line a step: `service: CreateContainer dev-backend-api-1.next (image changed)`; stable, used by case files,
/// `diff` and logs. Secrets masked.
[[nodiscard]] std::string to_string(const Step& step);

}  // namespace plimsoll
