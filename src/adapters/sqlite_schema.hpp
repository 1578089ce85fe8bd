#pragma once

#include "adapters/sqlite_database.hpp"

namespace plimsoll::adapters {

/// The version of the schema that this release writes.
inline constexpr int kSchemaVersion = 2;

/// Brings the schema from whatever version the file has to `kSchemaVersion`, in one transaction. `rejected` when the
/// file is newer than this release.
[[nodiscard]] Result<void> migrate(SqliteDatabase& database);

}  // namespace plimsoll::adapters
