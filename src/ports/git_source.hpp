#pragma once

#include <optional>
#include <string>

#include "model/repository_files.hpp"
#include "model/result.hpp"
#include "ports/call.hpp"

namespace plimsoll::ports {

/// A snapshot of the manifest directory at one commit.
struct RevisionContent {
  std::string commit;   ///< 40 hex
  std::string author;   ///< "Name <mail>" of the commit
  std::string subject;  ///< first line of its message
  /// Files below the manifest directory. Those whose object id stood in `known` share that content.
  RepositoryFiles files;
};

/// The one branch of the one manifest repository. Not thread-safe: one caller at a time.
///
/// Errors: `transient` (unreachable), `deadline`, `cancelled`, `unauthorized` (credentials, unknown host key),
/// `missing` (the branch vanished), `rejected` (repository emptied of the directory, limits exceeded, bad URL).
class GitSource {
 public:
  virtual ~GitSource() = default;

  /// The commit that the branch has at the remote now, by the cheapest means the transport has.
  virtual Result<std::string> remote_commit(const Call& call) = 0;

  /// Brings what the branch has at the remote now into the local mirror; returns that commit. Never leaves a broken
  /// mirror behind: one that does not open is made anew.
  virtual Result<std::string> fetch(const Call& call) = 0;

  /// Reads a commit out of the mirror; no network. `known` is an earlier snapshot to share contents with; may be null.
  /// `commit` may also be a branch, tag or abbreviated id, for `diff --revision`.
  virtual Result<RevisionContent> read(const std::string& commit, const RepositoryFiles* known) = 0;
};

}  // namespace plimsoll::ports
