#pragma once

#include <string>

#include "adapters/git/libgit_handles.hpp"
#include "model/result.hpp"

namespace plimsoll::adapters {

/// Removes what a killed fetch leaves in a mirror: temporary packs and lock files, and the half-made `<mirror>.new`.
/// Only for the one process that writes the mirror. Does nothing when there is no mirror.
void remove_fetch_leftovers(const std::string& mirror_dir);

/// How many packs a mirror has.
[[nodiscard]] int pack_count(const std::string& mirror_dir);

/// Makes an empty bare repository at `dir` (which must not exist), readable by us only.
[[nodiscard]] Result<RepositoryPtr> create_mirror(const std::string& dir);

/// Puts the finished mirror `from` in the place of `to`.
[[nodiscard]] Result<void> replace_mirror(const std::string& from, const std::string& to);

/// Where the fresh clone of a mirror is made before it takes the mirror's place.
[[nodiscard]] inline std::string fresh_mirror_dir(const std::string& mirror_dir) { return mirror_dir + ".new"; }

/// Where the child keeps its private copy of the known host keys, see `write_host_key_preference`.
[[nodiscard]] inline std::string child_home_dir(const std::string& mirror_dir) { return mirror_dir + ".home"; }

/// True when every object below `path` (empty: the root) at `commit` is in the mirror. A `path` that is not in the
/// commit counts as complete: that is for the reader to refuse.
[[nodiscard]] bool is_complete(git_repository* repository, const std::string& commit, const std::string& path);

}  // namespace plimsoll::adapters
