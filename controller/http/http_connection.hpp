#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "controller/http/http_server.hpp"

namespace plimsoll::controller {

/// What the connections of one server share. Loop thread only.
struct ConnectionShare {
  HttpLimits limits;
  HttpHandler* handler = nullptr;  ///< null once the server stops: nothing is called any more
  std::size_t bodies = 0;          ///< TCP requests whose body is being read
};

/// One accepted connection: reads requests one after the other, answers each before it reads the next. Loop thread
/// only.
class HttpConnection {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Closed = std::function<void(const std::shared_ptr<HttpConnection>&)>;

  virtual ~HttpConnection() = default;
  /// Begins to read. `closed` is called once, when the connection is gone.
  virtual void start(Closed closed) = 0;
  /// True between requests.
  [[nodiscard]] virtual bool idle() const = 0;
  /// When it became idle; meaningful only then.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point idle_since() const = 0;
  /// Closes now, or after the answer under way.
  virtual void finish() = 0;
  /// Closes now.
  virtual void close() = 0;
};

/// A connection over `socket`, which is accepted and not yet used.
[[nodiscard]] std::shared_ptr<HttpConnection> make_http_connection(HttpConnection::Socket socket, bool unix_socket,
                                                                   std::shared_ptr<ConnectionShare> share);

}  // namespace plimsoll::controller
