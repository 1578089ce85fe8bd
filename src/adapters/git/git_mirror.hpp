#pragma once

#include <string>

#include "adapters/git/libgit_handles.hpp"
#include "model/result.hpp"

namespace plimsoll::adapters {

/// Removes what a killed fetch leaves in a mirror: temporary packs and lock files, the half-made `<mirror>.new`, and
/// `<mirror>.old`, which takes the mirror's place again when that was not filled yet. Only for the one process that
/// writes the mirror. Does nothing when there is no mirror.
void remove_fetch_leftovers(const std::string& mirror_dir);

/// Makes an empty bare repository at `dir` (which must not exist), readable by us only.
[[nodiscard]] Result<RepositoryPtr> create_mirror(const std::string& dir);

/// Puts the finished mirror `from` in the place of `to`, at once where the file system can: others may be reading. A
/// death in the middle loses neither.
[[nodiscard]] Result<void> replace_mirror(const std::string& from, const std::string& to);
/// The same with two renames, between which there is no mirror but `<mirror>.old`.
[[nodiscard]] Result<void> replace_mirror_in_steps(const std::string& from, const std::string& to);

/// Where the fresh clone of a mirror is made before it takes the mirror's place.
[[nodiscard]] inline std::string fresh_mirror_dir(const std::string& mirror_dir) { return mirror_dir + ".new"; }

/// Where the child keeps its private copy of the known host keys, see `write_host_key_preference`.
[[nodiscard]] inline std::string child_home_dir(const std::string& mirror_dir) { return mirror_dir + ".home"; }

/// True when every object below `path` (empty: the root) at `commit` is in the mirror. A `path` that is not in the
/// commit, and an object that is too large to be read, count as complete: they are for the reader to refuse.
[[nodiscard]] bool is_complete(git_repository* repository, const std::string& commit, const std::string& path);

}  // namespace plimsoll::adapters
