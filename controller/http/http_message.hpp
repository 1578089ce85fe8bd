#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace plimsoll::controller {

/// One HTTP request as handlers see it; no library type. `target` is as sent, `path` and `query` are percent-decoded.
struct Request {
  std::string method;  ///< upper case, such as `GET`
  std::string target;  ///< as sent: `/api/v1/status?app=x`
  std::string path;
  std::map<std::string, std::string> query;    ///< the last of a repeated parameter wins
  std::map<std::string, std::string> headers;  ///< names in lower case; repeated ones joined with `, `
  std::string body;                            ///< raw bytes
  bool unix_socket = false;                    ///< came over the unix socket, whose file mode is the authentication
  bool trusted = false;                        ///< set by the router: may see what only this machine may see

  /// The header's value, or an empty string. `name` in lower case.
  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
  /// The query parameter's value, or an empty string.
  [[nodiscard]] std::string parameter(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
};

/// One HTTP answer.
struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;  ///< further ones, such as `Allow`
};

/// Sends the answer. To be called once, from any thread; later calls and calls after a time-out do nothing.
using Respond = std::function<void(Response)>;

/// What a server calls, on its loop thread.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// Called with everything but the body, before a byte of the body is read. An answer given here refuses the request.
  [[nodiscard]] virtual std::optional<Response> screen(const Request& head) = 0;
  /// Called with the whole request. `respond` may be called later.
  virtual void handle(Request request, Respond respond) = 0;
  /// The server itself refused the request after `screen` let it pass: 408 (too slow), 413 (too large), 503 (too many).
  virtual void cut_off(const Request& /*head*/, int /*status*/) {}
};

/// `{"error": message, "kind": kind}` with a final newline; both may hold any bytes.
[[nodiscard]] Response error_response(int status, const std::string& message, const std::string& kind);

}  // namespace plimsoll::controller
