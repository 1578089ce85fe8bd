#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "controller/http/http_message.hpp"
#include "controller/http/listen_address.hpp"
#include "model/result.hpp"

namespace boost::asio {
class io_context;
}

namespace plimsoll::controller {

/// Limits of a server. The defaults are what ships; tests shorten the times.
struct HttpLimits {
  std::size_t header_bytes = 16U << 10U;      ///< request line and headers; above it 431
  std::size_t tcp_body_bytes = 3U << 20U;     ///< while reading, whatever Content-Length says; above it 413
  std::size_t unix_body_bytes = 16U << 20U;   ///< a manifest directory for `diff`, base64 included
  std::size_t connections = 100;              ///< per listener; above it 503, after the idlest one was closed
  std::size_t tcp_bodies = 16;                ///< TCP requests whose body is read at one time; above it 503
  std::chrono::milliseconds request{10'000};  ///< from the first byte to the last of one request; above it 408
  std::chrono::milliseconds idle{30'000};     ///< between requests, and for writing an answer
  std::chrono::milliseconds answer{150'000};  ///< for the handler; above it 504
  std::chrono::milliseconds drain{500};       ///< what `stop` leaves answers under way
};

/// Where a server listens and what it bears.
struct HttpServerOptions {
  std::string listen;       ///< as `parse_listen_address` reads it; empty: no TCP
  std::string socket_path;  ///< empty: no unix socket
  HttpLimits limits;
};

/// An HTTP/1.1 server on TCP and on a unix socket (mode 0660), with plain callbacks on the loop thread of `io`.
/// Every call but `start` is made on that thread (or before it runs).
class HttpServer {
 public:
  /// Listens at once. A stale socket file is replaced only when nothing answers on it; a missing directory of the
  /// socket is made. Errors name the address or path and the cause. `handler` must outlive the server.
  static Result<std::unique_ptr<HttpServer>> start(boost::asio::io_context& io, HttpServerOptions options,
                                                   HttpHandler& handler);
  /// Stops as `stop` does; nothing of the handler is called any more.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The TCP port in use; 0 without TCP.
  [[nodiscard]] std::uint16_t port() const;
  /// True when TCP is absent or only this machine can reach it.
  [[nodiscard]] bool loopback() const;
  /// Connections that are open now.
  [[nodiscard]] std::size_t connections() const;
  /// Listens no more, closes idle connections, leaves answers under way `limits.drain`, then closes everything. After
  /// that no work of the server is left on the `io_context`. Idempotent.
  void stop();

 private:
  struct State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace plimsoll::controller
