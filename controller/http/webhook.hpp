#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "controller/control_api.hpp"
#include "controller/http/http_message.hpp"
#include "controller/http/router.hpp"
#include "controller/http/token_bucket.hpp"
#include "model/secret.hpp"

namespace plimsoll::controller {

/// Who may deliver, and how often.
struct WebhookOptions {
  /// Any of them signs (rotation: the new one beside the old). None, or an empty one: every request gets 503.
  std::vector<Secret> secrets;
  double burst = 100;      ///< requests with a signature at once, before the first 429
  double per_second = 20;  ///< and then so many
};

/// What became of a request, as `plimsoll_webhook_requests_total{result}` shows it.
namespace webhook_result {
inline constexpr const char* kAccepted = "accepted";  ///< a push to the watched source: refresh enqueued
inline constexpr const char* kIgnored = "ignored";    ///< authentic, but of another repository, ref or event
inline constexpr const char* kPing = "ping";
inline constexpr const char* kUnauthorized = "unauthorized";  ///< signature absent or wrong
inline constexpr const char* kMalformed = "malformed";
inline constexpr const char* kTooLarge = "too_large";
inline constexpr const char* kTooSlow = "too_slow";
inline constexpr const char* kRateLimited = "rate_limited";
inline constexpr const char* kUnconfigured = "unconfigured";
}  // namespace webhook_result

/// `POST /api/webhook` for GitHub (and what speaks its dialect): push and ping. The order of the checks is the defence:
/// secret configured, signature present, rate, size, HMAC over the raw bytes in constant time, and
/// only then parsing. A delivery is a hint that the source may have moved: no URL of it is ever fetched, and a replayed
/// one costs one more look at the source. Loop thread only.
class Webhook {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  using Count = std::function<void(const std::string& result)>;

  Webhook(WebhookOptions options, ControlApi& control, Now now, Count count);

  /// What can be refused without the body.
  [[nodiscard]] std::optional<Response> screen(const Request& head);
  /// Judges a whole request that `screen` let pass.
  [[nodiscard]] Response handle(const Request& request);
  /// The route `POST /api/webhook`; this object must outlive it.
  [[nodiscard]] Router::Route route();

 private:
  [[nodiscard]] bool authentic(const Request& request) const;
  [[nodiscard]] Response push(const Request& request);
  [[nodiscard]] Response refuse(int status, const char* result, const std::string& message, const std::string& kind);
  [[nodiscard]] Response accept(const char* result);

  WebhookOptions options_;
  ControlApi& control_;
  Now now_;
  Count count_;
  TokenBucket bucket_;
};

/// What a push names: the repository under all its URLs, and the ref. Missing parts are empty.
struct PushedSource {
  std::vector<std::string> repository_urls;
  std::string ref;
};

/// Reads a push payload of any shape; absent when it is not JSON or not an object, or nested deeper than 32.
[[nodiscard]] std::optional<PushedSource> parse_push(const std::string& payload);

}  // namespace plimsoll::controller
