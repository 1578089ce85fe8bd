#pragma once

#include <cstdint>
#include <string>

#include "model/result.hpp"

namespace plimsoll::controller {

/// Where the TCP listener listens.
struct ListenAddress {
  std::string host;        ///< address literal without brackets
  std::uint16_t port = 0;  ///< 0: the system picks one
  bool loopback = false;   ///< only this machine can reach it
};

/// Reads `127.0.0.1:8470`, `[::1]:8470`, `localhost:8470`, `0.0.0.0:8470` or `:8470` (all addresses). Names other than
/// `localhost` are rejected: what they stand for can change.
Result<ListenAddress> parse_listen_address(const std::string& text);

/// True when `host` (the Host header, with or without port) names this machine's loopback: `localhost`, `127.x.x.x`,
/// `[::1]`. Anything else that reaches a loopback listener is DNS rebinding.
[[nodiscard]] bool is_loopback_host(const std::string& host);

/// The host of `host` or `host:port` or `[v6]:port`, without brackets, in lower case.
[[nodiscard]] std::string host_without_port(const std::string& host);

}  // namespace plimsoll::controller
