#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/diagnostic.hpp"
#include "model/fields.hpp"
#include "model/secret.hpp"
#include "model/service_spec.hpp"
#include "model/target_id.hpp"

namespace plimsoll {

/// How a service is swapped (Compose Specification, `deploy.update_config`).
struct Rollout {
  enum class Order { unset, start_first, stop_first };
  enum class FailureAction { rollback, pause, proceed };
  Order order = Order::unset;     ///< the explicit wish, if any; the planner decides otherwise
  int parallelism = 1;            ///< 0 is all at once
  Millis delay{0};                ///< between batches
  std::optional<Millis> monitor;  ///< deadline of the gate, instead of the one computed from the health check
  Millis min_ready{5000};         ///< gate without health check: running without restart for so long
  FailureAction failure_action = FailureAction::rollback;
  double max_failure_ratio = 0;
};

/// One edge of `depends_on`.
struct Dependency {
  enum class Condition { started, healthy, completed };
  std::string service;
  Condition condition = Condition::started;
  bool restart = false;
  bool required = true;
};

/// When a one-shot service of an app runs besides the others (`x-plimsoll.hooks`).
enum class Hook {
  none,
  pre_sync,   ///< before anything of a new content is touched
  post_sync,  ///< once all of it is good; when it fails, the app goes back
  sync_fail,  ///< once for each content that failed
};

/// How a running container of a service is told that its repository files changed (`x-plimsoll.reload`), instead of
/// being replaced. It has a signal or a command.
struct Reload {
  std::string signal;                ///< such as `SIGHUP`
  std::vector<std::string> command;  ///< run in the container; good when it ends with 0
  /// Of the files' paths. Only a container that was made with the same ones can be given other contents: nothing can be
  /// taken away from one that runs.
  std::string layout;
};

/// A service that should run, with the form and digest by which it is compared.
struct DesiredService {
  ServiceSpec spec;
  Fields canonical;    ///< of `spec` (manifest/canonical)
  std::string digest;  ///< `v1:<hex>` over `canonical`; the `io.plimsoll.spec` label
  int replicas = 1;
  Rollout rollout;
  std::vector<Dependency> depends_on;  ///< sorted by service
  bool one_shot = false;               ///< runs to completion once per digest
  Hook hook = Hook::none;              ///< its digest then covers the content of the whole app
  std::optional<Reload> reload;        ///< not part of the digest
};

/// The fields of the canonical form that are digests of repository files, `mounts.<target>.digest`.
[[nodiscard]] Fields file_digests(const DesiredService& service);

/// A network that a target needs. External ones must exist; ours are created.
struct NetworkSpec {
  std::string name;  ///< engine name
  bool external = false;
  /// `<environment>_edge` and the like: shared by the apps of an environment, so labelled with no app.
  bool shared = false;
  std::string driver;
  std::map<std::string, std::string> driver_opts;
  bool internal = false, attachable = false, enable_ipv6 = false;
  struct Pool {
    std::string subnet, gateway, ip_range;
    std::map<std::string, std::string> aux_addresses;
  };
  std::string ipam_driver;
  std::vector<Pool> pools;
  std::map<std::string, std::string> labels;
  Fields canonical;
  std::string digest;
};

/// A named volume that a target needs. Never removed by Plimsoll.
struct VolumeSpec {
  std::string name;  ///< engine name
  bool external = false;
  std::string driver;
  std::map<std::string, std::string> driver_opts;
  std::map<std::string, std::string> labels;
};

/// What a pass may do to a target (environment's `sync`, and suspension).
struct SyncPolicy {
  bool prune = true;
  bool self_heal = true;
  bool suspended = false;
  bool operator==(const SyncPolicy&) const = default;
};

/// A revision of the manifest repository.
struct Revision {
  std::string branch;
  std::string commit;  ///< 40 hex
  auto operator<=>(const Revision&) const = default;
};

/// `main@sha1:<40 hex>`; empty for no revision.
[[nodiscard]] std::string to_string(const Revision& revision);
/// The 8 hex digits that tables show.
[[nodiscard]] std::string short_text(const Revision& revision);

/// What one target should be. Immutable once made; shared between threads by pointer.
struct DesiredTarget {
  TargetId id;
  Revision revision;  ///< the revision this content first came with (an unchanged app keeps its own)
  SyncPolicy sync;
  std::vector<DesiredService> services;        ///< sorted by name
  std::vector<NetworkSpec> networks;           ///< sorted by name
  std::vector<VolumeSpec> volumes;             ///< sorted by name
  std::shared_ptr<const SecretTable> secrets;  ///< values for the tokens in `services`; may be null
  std::string digest;  ///< over all content (not `revision` and `sync`): equal ones ask for the same
  std::string pinned;  ///< for people, why this is not what the branch says (`rollback`); empty when it is
};

/// How an instance is reached (`instances.yaml`).
struct InstanceSpec {
  std::string name;
  std::string engine;    ///< unix:///path, tcp://host:port or ssh://user@host
  std::string tls;       ///< name of a client certificate of the controller's configuration, or empty
  std::string data_dir;  ///< where relative host data goes; may be empty
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> variables;
  bool operator==(const InstanceSpec&) const = default;
};

/// An app that could not be loaded. Its last good desired state stays in force.
struct BrokenApp {
  std::string environment;
  std::string app;                     ///< empty: the environment's file itself is broken, and with it all its apps
  std::vector<std::string> instances;  ///< where it would run, as far as known
  Diagnostics diagnostics;
};

/// Everything that one revision asks for.
struct DesiredState {
  Revision revision;
  std::map<std::string, SyncPolicy> environments;  ///< the `sync` of each environment whose file loads
  /// Engine names of the networks that each of these shares.
  std::map<std::string, std::set<std::string>> shared_networks;
  std::vector<InstanceSpec> instances;  ///< sorted by name
  std::vector<DesiredTarget> targets;   ///< sorted by id
  std::vector<BrokenApp> broken;
  Diagnostics diagnostics;  ///< of files that belong to no app, and all warnings
};

}  // namespace plimsoll
