#include "adapters/sqlite_store.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "adapters/sqlite_schema.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::array kKinds{ErrorKind::transient, ErrorKind::deadline, ErrorKind::cancelled,    ErrorKind::missing,
                            ErrorKind::rejected,  ErrorKind::conflict, ErrorKind::unauthorized, ErrorKind::internal};

ErrorKind kind_of(const std::string& name) {
  for (const auto kind : kKinds) {
    if (to_string(kind) == name) return kind;
  }
  return ErrorKind::transient;
}

std::int64_t to_number(Instant instant) { return instant.time_since_epoch().count(); }
Instant to_instant(std::int64_t number) { return Instant{Millis{number}}; }

SqliteStatement& bind_target(SqliteStatement& statement, const TargetId& target) {
  return statement.bind(target.environment).bind(target.app).bind(target.instance);
}

/// The key of an image record.
SqliteStatement& bind_image(SqliteStatement& statement, const ports::ImageRecord& record) {
  bind_target(statement.bind(record.engine), record.target);
  return statement.bind(record.service).bind(record.reference).bind(record.digest);
}

SqliteStatement& bind_content(SqliteStatement& statement, const ports::HistoryEntry& entry) {
  bind_target(statement, entry.target);
  statement.bind(entry.revision).bind(entry.author).bind(entry.subject).bind(entry.images);
  statement.bind(to_string(entry.phase)).bind(entry.message).bind(to_number(entry.started_at));
  std::optional<std::int64_t> finished;
  if (entry.finished_at) finished = to_number(*entry.finished_at);
  return statement.bind(finished);
}

/// What `read_history` reads.
constexpr std::string_view kHistoryColumns =
    "SELECT id, environment, app, instance, revision, author, subject, images, phase, message, started_at, finished_at "
    "FROM history ";

ports::HistoryEntry read_history(const SqliteStatement& row) {
  ports::HistoryEntry entry;
  entry.id = row.number(0);
  entry.target = {row.text(1), row.text(2), row.text(3)};
  entry.revision = row.text(4);
  entry.author = row.text(5);
  entry.subject = row.text(6);
  entry.images = row.text(7);
  entry.phase = operation_phase_named(row.text(8)).value_or(OperationPhase::error);
  entry.message = row.text(9);
  entry.started_at = to_instant(row.number(10));
  if (!row.is_null(11)) entry.finished_at = to_instant(row.number(11));
  return entry;
}

Result<std::vector<ports::HistoryEntry>> read_all_history(SqliteStatement& statement) {
  std::vector<ports::HistoryEntry> entries;
  auto row = statement.step();
  for (; row && *row; row = statement.step()) entries.push_back(read_history(statement));
  if (!row) return std::move(row).error();
  return entries;
}

Result<SqliteDatabase> open_migrated(const std::string& path, bool& corrupt) {
  auto database = SqliteDatabase::open(path, corrupt);
  if (!database) return database;
  auto migrated = migrate(*database);
  corrupt = database->is_corrupt();
  if (!migrated) return std::move(migrated).error();
  return database;
}

/// Moves a damaged file aside; its journal belongs to it and goes.
Result<std::string> set_aside(const std::string& path) {
  const std::string aside = path + ".corrupt";
  if (std::rename(path.c_str(), aside.c_str()) != 0) {
    return Error{ErrorKind::rejected, "cannot rename the damaged database " + path + " to " + aside + ": " +
                                          std::strerror(errno) + "; move it away by hand"};
  }
  (void)std::remove((path + "-wal").c_str());
  (void)std::remove((path + "-shm").c_str());
  return aside;
}

}  // namespace

Result<SqliteStore::Opened> SqliteStore::open(const std::string& path) {
  Opened opened;
  bool corrupt = false;
  auto database = open_migrated(path, corrupt);
  if (!database && corrupt) {
    const std::string why = database.error().message;
    auto aside = set_aside(path);
    if (!aside) return std::move(aside).error();
    opened.warnings.push_back(why + "; kept it as " + *aside +
                              " and started anew: history, retry times and image records are lost");
    database = open_migrated(path, corrupt);
  }
  if (!database) return std::move(database).error();
  opened.store.reset(new SqliteStore(std::move(*database)));
  return opened;
}

Result<std::int64_t> SqliteStore::record(const ports::HistoryEntry& entry) {
  const std::lock_guard lock(mutex_);
  if (entry.id == 0) return insert(entry);
  auto updated = update(entry);
  if (!updated) return std::move(updated).error();
  return entry.id;
}

