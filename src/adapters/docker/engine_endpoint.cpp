#include "adapters/docker/engine_endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace plimsoll::adapters {
namespace {

Error bad(const std::string& why) { return {ErrorKind::rejected, "engine address: " + why}; }

bool has_blank_or_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

Result<EngineEndpoint> unix_endpoint(const std::string& path) {
  if (path.empty() || path.front() != '/') return bad("write unix:///absolute/path of the socket");
  if (path.size() > 107) return bad("the socket's path is longer than the 107 bytes that Linux allows");
  EngineEndpoint endpoint;
  endpoint.local = true;
  endpoint.http.base_url = "http://localhost";
  endpoint.http.unix_socket = path;
  endpoint.http.description = "engine at unix://" + path;
  endpoint.http.hint = "is dockerd running there, and may we use its socket?";
  return endpoint;
}

/// Names but `localhost` are not looked up: what they lead to changes.
bool is_this_machine(std::string host) {
  if (host == "localhost") return true;
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return false;
  host = host.substr(1, host.size() - 2);
  in6_addr six{};
  return ::inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Result<EngineEndpoint> tcp_endpoint(const std::string& rest, const TlsFiles& tls) {
  const std::string authority = rest.substr(0, rest.find('/'));
  const auto colon = authority.rfind(':');
  const std::string port = colon == std::string::npos ? "" : authority.substr(colon + 1);
  const bool port_ok = !port.empty() && port.size() <= 5 &&
                       std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!port_ok || colon == 0) return bad("write tcp://host:port, usually with port 2376 for TLS");
  if (authority.find('@') != std::string::npos) return bad("tcp:// takes no user name");
  const bool with_tls = !tls.ca.empty() || !tls.certificate.empty() || !tls.key.empty();
  EngineEndpoint endpoint;
  if (!with_tls && !is_this_machine(authority.substr(0, colon))) endpoint.plain_address = authority;
  endpoint.http.base_url = (with_tls ? "https://" : "http://") + authority;
  endpoint.http.ca_file = tls.ca;
  endpoint.http.certificate_file = tls.certificate;
  endpoint.http.key_file = tls.key;
  endpoint.http.description = "engine at tcp://" + authority;
  endpoint.http.hint = "is dockerd listening there, and is the way to it open?";
  return endpoint;
}

}  // namespace

Result<EngineEndpoint> parse_engine_endpoint(const std::string& url, const TlsFiles& tls) {
  if (has_blank_or_control(url)) return bad("blanks and control characters have no place in it");
  if (url.starts_with("unix://")) return unix_endpoint(url.substr(7));
  if (url.starts_with("tcp://")) return tcp_endpoint(url.substr(6), tls);
  if (url.starts_with("ssh://"))
    return bad("ssh:// is not yet supported; use tcp:// with TLS, or a unix socket that an ssh tunnel forwards");
  return bad("'" + url + "' has none of the schemes unix://, tcp://, ssh://");
}

}  // namespace plimsoll::adapters
