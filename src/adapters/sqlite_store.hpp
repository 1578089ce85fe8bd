#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/sqlite_database.hpp"
#include "ports/state_store.hpp"

namespace plimsoll::adapters {

/// History, retry times and image records in one SQLite file. Thread-safe: one connection behind a mutex.
///
/// Errors as in `SqliteDatabase`; a full disk is `transient` and names the file.
class SqliteStore final : public ports::StateStore {
 public:
  /// A store, and what a person should know about how it was opened.
  struct Opened {
    std::unique_ptr<SqliteStore> store;
    std::vector<std::string> warnings;
  };
  /// So many entries of a target are kept; older ones go when a new one comes.
  static constexpr int kKeptPerTarget = 500;

  /// Opens or creates the file and brings its schema up to date. A damaged file is renamed to `<file>.corrupt`
  /// (replacing an earlier one) and a new one started, with a warning: only those three are lost. A file
  /// that a newer release wrote is `rejected` and left alone.
  [[nodiscard]] static Result<Opened> open(const std::string& path);

  Result<std::int64_t> record(const ports::HistoryEntry& entry) override;
  Result<std::vector<ports::HistoryEntry>> history(const TargetId& filter, int limit) override;
  Result<std::vector<ports::HistoryEntry>> unfinished() override;
  Result<void> save_retry(const ports::RetryEntry& entry) override;
  Result<void> clear_retry(const TargetId& target) override;
  Result<std::vector<ports::RetryEntry>> retries() override;
  Result<void> record_images(const std::vector<ports::ImageRecord>& records) override;
  Result<std::vector<ports::ImageRecord>> images(const std::string& engine) override;
  Result<void> forget_images(const std::vector<ports::ImageRecord>& records) override;

 private:
  explicit SqliteStore(SqliteDatabase database) : database_(std::move(database)) {}
  Result<std::int64_t> insert(const ports::HistoryEntry& entry);
  Result<void> update(const ports::HistoryEntry& entry);
  Result<void> prune(const TargetId& target);

  std::mutex mutex_;
  SqliteDatabase database_;
};

}  // namespace plimsoll::adapters