Result<std::int64_t> SqliteStore::insert(const ports::HistoryEntry& entry) {
  SqliteTransaction transaction(database_);
  if (auto begun = transaction.begin(); !begun) return std::move(begun).error();
  SqliteStatement statement(database_,
                            "INSERT INTO history (environment, app, instance, revision, author, subject, images, "
                            "phase, message, started_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (auto done = bind_content(statement, entry).run(); !done) return std::move(done).error();
  const std::int64_t id = database_.last_insert_id();
  if (auto pruned = prune(entry.target); !pruned) return std::move(pruned).error();
  if (auto done = transaction.commit(); !done) return std::move(done).error();
  return id;
}

Result<void> SqliteStore::update(const ports::HistoryEntry& entry) {
  SqliteStatement statement(database_,
                            "UPDATE history SET environment = ?, app = ?, instance = ?, revision = ?, author = ?, "
                            "subject = ?, images = ?, phase = ?, message = ?, started_at = ?, finished_at = ? "
                            "WHERE id = ?");
  return bind_content(statement, entry).bind(entry.id).run();
}

Result<void> SqliteStore::prune(const TargetId& target) {
  SqliteStatement statement(database_,
                            "DELETE FROM history WHERE environment = ?1 AND app = ?2 AND instance = ?3 AND id <= "
                            "(SELECT id FROM history WHERE environment = ?1 AND app = ?2 AND instance = ?3 "
                            "ORDER BY id DESC LIMIT 1 OFFSET ?4)");
  return bind_target(statement, target).bind(std::int64_t{kKeptPerTarget}).run();
}

Result<std::vector<ports::HistoryEntry>> SqliteStore::history(const TargetId& filter, int limit) {
  const std::lock_guard lock(mutex_);
  SqliteStatement statement(database_, std::string(kHistoryColumns) +
                                           "WHERE (?1 = '' OR environment = ?1) AND (?2 = '' OR app = ?2) "
                                           "AND (?3 = '' OR instance = ?3) ORDER BY id DESC LIMIT ?4");
  bind_target(statement, filter).bind(std::int64_t{limit < 0 ? 0 : limit});
  return read_all_history(statement);
}

Result<std::vector<ports::HistoryEntry>> SqliteStore::unfinished() {
  const std::lock_guard lock(mutex_);
  SqliteStatement statement(database_, std::string(kHistoryColumns) + "WHERE finished_at IS NULL ORDER BY id");
  return read_all_history(statement);
}

Result<void> SqliteStore::save_retry(const ports::RetryEntry& entry) {
  const std::lock_guard lock(mutex_);
  SqliteStatement statement(database_,
                            "INSERT OR REPLACE INTO retry (environment, app, instance, service, fingerprint, kind, "
                            "attempts, next, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  bind_target(statement, entry.target).bind(entry.service).bind(entry.fingerprint).bind(to_string(entry.kind));
  return statement.bind(std::int64_t{entry.attempts}).bind(to_number(entry.next)).bind(entry.message).run();
}

Result<void> SqliteStore::clear_retry(const TargetId& target) {
  const std::lock_guard lock(mutex_);
  SqliteStatement statement(database_, "DELETE FROM retry WHERE environment = ? AND app = ? AND instance = ?");
  return bind_target(statement, target).run();
}

Result<std::vector<ports::RetryEntry>> SqliteStore::retries() {
  const std::lock_guard lock(mutex_);
  SqliteStatement row(database_,
                      "SELECT environment, app, instance, service, fingerprint, kind, attempts, next, message "
                      "FROM retry ORDER BY environment, app, instance, service");
  std::vector<ports::RetryEntry> entries;
  auto more = row.step();
  for (; more && *more; more = row.step()) {
    ports::RetryEntry entry;
    entry.target = {row.text(0), row.text(1), row.text(2)};
    entry.service = row.text(3);
    entry.fingerprint = row.text(4);
    entry.kind = kind_of(row.text(5));
    entry.attempts = static_cast<int>(row.number(6));
    entry.next = to_instant(row.number(7));
    entry.message = row.text(8);
    entries.push_back(std::move(entry));
  }
  if (!more) return std::move(more).error();
  return entries;
}

Result<void> SqliteStore::record_images(const std::vector<ports::ImageRecord>& records) {
  const std::lock_guard lock(mutex_);
  SqliteTransaction transaction(database_);
  if (auto begun = transaction.begin(); !begun) return begun;
  for (const auto& record : records) {
    SqliteStatement statement(database_,
                              "INSERT INTO image (engine, environment, app, instance, service, reference, digest, "
                              "pulled, deployed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                              "ON CONFLICT (engine, environment, app, instance, service, reference, digest) DO UPDATE "
                              "SET pulled = max(pulled, excluded.pulled), "
                              "deployed_at = ifnull(excluded.deployed_at, deployed_at)");
    bind_image(statement, record).bind(std::int64_t{record.pulled ? 1 : 0});
    std::optional<std::int64_t> deployed;
    if (record.deployed_at) deployed = to_number(*record.deployed_at);
    if (auto done = statement.bind(deployed).run(); !done) return done;
  }
  return transaction.commit();
}

Result<std::vector<ports::ImageRecord>> SqliteStore::images(const std::string& engine) {
  const std::lock_guard lock(mutex_);
  SqliteStatement row(database_,
                      "SELECT engine, environment, app, instance, service, reference, digest, pulled, deployed_at "
                      "FROM image WHERE engine = ? ORDER BY environment, app, instance, service, reference, digest");
  row.bind(engine);
  std::vector<ports::ImageRecord> records;
  auto more = row.step();
  for (; more && *more; more = row.step()) {
    ports::ImageRecord record{.target = {row.text(1), row.text(2), row.text(3)},
                              .service = row.text(4),
                              .engine = row.text(0),
                              .reference = row.text(5),
                              .digest = row.text(6),
                              .pulled = row.number(7) != 0,
                              .deployed_at = std::nullopt};
    if (!row.is_null(8)) record.deployed_at = to_instant(row.number(8));
    records.push_back(std::move(record));
  }
  if (!more) return std::move(more).error();
  return records;
}

Result<void> SqliteStore::forget_images(const std::vector<ports::ImageRecord>& records) {
  const std::lock_guard lock(mutex_);
  SqliteTransaction transaction(database_);
  if (auto begun = transaction.begin(); !begun) return begun;
  for (const auto& record : records) {
    SqliteStatement statement(database_,
                              "DELETE FROM image WHERE engine = ? AND environment = ? AND app = ? AND instance = ? "
                              "AND service = ? AND reference = ? AND digest = ?");
    if (auto done = bind_image(statement, record).run(); !done) return done;
  }
  return transaction.commit();
}

}  // namespace plimsoll::adapters
