#pragma once

#include <cstddef>
#include <string>

#include "adapters/git/libgit_handles.hpp"

namespace plimsoll::adapters {

/// Most bytes of one commit or annotated tag, and of one directory's tree object, that are read.
inline constexpr std::size_t kMaxCommitBytes = 1U << 20U;
inline constexpr std::size_t kMaxTreeBytes = 4U << 20U;

/// What came of a look-up.
enum class Found {
  yes,
  no,         ///< no such object, or no such name in a tree
  other,      ///< an object of another kind has the id or the name
  oversized,  ///< larger than what is read
  damaged,    ///< there, and not readable
};

/// Looks objects up, after their size: libgit2 takes an object into memory whole, and anybody who may push can make one
/// of hundreds of megabytes. Not thread-safe, as libgit2's handles are not.
class BoundedObjects {
 public:
  /// `repository` must outlive this.
  explicit BoundedObjects(git_repository* repository);

  /// The commit with this id, or the one that an annotated tag with this id names.
  [[nodiscard]] Found commit(git_oid id, CommitPtr& found) const;
  [[nodiscard]] Found tree(const git_oid& id, TreePtr& found) const;
  /// The tree at `path` (names with `/` between them; empty: the root) of a commit.
  [[nodiscard]] Found tree_at(const git_commit* commit, const std::string& path, TreePtr& found) const;
  /// Null when the repository has no object database that can be opened.
  [[nodiscard]] git_odb* odb() const noexcept { return odb_.get(); }

 private:
  [[nodiscard]] Found look(const git_oid& id, git_object_t& type, std::size_t& size) const;

  git_repository* repository_;
  OdbPtr odb_;
};

}  // namespace plimsoll::adapters
