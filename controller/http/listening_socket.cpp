#include "controller/http/listening_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace plimsoll::controller {
namespace {

constexpr int kBacklog = 128;

Error system_error(ErrorKind kind, const std::string& what, int code, const std::string& mend) {
  return Error{kind, what + ": " + std::strerror(code) + "; " + mend};
}

Error close_and(int descriptor, Error error) {
  ::close(descriptor);
  return error;
}

Result<int> bound_and_listening(int family, const sockaddr* address, socklen_t size, const std::string& what,
                                const std::string& mend) {
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return system_error(ErrorKind::transient, what, errno, mend);
  const int one = 1;
  if (family == AF_UNIX) {
    // Linux makes the file with the mode of the unbound socket: there is no moment in which others could connect.
    ::fchmod(descriptor, 0660);
  } else {
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  }
  if (family == AF_INET6) ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (::bind(descriptor, address, size) != 0 || ::listen(descriptor, kBacklog) != 0) {
    const int code = errno;
    if (code == EADDRNOTAVAIL) {
      return close_and(descriptor,
                       Error{ErrorKind::rejected, what + ": no interface here has this address; set another `listen`"});
    }
    const ErrorKind kind = code == EADDRINUSE ? ErrorKind::conflict : ErrorKind::rejected;
    return close_and(descriptor, system_error(kind, what, code, mend));
  }
  return descriptor;
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  if (bound.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port);
}

bool something_answers(const sockaddr_un& address) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return true;
  const int outcome = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int code = errno;
  ::close(descriptor);
  // Only a refused connection proves that nobody listens; EAGAIN is a full backlog, EACCES somebody else's socket.
  return outcome == 0 || code != ECONNREFUSED;
}

Result<void> remove_stale_socket(const std::string& path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) {
    return Error{ErrorKind::conflict,
                 "socket " + path + ": there is a file that is no socket; remove it or set `socket`"};
  }
  if (something_answers(address)) {
    return Error{ErrorKind::conflict,
                 "socket " + path + ": another process answers on it; stop it or set another `socket`"};
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return system_error(ErrorKind::rejected, "socket " + path, errno, "remove the stale file");
  }
  return {};
}

}  // namespace

Result<ListeningSocket> listen_tcp(const ListenAddress& address) {
  const std::string what = "listen on " + address.host + " port " + std::to_string(address.port);
  const std::string mend = "stop what uses it or set another `listen`";
  ListeningSocket listening;
  Result<int> bound = Error{};
  if (sockaddr_in v4{}; ::inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    listening.family = AF_INET;
    bound = bound_and_listening(AF_INET, reinterpret_cast<const sockaddr*>(&v4), sizeof v4, what, mend);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    if (::inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) != 1) {
      return Error{ErrorKind::rejected, what + ": not an address; " + mend};
    }
    listening.family = AF_INET6;
    bound = bound_and_listening(AF_INET6, reinterpret_cast<const sockaddr*>(&v6), sizeof v6, what, mend);
  }
  if (!bound) return bound.error();
  listening.descriptor = *bound;
  listening.port = port_of(*bound);
  return listening;
}

Result<ListeningSocket> listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error{ErrorKind::rejected, "socket " + path + ": longer than " +
                                          std::to_string(sizeof address.sun_path - 1) +
                                          " bytes; set a shorter `socket`"};
  }
  path.copy(static_cast<char*>(address.sun_path), path.size());
  std::error_code ignored;  // bind says it better
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  if (auto removed = remove_stale_socket(path, address); !removed) return removed.error();
  auto bound = bound_and_listening(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address,
                                   "listen on socket " + path, "make its directory writable or set another `socket`");
  if (!bound) return bound.error();
  // The umask took bits away at bind, never gave any: this only widens to the group.
  ::chmod(path.c_str(), 0660);
  return ListeningSocket{*bound, AF_UNIX, 0};
}

}  // namespace plimsoll::controller
