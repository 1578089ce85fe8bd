#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/docker/engine_endpoint.hpp"
#include "adapters/http/http_client.hpp"
#include "model/result.hpp"
#include "ports/call.hpp"

namespace plimsoll::adapters {

/// A version of the Engine API, such as 1.41.
struct ApiVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const ApiVersion&) const = default;
  [[nodiscard]] std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
};

/// The newest version that this adapter speaks (Engine 27.2).
inline constexpr ApiVersion kOurApiVersion{1, 47};

/// The longest reply to a call that lists things; one thing takes the default of `HttpRequest` at most.
inline constexpr std::size_t kListBytes = 8U << 20U;

/// What `/_ping` tells.
struct EngineIdentity {
  ApiVersion version;   ///< the one in use: the older of ours and theirs
  std::string product;  ///< "Docker 26.1.5"
  bool podman = false;
};

/// Reads the reply headers of `/_ping` (`Api-Version`, `Server`, `Libpod-API-Version`).
[[nodiscard]] EngineIdentity engine_identity(const HttpResponse& ping);

/// Query parameters, percent-encoded into `?a=b&c=d`.
using Query = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string query_text(const Query& query);

/// Versioned requests to one engine. The version is negotiated before the first request and again after the engine
/// could not be reached or did not like it. Thread-safe.
class EngineApi {
 public:
  explicit EngineApi(HttpEndpoint endpoint) : http_(std::move(endpoint)) {}

  /// Sends `request`, whose path begins after the version (`/containers/json`). Any status is a reply.
  Result<HttpResponse> send(HttpRequest request, const ports::Call& call);
  /// The negotiated identity; asks when it is not known.
  Result<EngineIdentity> identity(const ports::Call& call);
  [[nodiscard]] const HttpEndpoint& endpoint() const noexcept { return http_.endpoint(); }

 private:
  void forget_identity();

  HttpClient http_;
  std::mutex mutex_;
  bool known_ = false;
  EngineIdentity identity_;
};

}  // namespace plimsoll::adapters
