#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

namespace plimsoll::controller {

/// A socket that sends exactly the bytes it is told. Reads give up after 10 s, so that no failure hangs.
class RawClient {
 public:
  static RawClient tcp(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return {AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address};
  }
  static RawClient unix_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    return {AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address};
  }
  ~RawClient() { close(); }
  RawClient(RawClient&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient& operator=(RawClient&&) = delete;

  /// False when the peer has closed.
  bool send(const std::string& bytes) const {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t count = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }
  /// Everything until the peer closes.
  [[nodiscard]] std::string read_to_end() const {
    std::string all;
    for (std::string part = read_some(); !part.empty(); part = read_some()) all += part;
    return all;
  }
  /// Until `text` has come; what came.
  [[nodiscard]] std::string read_until(const std::string& text) const {
    std::string all;
    while (all.find(text) == std::string::npos) {
      const std::string part = read_some();
      if (part.empty()) break;
      all += part;
    }
    return all;
  }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  RawClient(int family, const sockaddr* address, socklen_t size) : descriptor_(::socket(family, SOCK_STREAM, 0)) {
    const timeval limit{10, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    REQUIRE(::connect(descriptor_, address, size) == 0);
  }
  [[nodiscard]] std::string read_some() const {
    std::string part(65536, '\0');
    const ssize_t count = ::recv(descriptor_, part.data(), part.size(), 0);
    part.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return part;
  }
  int descriptor_;
};

/// `GET path` as most clients write it.
[[nodiscard]] inline std::string get_text(const std::string& path, const std::string& more = "Connection: close\r\n") {
  return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more + "\r\n";
}

/// The status of the first answer in `text`; 0 when there is none.
[[nodiscard]] inline int status_in(const std::string& text) {
  return text.starts_with("HTTP/1.1 ") ? std::stoi(text.substr(9, 3)) : 0;
}

}  // namespace plimsoll::controller
