#pragma once

#include <string>

#include "adapters/http/http_message.hpp"
#include "model/result.hpp"

namespace plimsoll::adapters {

/// PEM files that an instance's `tls:` names in the controller's configuration.
struct TlsFiles {
  std::string ca, certificate, key;
};

/// An engine's address, parsed.
struct EngineEndpoint {
  HttpEndpoint http;
  bool local = false;  ///< a unix socket: the engine runs on this machine
  /// `host:port` when the way there leaves this machine in the clear: whoever answers may be anybody. Else empty.
  std::string plain_address;
};

/// Parses an engine URL of `instances.yaml`: `unix:///path`, `tcp://host:port` (TLS when `tls` names files).
/// Errors: `rejected` for another scheme, a missing port or path, control characters; `ssh://` is not supported yet.
[[nodiscard]] Result<EngineEndpoint> parse_engine_endpoint(const std::string& url, const TlsFiles& tls = {});

}  // namespace plimsoll::adapters
