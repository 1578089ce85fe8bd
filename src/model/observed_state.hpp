#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/fields.hpp"
#include "model/instant.hpp"
#include "model/service_spec.hpp"

namespace plimsoll {

/// The engine's word for what a container does (Engine API, `State.Status`).
enum class ContainerState { created, running, paused, restarting, removing, exited, dead };
/// What the container's health check says; `none` when it has none.
enum class HealthState { none, starting, healthy, unhealthy };

[[nodiscard]] std::string_view to_string(ContainerState state) noexcept;
[[nodiscard]] std::string_view to_string(HealthState state) noexcept;

/// One container of ours, as its engine shows it. Identity comes from labels, never from the name.
struct ObservedContainer {
  std::string id;                         ///< full engine id
  std::string name;                       ///< without leading slash
  std::string environment, app, service;  ///< labels
  int replica = 1;
  int attempt = 1;           ///< label `.attempt`: how often this spec had been tried when it was created
  std::string spec_digest;   ///< label `.spec`, or what it was reloaded to since; empty while that is not known
  Fields applied;            ///< label `.applied`, with the files that it was reloaded to; empty when unreadable
  std::string image;         ///< reference that it was created from
  std::string image_digest;  ///< label `.image-digest`: the registry's digest
  std::string revision;      ///< label `.revision`, `branch@sha1:<40 hex>`
  /// Label `.target`: `DesiredTarget::digest` when it was created; empty on one that an earlier release made.
  std::string target_digest;
  std::string reload;  ///< label `.reload`: `Reload::layout` when it was created; empty: it cannot be reloaded
  ContainerState state = ContainerState::created;
  HealthState health = HealthState::none;
  int exit_code = 0;
  bool oom_killed = false;
  int restart_count = 0;
  std::optional<Instant> created_at, started_at, finished_at;
  /// Attached networks by engine name, with the aliases it bears there.
  std::map<std::string, std::vector<std::string>> networks;
  /// Volumes that the engine named itself (an image's `VOLUME`, `volumes: [/data]`), by where they are mounted.
  std::map<std::string, std::string> anonymous_volumes;
  /// Id of the container whose network, process or IPC namespace it lives in; empty: its own, or not known.
  std::string namespace_of;
  RestartPolicy restart;  ///< as live
  Resources resources;    ///< as live
  /// Why it is not well: the last health check's output or the engine's error, as it came. It may quote the values of
  /// secrets; only `plan_target` makes it fit for people.
  std::string detail;
};

/// One network of ours.
struct ObservedNetwork {
  std::string id, name, environment, app;  ///< app empty for an environment's shared network
  std::string spec_digest;                 ///< label `.spec`: `NetworkSpec::digest` when it was made
  bool in_use = false;                     ///< some container is attached
  /// Who is attached, names by id: what runs, whosever it is, and what does not of ours, as far as it was looked at.
  std::map<std::string, std::string> attached = {};
  std::optional<Instant> created_at = {};
};

/// A volume that held repository files of a container of ours that is gone: its removal was cut short.
struct IdleFiles {
  std::string name, environment, app;
};

/// A consistent view of one instance: only objects that bear our installation id.
struct ObservedInstance {
  std::vector<ObservedContainer> containers;
  /// Absent when the observation did not look (a quick pass); the planner then removes no network.
  std::optional<std::vector<ObservedNetwork>> networks;
  std::vector<IdleFiles> idle_files;  ///< looked for together with networks
};

}  // namespace plimsoll
