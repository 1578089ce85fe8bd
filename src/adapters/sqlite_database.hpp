#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace plimsoll::adapters {

/// An open SQLite database: the C library behind RAII, errors as values. Not thread-safe.
///
/// Errors: `transient` (busy, disk full, I/O; the message names the file), `rejected` with `is_corrupt` true (not a
/// database, or damaged), `internal` (SQL that SQLite does not take).
class SqliteDatabase {
 public:
  /// Opens or creates `path`, readable by its owner only, in WAL mode, waiting up to 5 s for another process. Checks
  /// the whole file; `corrupt` says whether the failure is damage rather than anything else.
  [[nodiscard]] static Result<SqliteDatabase> open(const std::string& path, bool& corrupt);

  /// Runs statements that take no values and give none.
  Result<void> execute(const std::string& sql);
  /// `PRAGMA user_version`: the version of the schema, 0 for a new file.
  [[nodiscard]] Result<int> schema_version();
  /// The row id of the last insert.
  [[nodiscard]] std::int64_t last_insert_id() const;
  /// True once any call met a damaged file.
  [[nodiscard]] bool is_corrupt() const noexcept { return corrupt_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  friend class SqliteStatement;
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  explicit SqliteDatabase(std::string path) : path_(std::move(path)) {}
  Result<void> connect();
  Result<void> check();
  /// The error of the call that just returned `code`.
  Error failure(int code, std::string_view doing);

  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
  bool corrupt_ = false;
};

/// One prepared statement, used once: bind in order, then step. Ends with its scope. A failed preparation or binding
/// is kept and returned by the first `step`, so that calls can be chained.
class SqliteStatement {
 public:
  SqliteStatement(SqliteDatabase& database, std::string_view sql);
  /// Binds the next parameter.
  SqliteStatement& bind(std::string_view text);
  SqliteStatement& bind(std::int64_t number);
  SqliteStatement& bind(std::optional<std::int64_t> number);

  /// True when there is a row to read, false at the end.
  Result<bool> step();
  /// Steps to the end of a statement that gives no rows.
  Result<void> run();

  /// Columns of the current row, from 0.
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  void note(int code);

  SqliteDatabase& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_parameter_ = 1;
  std::optional<Error> failed_;
};

/// A transaction that rolls back unless it is committed.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteDatabase& database) : database_(database) {}
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  /// Takes the write lock; call it once before the first statement.
  Result<void> begin();
  Result<void> commit();

 private:
  SqliteDatabase& database_;
  bool open_ = false;
};

}  // namespace plimsoll::adapters
