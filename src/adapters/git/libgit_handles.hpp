#pragma once

#include <git2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/git/source_url.hpp"
#include "model/result.hpp"

namespace plimsoll::adapters {

/// Calls the libgit2 function that frees a handle.
template <auto Free>
struct LibgitDeleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

using RepositoryPtr = std::unique_ptr<git_repository, LibgitDeleter<git_repository_free>>;
using RemotePtr = std::unique_ptr<git_remote, LibgitDeleter<git_remote_free>>;
using CommitPtr = std::unique_ptr<git_commit, LibgitDeleter<git_commit_free>>;
using TreePtr = std::unique_ptr<git_tree, LibgitDeleter<git_tree_free>>;
using BlobPtr = std::unique_ptr<git_blob, LibgitDeleter<git_blob_free>>;
using OdbPtr = std::unique_ptr<git_odb, LibgitDeleter<git_odb_free>>;
using ReferenceIteratorPtr = std::unique_ptr<git_reference_iterator, LibgitDeleter<git_reference_iterator_free>>;

/// Lets a libgit2 function fill a handle: `git_repository_open(out(repository), …)`. Lives until the end of that call.
template <class Pointer>
class OutParameter {
 public:
  explicit OutParameter(Pointer& target) noexcept : target_(target) {}
  ~OutParameter() { target_.reset(raw_); }
  OutParameter(const OutParameter&) = delete;
  OutParameter& operator=(const OutParameter&) = delete;
  operator typename Pointer::element_type **() noexcept { return &raw_; }

 private:
  Pointer& target_;
  typename Pointer::element_type* raw_ = nullptr;
};

template <class Pointer>
[[nodiscard]] OutParameter<Pointer> out(Pointer& target) noexcept {
  return OutParameter<Pointer>(target);
}

/// Initialises libgit2, once and on first use: no configuration from outside the repository is read, objects are
/// verified when read. Thread-safe. Repositories are opened by exact path only, so the owner check (meant for a planted
/// `.git` found on the way up) is off: a file source may belong to another user.
void use_libgit2();

/// What libgit2 says of the failure it just reported on this thread: one line, URLs scrubbed, never empty.
[[nodiscard]] std::string libgit2_message();

/// `what` failed: an error whose kind follows from libgit2's `code` and error class, for network operations. `internal`
/// means that the local repository may be at fault.
[[nodiscard]] Error libgit2_network_error(int code, std::string_view what);

/// Opens the repository that a file URL names, bare or with a work tree; `missing` when there is none.
[[nodiscard]] Result<RepositoryPtr> open_file_source(const SourceUrl& url);

/// 40 hex digits.
[[nodiscard]] std::string to_hex(const git_oid& id);

/// The commit that `refs/heads/<branch>` has; `missing` when there is no such branch. `where` names the repository in
/// the message, and an empty repository is told apart from a branch that is not there.
[[nodiscard]] Result<std::string> branch_commit(git_repository* repository, const std::string& branch,
                                                const std::string& where);

/// The `missing` error for a branch that is not there, given the names of the branches that are.
[[nodiscard]] Error branch_missing(const std::string& branch, const std::string& where,
                                   const std::vector<std::string>& existing);

}  // namespace plimsoll::adapters
