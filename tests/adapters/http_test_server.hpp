#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/temporary_directory.hpp"

namespace plimsoll::test {

/// An HTTP server on a Unix socket for tests of clients: reads whole requests and sends back the bytes that `reply`
/// makes of them; empty bytes leave the client waiting, `close` in them ends the connection afterwards.
class HttpTestServer {
 public:
  using Reply = std::function<std::string(const std::string& request)>;

  explicit HttpTestServer(Reply reply) : reply_(std::move(reply)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_, 16);
    thread_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
  }
  ~HttpTestServer() {
    thread_.request_stop();
    thread_.join();
    connections_.clear();
    ::close(listener_);
  }

  [[nodiscard]] std::string path() const { return directory_.path("http.sock"); }
  [[nodiscard]] int connections() const { return accepted_; }
  /// The requests so far, head and body.
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  /// A whole reply with a length.
  static std::string ok(const std::string& body, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nX-Test: Yes\r\n\r\n" +
           body;
  }

 private:
  static bool readable(int socket) {
    pollfd waiting{socket, POLLIN, 0};
    return ::poll(&waiting, 1, 20) > 0;
  }
  void accept_all(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!readable(listener_)) continue;
      const int socket = ::accept(listener_, nullptr, nullptr);
      ++accepted_;
      connections_.emplace_back([this, socket](const std::stop_token& ends) { serve(socket, ends); });
    }
  }
  void serve(int socket, const std::stop_token& stop) {
    std::string bytes;
    while (!stop.stop_requested()) {
      if (!readable(socket)) continue;
      char piece[65536];
      const ssize_t got = ::read(socket, piece, sizeof piece);
      if (got <= 0) break;
      bytes.append(piece, static_cast<std::size_t>(got));
      if (!is_whole(bytes)) continue;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(bytes);
      }
      const std::string answer = reply_(bytes);
      bytes.clear();
      if (!answer.empty() && ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
      if (answer.find("Connection: close") != std::string::npos) break;
    }
    ::close(socket);
  }
  static bool is_whole(const std::string& bytes) {
    const auto head = bytes.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const auto length = bytes.find("Content-Length: ");
    const std::size_t body = length < head ? std::stoul(bytes.substr(length + 16)) : 0;
    return bytes.size() >= head + 4 + body;
  }

  TemporaryDirectory directory_;
  Reply reply_;
  int listener_ = -1;
  std::atomic<int> accepted_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::jthread> connections_;
  std::jthread thread_;
};

}  // namespace plimsoll::test
