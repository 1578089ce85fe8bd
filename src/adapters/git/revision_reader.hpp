#pragma once

#include <string>
#include <string_view>

#include "model/repository_files.hpp"
#include "model/result.hpp"
#include "ports/git_source.hpp"

namespace plimsoll::adapters {

/// Where a revision is read from.
struct RevisionQuery {
  std::string mirror_dir;
  std::string path;      ///< the manifest directory, normalised; empty for the root
  std::string revision;  ///< 40 hex, an abbreviation of at least 4, a branch, a tag, or `branch@sha1:<hex>`
};

/// Reads the manifest directory of one revision out of a bare mirror by object id: nothing is checked out, no link is
/// followed. Files whose object id stands in `known` (may be null) share its content and are not read. Everything below
/// the directory counts against the limits of `model/limits.hpp`; a file over `kMaxFileBytes` has null
/// content.
/// A commit or a tree is looked at only when it is no larger than `bounded_objects.hpp` says.
///
/// Errors: `missing` when the mirror has no such revision; `rejected` when the directory is not in it, a limit is
/// exceeded or a name is dangerous (control characters, `..`, `.git`, not UTF-8, over 4 KiB); `transient` when the
/// mirror itself is broken, so that a fresh fetch mends it.
[[nodiscard]] Result<ports::RevisionContent> read_revision(const RevisionQuery& query, const RepositoryFiles* known);

/// Why a tree entry's name must not be used; empty when it may. Pure.
[[nodiscard]] std::string refused_name(std::string_view name);

}  // namespace plimsoll::adapters
