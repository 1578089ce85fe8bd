#pragma once

#include <string>
#include <string_view>

#include "model/result.hpp"

namespace plimsoll::adapters {

/// The address of the manifest repository, taken apart and known to be harmless.
struct SourceUrl {
  enum class Scheme { https, http, ssh, file };
  Scheme scheme = Scheme::https;
  std::string user;  ///< ssh only; empty when the URL names none
  std::string host;  ///< lower case, without brackets; empty for file
  int port = 0;      ///< the scheme's own when the URL names none; 0 for file
  std::string path;  ///< percent-decoded for file, as written otherwise
  std::string text;  ///< the URL as configured; carries no credential, because those are refused
};

/// Checks and parses `source.url`: `https://`, `http://`, `ssh://`, `file:///` or `user@host:path`.
/// `rejected` for control bytes, other schemes, a user or password in an http(s) URL, a password in an ssh URL, a query
/// or fragment, and a host, user or path that a program could take for an option. The message never repeats a
/// credential.
[[nodiscard]] Result<SourceUrl> validate_source_url(const std::string& url);

/// A branch name that is safe to put into a refspec: `[A-Za-z0-9._/-]+`, no `..`, no empty, dot-led or `.lock`
/// component, not led by `-`.
[[nodiscard]] Result<void> validate_branch(std::string_view branch);

/// `text` with the user info and the query of every URL in it replaced by `***`. A lone ssh user name stays.
[[nodiscard]] std::string scrub_url(std::string_view text);

}  // namespace plimsoll::adapters
