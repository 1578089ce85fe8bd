#include "adapters/sqlite_database.hpp"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <system_error>

#include "adapters/file_descriptor.hpp"

namespace plimsoll::adapters {
namespace {

constexpr int kBusyTimeoutMs = 5000;

/// Makes the file, for its owner only; SQLite gives its journals the same mode.
Result<void> make_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file) return {};
  const int why = errno;
  const std::string what = "cannot open the database " + path + ": ";
  switch (why) {
    case EISDIR: return Error{ErrorKind::rejected, what + "it is a directory; move it away"};
    case ELOOP: return Error{ErrorKind::rejected, what + "it is a symbolic link, which is not followed; move it away"};
    case ENOSPC: return Error{ErrorKind::transient, what + "the disk is full; free some space there"};
    default:
      return Error{ErrorKind::rejected,
                   what + std::generic_category().message(why) + "; make the directory and file writable"};
  }
}

}  // namespace

void SqliteDatabase::Close::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }

Result<SqliteDatabase> SqliteDatabase::open(const std::string& path, bool& corrupt) {
  SqliteDatabase database(path);
  auto opened = database.connect();
  if (opened) opened = database.check();
  corrupt = database.corrupt_;
  if (!opened) return std::move(opened).error();
  return database;
}

Result<void> SqliteDatabase::connect() {
  if (auto made = make_file(path_); !made) return made;
  sqlite3* handle = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(path_.c_str(), &handle, kFlags, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) return failure(code, "open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  // EXCLUSIVE: nobody else uses it, and a file beside it through which processes share it would want room, so that a
  // full disk kept the controller from starting.
  // NORMAL: a power cut may lose the last transactions, never the file; all of it can be lost.
  return execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
}

Result<void> SqliteDatabase::check() {
  SqliteStatement statement(*this, "PRAGMA quick_check(1)");
  auto row = statement.step();
  if (!row) return std::move(row).error();
  if (*row && statement.text(0) == "ok") return {};
  return failure(SQLITE_CORRUPT, "use");
}

Result<void> SqliteDatabase::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code, "prepare");
  return {};
}

Result<int> SqliteDatabase::schema_version() {
  SqliteStatement statement(*this, "PRAGMA user_version");
  auto row = statement.step();
  if (!row) return std::move(row).error();
  return static_cast<int>(statement.number(0));
}

std::int64_t SqliteDatabase::last_insert_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

Error SqliteDatabase::failure(int code, std::string_view doing) {
  const std::string where = "cannot " + std::string(doing) + " the database " + path_ + ": ";
  const std::string why = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_FULL: return {ErrorKind::transient, where + "the disk is full; free some space there"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {ErrorKind::transient, where + why + "; end the other process that uses it"};
    case SQLITE_IOERR: return {ErrorKind::transient, where + why + "; check the disk"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: corrupt_ = true; return {ErrorKind::rejected, where + why + "; move the file away"};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: return {ErrorKind::rejected, where + why + "; make the directory and file writable"};
    default: return {ErrorKind::internal, where + why};
  }
}

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

SqliteStatement::SqliteStatement(SqliteDatabase& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  note(sqlite3_prepare_v2(database.handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr));
  statement_.reset(statement);
}

void SqliteStatement::note(int code) {
  if (code != SQLITE_OK && !failed_) failed_ = database_.failure(code, "use");
}

SqliteStatement& SqliteStatement::bind(std::string_view text) {
  note(sqlite3_bind_text64(statement_.get(), next_parameter_++, text.data() == nullptr ? "" : text.data(), text.size(),
                           SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::int64_t number) {
  note(sqlite3_bind_int64(statement_.get(), next_parameter_++, number));
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::optional<std::int64_t> number) {
  if (number) return bind(*number);
  note(sqlite3_bind_null(statement_.get(), next_parameter_++));
  return *this;
}

Result<bool> SqliteStatement::step() {
  if (failed_) return *failed_;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_.failure(code, "use");
}

Result<void> SqliteStatement::run() {
  auto row = step();
  while (row && *row) row = step();
  if (!row) return std::move(row).error();
  return {};
}

std::string SqliteStatement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {reinterpret_cast<const char*>(bytes), size};
}

std::int64_t SqliteStatement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool SqliteStatement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

SqliteTransaction::~SqliteTransaction() {
  if (open_) (void)database_.execute("ROLLBACK");
}

Result<void> SqliteTransaction::begin() {
  auto begun = database_.execute("BEGIN IMMEDIATE");
  open_ = begun.ok();
  return begun;
}

Result<void> SqliteTransaction::commit() {
  auto committed = database_.execute("COMMIT");
  if (committed) open_ = false;
  return committed;
}

}  // namespace plimsoll::adapters
