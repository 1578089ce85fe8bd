#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/git/pkt_line.hpp"
#include "adapters/git/source_url.hpp"
#include "adapters/http/http_client.hpp"
#include "model/result.hpp"
#include "model/secret.hpp"
#include "ports/call.hpp"

namespace plimsoll::adapters {

/// What goes into the Authorization header, for the one host of the source.
struct HttpLogin {
  std::string username;
  Secret password;
};

/// Asks a smart HTTP git server (gitprotocol-http) which references it has. Keeps its connection open between calls.
/// Not thread-safe. Redirects are refused, so that credentials reach the configured host only.
class SmartHttp {
 public:
  /// `url` must be http or https. `ca_file` (may be empty) takes the place of the system's authorities.
  SmartHttp(SourceUrl url, std::string ca_file);

  /// The references that begin with `prefix`: protocol v2 `ls-refs`, or, where a server does not speak it, the v0
  /// advertisement. Ends at once when `call.stop` fires.
  ///
  /// Errors: `deadline`, `cancelled`, `transient` (network, 5xx, 429 with `retry_after`), `unauthorized` (401, 403, bad
  /// certificate), `missing` (404), `rejected` (a redirect, not a git server, a reply over the size limit).
  [[nodiscard]] Result<std::vector<RemoteRef>> list_refs(const std::string& prefix,
                                                         const std::optional<HttpLogin>& login,
                                                         const ports::Call& call);

 private:
  std::string base_path_;
  std::string where_;
  HttpClient client_;
  bool speaks_v2_ = true;
};

}  // namespace plimsoll::adapters
