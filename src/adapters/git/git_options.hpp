#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "adapters/git/source_url.hpp"
#include "model/result.hpp"
#include "model/secret.hpp"

namespace plimsoll::adapters {

/// `source:` of the controller's configuration, and the limits of the git adapter.
struct GitOptions {
  std::string url;                 ///< see `validate_source_url`
  std::string branch = "main";     ///< see `validate_branch`
  std::string path = "manifests";  ///< the manifest directory inside the repository; empty or "." is its root
  std::string mirror_dir;          ///< the bare mirror; its parent must exist and be ours
  std::string username;            ///< https: with the password ("git" when empty); ssh: when the URL names no user
  std::string password_file;       ///< https: token or password, read anew for every request so that it can be rotated
  std::string ssh_key_file;        ///< ssh: private key without passphrase; ed25519 or ECDSA (libssh2 1.10, see README)
  std::string known_hosts_file;    ///< ssh: mandatory; OpenSSH's format
  std::string ca_file;             ///< https: PEM file of certificate authorities in place of the system's
  std::chrono::milliseconds fetch_deadline{60'000};  ///< a fetch that takes longer is killed
  std::int64_t max_pack_bytes = 200LL << 20U;        ///< most bytes that one fetch may bring
  int max_packs = 50;                                ///< of a mirror with more packs, the small ones become one
  std::string self_executable = "/proc/self/exe";    ///< the program that has `git-fetch`
};

/// Options whose parts have been checked together: ssh has its key and known hosts, https keeps its password for
/// itself.
struct CheckedGitOptions {
  GitOptions options;  ///< `path` normalised: no "./", no slash at either end, empty for the root
  SourceUrl url;
};

/// Checks `options` without touching the network or a file. `rejected` names the key and the mend.
[[nodiscard]] Result<CheckedGitOptions> check_git_options(GitOptions options);

/// The password for an https source, freshly read from `password_file` (one trailing newline removed).
/// Absent when none is configured; `unauthorized` when the file cannot be read or is empty.
[[nodiscard]] Result<std::optional<Secret>> git_password(const GitOptions& options);

}  // namespace plimsoll::adapters
