#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/git/fetch_request.hpp"
#include "adapters/git/known_hosts.hpp"
#include "adapters/git/libgit_handles.hpp"
#include "adapters/git/source_url.hpp"
#include "model/result.hpp"

namespace plimsoll::adapters {

/// One remote as the child process talks to it: libgit2's callbacks for credentials, host keys and size. Lives in the
/// child only: none of its calls can be interrupted.
class RemoteSession {
 public:
  /// `request` must outlive the session.
  RemoteSession(const FetchRequest& request, SourceUrl url);

  /// Reads the files that `request` names and prepares the SSH host keys. Call first, once.
  [[nodiscard]] Result<void> prepare();

  /// The commit that the branch has at the remote. `repository` may be null for asking only.
  [[nodiscard]] Result<std::string> connect(git_repository* repository);

  /// Downloads the branch into the repository that `connect` was given, moving its `refs/heads/<branch>` wherever the
  /// remote's is, forward or not.
  [[nodiscard]] Result<void> download();

  /// Ends the connection; before the repository that `connect` was given goes away.
  void close() { remote_.reset(); }

 private:
  static int on_credentials(git_credential** credential, const char* url, const char* user, unsigned allowed,
                            void* self);
  static int on_certificate(git_cert* certificate, int valid, const char* host, void* self);
  static int on_progress(const git_indexer_progress* progress, void* self);
  int give_credentials(git_credential** credential, const char* user, unsigned allowed);
  int check_host_key(const git_cert_hostkey& key);
  int refuse(Error error);
  [[nodiscard]] git_remote_callbacks callbacks();
  [[nodiscard]] Error failure(int code, const std::string& doing);
  void explain_rsa();

  const FetchRequest& request_;
  SourceUrl url_;
  std::string where_;
  std::string key_type_;  ///< of the SSH key file
  std::vector<KnownHostKey> known_keys_;
  RemotePtr remote_;
  int attempts_ = 0;              ///< credentials given so far
  std::optional<Error> refusal_;  ///< what a callback of ours refused
};

}  // namespace plimsoll::adapters
