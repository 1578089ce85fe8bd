#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/instant.hpp"
#include "model/operation_phase.hpp"
#include "model/result.hpp"
#include "model/target_id.hpp"

namespace plimsoll::ports {

/// One operation on one target, as `history` shows it.
struct HistoryEntry {
  std::int64_t id = 0;  ///< given by the store, ascending
  TargetId target;
  std::string revision;         ///< `branch@sha1:<40 hex>`
  std::string author, subject;  ///< of the commit
  std::string images;           ///< `api: 1.4.1 → 1.4.2`, comma-separated
  OperationPhase phase = OperationPhase::running;
  std::string message;
  Instant started_at{};
  std::optional<Instant> finished_at;
};

/// When a service of a target is tried again, and how often it was. One per target and service.
struct RetryEntry {
  TargetId target;
  std::string fingerprint;  ///< of the input that failed; another input starts afresh
  int attempts = 0;
  Instant next{};
  std::string message;
  std::string service;  ///< empty for the target as a whole
  ErrorKind kind = ErrorKind::transient;
};

/// That a service of a target has used an image on an engine. One per target, service, engine, reference and digest.
struct ImageRecord {
  TargetId target;
  std::string service;
  std::string engine;  ///< `InstanceSpec::engine`: an instance that moves to another machine leaves its images behind
  std::string reference;               ///< as the manifests have it, such as `ghcr.io/acme/api:1.4.2`
  std::string digest;                  ///< of the registry; never empty
  bool pulled = false;                 ///< it came by a pull of ours; what was there before is not ours to remove
  std::optional<Instant> deployed_at;  ///< when a sync that ended well used it last; absent: none has
  bool operator==(const ImageRecord&) const = default;
};

/// History, retry times and which images came and went: losing it changes no plan. Thread-safe.
class StateStore {
 public:
  virtual ~StateStore() = default;
  /// Inserts (id 0) or updates an entry; returns its id.
  virtual Result<std::int64_t> record(const HistoryEntry& entry) = 0;
  /// Newest first. An empty app or instance matches all.
  virtual Result<std::vector<HistoryEntry>> history(const TargetId& filter, int limit) = 0;
  /// All that have not ended, oldest first.
  virtual Result<std::vector<HistoryEntry>> unfinished() = 0;
  /// Inserts or replaces the entry of its target and service.
  virtual Result<void> save_retry(const RetryEntry& entry) = 0;
  /// Removes the entries of all services of a target.
  virtual Result<void> clear_retry(const TargetId& target) = 0;
  virtual Result<std::vector<RetryEntry>> retries() = 0;
  /// Inserts records. One that is there stays `pulled`, and keeps its `deployed_at` unless a new one is given.
  virtual Result<void> record_images(const std::vector<ImageRecord>& records) = 0;
  /// Of one engine, sorted by target, service, reference and digest.
  virtual Result<std::vector<ImageRecord>> images(const std::string& engine) = 0;
  /// Removes these records, whatever they say of `pulled` and `deployed_at`.
  virtual Result<void> forget_images(const std::vector<ImageRecord>& records) = 0;
};

}  // namespace plimsoll::ports
