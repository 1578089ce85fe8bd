#pragma once

#include <memory>

#include "adapters/http/http_message.hpp"
#include "model/result.hpp"
#include "ports/call.hpp"

namespace plimsoll::adapters {

/// Blocking HTTP/1.1 client for one endpoint: every request ends at its deadline at the latest, and at
/// once when its stop token fires. Keeps a few idle connections open. Safe to use from several threads at once; every
/// request under way has a connection of its own.
class HttpClient {
 public:
  explicit HttpClient(HttpEndpoint endpoint);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends `request` and waits for the whole reply, of any status.
  /// Errors: `transient` (unreachable, broken off), `unauthorized` (TLS trust), `deadline`, `cancelled`,
  /// `rejected` (body over its limit, malformed endpoint).
  Result<HttpResponse> perform(const HttpRequest& request, const ports::Call& call);

  [[nodiscard]] const HttpEndpoint& endpoint() const noexcept;

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace plimsoll::adapters
