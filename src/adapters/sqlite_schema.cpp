#include "adapters/sqlite_schema.hpp"

#include <array>

namespace plimsoll::adapters {
namespace {

/// `kMigrations[n]` leads from version n to n + 1. Never edit one that was released: add the next. Nothing uses the
/// table `setting` any more.
constexpr std::array<const char*, kSchemaVersion> kMigrations{
    R"sql(
  CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    environment TEXT NOT NULL, app TEXT NOT NULL, instance TEXT NOT NULL,
    revision TEXT NOT NULL, author TEXT NOT NULL, subject TEXT NOT NULL,
    images TEXT NOT NULL, phase TEXT NOT NULL, message TEXT NOT NULL,
    started_at INTEGER NOT NULL, finished_at INTEGER
  );
  CREATE INDEX history_by_target ON history (environment, app, instance, id);
  CREATE TABLE retry (
    environment TEXT NOT NULL, app TEXT NOT NULL, instance TEXT NOT NULL, service TEXT NOT NULL,
    fingerprint TEXT NOT NULL, kind TEXT NOT NULL, attempts INTEGER NOT NULL, next INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (environment, app, instance, service)
  ) WITHOUT ROWID;
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
)sql",
    R"sql(
  CREATE TABLE image (
    engine TEXT NOT NULL, environment TEXT NOT NULL, app TEXT NOT NULL, instance TEXT NOT NULL, service TEXT NOT NULL,
    reference TEXT NOT NULL, digest TEXT NOT NULL, pulled INTEGER NOT NULL, deployed_at INTEGER,
    PRIMARY KEY (engine, environment, app, instance, service, reference, digest)
  ) WITHOUT ROWID;
)sql"};

}  // namespace

Result<void> migrate(SqliteDatabase& database) {
  SqliteTransaction transaction(database);
  if (auto begun = transaction.begin(); !begun) return begun;
  auto version = database.schema_version();
  if (!version) return std::move(version).error();
  if (*version > kSchemaVersion || *version < 0) {
    return Error{ErrorKind::rejected, "the database " + database.path() + " has schema version " +
                                          std::to_string(*version) + ", this release knows " +
                                          std::to_string(kSchemaVersion) +
                                          "; use the newer release or remove the file"};
  }
  if (*version == kSchemaVersion) return {};  // nothing is written, for which a full disk has no room
  for (int from = *version; from < kSchemaVersion; ++from) {
    if (auto done = database.execute(kMigrations.at(static_cast<std::size_t>(from))); !done) return done;
  }
  if (auto done = database.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion)); !done) return done;
  return transaction.commit();
}

}  // namespace plimsoll::adapters
