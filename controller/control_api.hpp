#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/fields.hpp"
#include "model/operation_phase.hpp"
#include "model/result.hpp"
#include "model/target_status.hpp"
#include "ports/state_store.hpp"

namespace plimsoll::controller {

/// What `GET /api/v1/status` and the `status` command show.
struct StatusView {
  Revision revision;                      ///< the revision in force
  std::string source_error;               ///< why the source could not be read last time; empty when it could
  std::optional<Instant> source_checked;  ///< when it was last read successfully
  std::vector<TargetStatus> targets;      ///< sorted by id
  Diagnostics diagnostics;                ///< of the revision: errors, with those of broken apps, and warnings
};

/// Live progress of one target within an operation.
struct TargetProgress {
  TargetId target;
  TargetStatus status;
  std::string step;     ///< the step that runs now; empty when none
  std::string pulling;  ///< image reference while pulling
  std::int64_t pulled_bytes = 0, pull_total_bytes = 0;
  bool settled = false;  ///< nothing more happens without new input
};

/// One `sync` as a caller follows it.
struct OperationView {
  std::string id;
  OperationPhase phase = OperationPhase::running;
  std::vector<TargetProgress> targets;
  std::string message = {};  ///< why it ended without having looked; else empty
};

/// Which targets; empty parts match all.
struct TargetFilter {
  std::string environment, app;
  std::string instance = {};  ///< of targets only: an app is not on one instance

  [[nodiscard]] bool matches_all() const { return environment.empty() && app.empty() && instance.empty(); }
  [[nodiscard]] bool matches(const std::string& of_environment, const std::string& of_app) const {
    return (environment.empty() || environment == of_environment) && (app.empty() || app == of_app);
  }
  [[nodiscard]] bool matches(const TargetId& id) const {
    return matches(id.environment, id.app) && (instance.empty() || instance == id.instance);
  }
};

/// As people write it: `dev/web` or `dev/web@one`, or `dev` for all apps of an environment.
[[nodiscard]] inline std::string to_string(const TargetFilter& filter) {
  return filter.environment + (filter.app.empty() ? "" : "/" + filter.app) +
         (filter.instance.empty() ? "" : "@" + filter.instance);
}

/// Which targets to reconcile now, and what that may override.
struct SyncRequest {
  TargetFilter filter;
  bool retry = false;          ///< forget failures and try again now
  bool allow_removal = false;  ///< let a held removal go through, once
};

/// Which app to take back, and to which deployment.
struct RollbackRequest {
  TargetFilter filter;  ///< names one app
  std::int64_t id = 0;  ///< of `history`; 0: the last one that succeeded with something else than what is in force
};

/// What a rollback put in force.
struct RollbackView {
  std::string environment, app;
  std::string revision;         ///< 40 hex: whose manifests hold for the app now
  std::int64_t history_id = 0;  ///< the deployment that was gone back to
};

/// Something that happened: a step, or a change of a target's status.
struct Event {
  Instant at{};
  TargetId target;
  bool warning = false;
  std::string reason;  ///< one of `reason::`, a sync status, or an action's name
  std::string message;
  Revision revision;
  std::string log;  ///< of what failed, its last 20 lines; comes a moment after the event
};

/// Whose output to show.
struct LogsRequest {
  TargetFilter filter;  ///< names one app
  std::string service;  ///< empty: all
  bool failed = false;  ///< the containers that ended, kept as the record, in place of those that run
  int lines = 100;      ///< the last so many of each
};

/// What one container wrote, both streams.
struct ContainerLog {
  TargetId target;
  std::string service, name, id, state;
  std::string text;
  std::string error;  ///< why there is no text
};

/// Which targets to compare, and with what.
struct DiffRequest {
  TargetFilter filter;
  std::string revision;  ///< branch, tag or commit of the manifest repository; empty: the one in force
  /// Files of a manifest directory that is not committed (path → bytes), instead of a revision.
  std::optional<std::map<std::string, std::string>> manifests;
  bool from_anybody = false;  ///< not over the unix socket: gives way to who asks there
};

/// What a sync would do to one target.
struct TargetDiff {
  TargetId target;
  struct Change {
    std::string service;
    FieldChange field;
  };
  std::vector<Change> changes;     ///< secrets masked when rendered (`to_string(FieldChange)`)
  std::vector<std::string> steps;  ///< `to_string(Step)`
  std::vector<std::string> held;   ///< likewise: what begins once all of the app is prepared (`Plan::held`)
  std::string error;               ///< why this target could not be compared
};

/// What a sync of another (or the present) desired state would do.
struct DiffView {
  std::string revision;
  std::vector<TargetDiff> targets;  ///< those with differences or errors, sorted by id
  Diagnostics diagnostics;          ///< errors in the compared manifests
};

/// What HTTP and command line may ask of the running controller. Every member is called on the loop thread and returns
/// at once; callbacks are invoked later, on the loop thread.
class ControlApi {
 public:
  virtual ~ControlApi() = default;
  [[nodiscard]] virtual StatusView status() const = 0;
  /// Enqueues a reconciliation; returns the operation's id. `rejected` when no target matches.
  virtual Result<std::string> sync(const SyncRequest& request) = 0;
  /// `missing` when there is no such operation (any more).
  [[nodiscard]] virtual Result<OperationView> operation(const std::string& id) const = 0;
  /// Makes targets be observed only, until `resume`. `rejected` when none matches, `transient` when it cannot be saved.
  virtual Result<void> suspend(const TargetFilter& filter) = 0;
  /// Ends suspensions and pins made by command; returns their apps (`dev/web`) and environments, none when there were
  /// none. An app of an environment that is suspended as a whole cannot be resumed alone: `rejected`.
  virtual Result<std::vector<std::string>> resume(const TargetFilter& filter) = 0;
  /// Pins an app to an earlier deployment. `missing` when there is none to go back to.
  virtual void rollback(RollbackRequest request, std::function<void(Result<RollbackView>)> done) = 0;
  /// The last events, oldest first.
  [[nodiscard]] virtual std::vector<Event> events(const TargetFilter& filter, std::size_t limit) const = 0;
  /// `missing` when no container matches; `transient` when too many questions are being answered.
  virtual void logs(const LogsRequest& request, std::function<void(Result<std::vector<ContainerLog>>)> done) = 0;
  /// `transient` when too many questions are being answered.
  virtual void diff(DiffRequest request, std::function<void(Result<DiffView>)> done) = 0;
  virtual void history(TargetId filter, int limit,
                       std::function<void(Result<std::vector<ports::HistoryEntry>>)> done) = 0;
  /// A hint that the source may have moved (webhook). Enqueues one refresh however often it is called.
  virtual void refresh_source() = 0;
  /// True when this repository URL and ref are the configured source.
  [[nodiscard]] virtual bool watches(const std::vector<std::string>& repository_urls, const std::string& ref) const = 0;
  /// Empty when ready; otherwise what is still missing.
  [[nodiscard]] virtual std::string not_ready_reason() const = 0;
};

}  // namespace plimsoll::controller
