#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::adapters {

/// Where an HTTP server is, and how it is spoken to.
struct HttpEndpoint {
  std::string base_url;     ///< `http://host:port` or `https://host:port`, without a path or credentials
  std::string unix_socket;  ///< path of a socket to use instead of TCP; empty for TCP
  std::string ca_file, certificate_file, key_file;  ///< PEM files for TLS; empty for the system's CAs, no certificate
  std::string description;                          ///< in messages: `engine at unix:///run/docker.sock`
  std::string hint;  ///< in messages about an unreachable server: `is dockerd running there?`
  std::chrono::milliseconds connect_timeout{5000};
};

/// One request. `path` begins with a slash and is already percent-encoded.
struct HttpRequest {
  std::string method = "GET";
  std::string path;
  std::vector<std::string> headers{};  ///< `Name: value`
  std::string body{};                  ///< sent when not empty, or with POST and PUT
  std::string content_type{};          ///< of `body`
  /// Receives the body of a 2xx reply piece by piece instead of `HttpResponse::body`; false ends the transfer.
  std::function<bool(std::string_view)> on_body{};
  /// With a reader that is told of progress: ends the call as `deadline` when not a byte came for so long. 0: never.
  std::chrono::milliseconds silence_limit{0};
  /// A larger body (not given to `on_body`) fails the call as `rejected`. Parsed, JSON may take thirty times its size.
  std::size_t body_limit = 1U << 20U;
};

/// A reply, whatever its status.
struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case; the last of equal names
  std::string body;
  [[nodiscard]] bool ok() const noexcept { return status >= 200 && status < 300; }
};

/// `text` percent-encoded for use as one path segment or query value (RFC 3986, unreserved characters stay).
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace plimsoll::adapters
