#pragma once

#include <cstdint>
#include <string>

#include "controller/http/listen_address.hpp"
#include "model/result.hpp"

namespace plimsoll::controller {

/// A socket that listens, close-on-exec. The caller owns the descriptor.
struct ListeningSocket {
  int descriptor = -1;
  int family = 0;          ///< AF_INET, AF_INET6 or AF_UNIX
  std::uint16_t port = 0;  ///< the one in use; 0 for a unix socket
};

/// Listens on TCP. `conflict` when the address is taken.
Result<ListeningSocket> listen_tcp(const ListenAddress& address);

/// Listens on the unix socket `path`, mode 0660, making its directory when there is none. A socket file on which
/// nothing answers is replaced; `conflict` when something answers, or when the file is no socket.
Result<ListeningSocket> listen_unix(const std::string& path);

}  // namespace plimsoll::controller
