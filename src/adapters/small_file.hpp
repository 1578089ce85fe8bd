#pragma once

#include <cstddef>
#include <string>

#include "model/result.hpp"

namespace plimsoll::adapters {

/// The bytes of a regular file of at most `max_bytes`, without following a symbolic link at its end when
/// `follow_symlink` is false. `missing` when there is no such file, `rejected` otherwise; the message names the path
/// and the reason, never the content. Blocks.
[[nodiscard]] Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes, bool follow_symlink);

/// Writes the names in the directory that `path` lies in to the disk: a file that was made, linked or renamed there is
/// still there after the machine loses power. False, with errno, when that cannot be known.
[[nodiscard]] bool sync_directory_of(const std::string& path);

}  // namespace plimsoll::adapters
