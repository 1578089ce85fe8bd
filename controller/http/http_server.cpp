#include "controller/http/http_server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>
#include <string_view>

#include "controller/http/http_connection.hpp"
#include "controller/http/listening_socket.hpp"

namespace plimsoll::controller {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";

/// One listening socket with the connections that came through it.
struct Listener {
  Listener(asio::io_context& io, const ListeningSocket& listening)
      : acceptor(io, asio::generic::stream_protocol(listening.family, 0), listening.descriptor),
        pause(io),
        unix_socket(listening.family == AF_UNIX),
        port(listening.port) {}

  asio::basic_socket_acceptor<asio::generic::stream_protocol> acceptor;
  asio::steady_timer pause;
  bool unix_socket;
  std::uint16_t port;
  std::set<std::shared_ptr<HttpConnection>> connections;
};

bool make_room(Listener& listener, std::size_t limit) {
  if (listener.connections.size() < limit) return true;
  std::shared_ptr<HttpConnection> idlest;
  for (const auto& one : listener.connections) {
    if (one->idle() && (!idlest || one->idle_since() < idlest->idle_since())) idlest = one;
  }
  if (!idlest) return false;
  idlest->close();
  return true;
}

struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

FileId file_id(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino};
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(asio::io_context& context, HttpServerOptions wanted)
      : io(context), options(std::move(wanted)), drain_timer(context), share(std::make_shared<ConnectionShare>()) {
    share->limits = options.limits;
  }

  void accept(const std::shared_ptr<Listener>& listener);
  void take(const std::shared_ptr<Listener>& listener, HttpConnection::Socket socket);
  void stop();
  void close_all();

  asio::io_context& io;
  HttpServerOptions options;
  asio::steady_timer drain_timer;
  std::shared_ptr<ConnectionShare> share;
  std::vector<std::shared_ptr<Listener>> listeners;
  FileId socket_file;
  bool loopback = true;
  bool stopped = false;
};

void HttpServer::State::accept(const std::shared_ptr<Listener>& listener) {
  listener->acceptor.async_accept(
      [self = shared_from_this(), listener](error_code error, HttpConnection::Socket socket) {
        if (self->stopped) return;
        if (!error) {
          self->take(listener, std::move(socket));
          return self->accept(listener);
        }
        // Out of descriptors, most likely: connections that end give some back.
        listener->pause.expires_after(kAcceptPause);
        listener->pause.async_wait([self, listener](error_code cancelled) {
          if (!cancelled && !self->stopped) self->accept(listener);
        });
      });
}

void HttpServer::State::take(const std::shared_ptr<Listener>& listener, HttpConnection::Socket socket) {
  if (!make_room(*listener, options.limits.connections)) {
    // Best effort: the connection is closed in any case.
    (void)::send(socket.native_handle(), kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return;
  }
  auto connection = make_http_connection(std::move(socket), listener->unix_socket, share);
  listener->connections.insert(connection);
  connection->start([weak = std::weak_ptr<Listener>(listener)](const std::shared_ptr<HttpConnection>& gone) {
    if (const auto owner = weak.lock()) owner->connections.erase(gone);
  });
}

void HttpServer::State::stop() {
  if (stopped) return;
  stopped = true;
  share->handler = nullptr;
  if (!options.socket_path.empty() && file_id(options.socket_path) == socket_file) {
    ::unlink(options.socket_path.c_str());
  }
  bool busy = false;
  for (const auto& listener : listeners) {
    error_code ignored;
    listener->acceptor.close(ignored);
    listener->pause.cancel();
    const auto open = listener->connections;  // finish() takes itself out of the set
    for (const auto& connection : open) connection->finish();
    busy = busy || !listener->connections.empty();
  }
  if (!busy) return;
  drain_timer.expires_after(options.limits.drain);
  drain_timer.async_wait([self = shared_from_this()](error_code) { self->close_all(); });
}

void HttpServer::State::close_all() {
  for (const auto& listener : listeners) {
    const auto open = listener->connections;
    for (const auto& connection : open) connection->close();
  }
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(asio::io_context& io, HttpServerOptions options,
                                                      HttpHandler& handler) {
  auto state = std::make_shared<State>(io, std::move(options));
  state->share->handler = &handler;
  if (!state->options.listen.empty()) {
    auto address = parse_listen_address(state->options.listen);
    if (!address) return address.error();
    auto listening = listen_tcp(*address);
    if (!listening) return listening.error();
    state->loopback = address->loopback;
    state->listeners.push_back(std::make_shared<Listener>(io, *listening));
  }
  if (!state->options.socket_path.empty()) {
    auto listening = listen_unix(state->options.socket_path);
    if (!listening) return listening.error();
    state->socket_file = file_id(state->options.socket_path);
    state->listeners.push_back(std::make_shared<Listener>(io, *listening));
  }
  for (const auto& listener : state->listeners) state->accept(listener);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

std::uint16_t HttpServer::port() const {
  for (const auto& listener : state_->listeners) {
    if (!listener->unix_socket) return listener->port;
  }
  return 0;
}

bool HttpServer::loopback() const { return state_->loopback; }

std::size_t HttpServer::connections() const {
  std::size_t count = 0;
  for (const auto& listener : state_->listeners) count += listener->connections.size();
  return count;
}

void HttpServer::stop() { state_->stop(); }

}  // namespace plimsoll::controller
