#include "controller/http/listen_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace plimsoll::controller {
namespace {

Error bad_listen(const std::string& text, const std::string& why) {
  return Error{ErrorKind::rejected,
               "listen: '" + text + "' " + why + "; write an address and a port such as 127.0.0.1:8470"};
}

bool is_v4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_v6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_v6_loopback(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address);
}

bool is_loopback_literal(const std::string& host) {
  return host == "localhost" || (is_v4(host) && host.starts_with("127.")) || is_v6_loopback(host);
}

}  // namespace

std::string host_without_port(const std::string& host) {
  std::string name = host;
  if (name.starts_with('[')) {
    const auto end = name.find(']');
    name = end == std::string::npos ? std::string() : name.substr(1, end - 1);
  } else if (std::count(name.begin(), name.end(), ':') == 1) {
    name.resize(name.find(':'));
  }
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

bool is_loopback_host(const std::string& host) { return is_loopback_literal(host_without_port(host)); }

Result<ListenAddress> parse_listen_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return bad_listen(text, "has no port");
  ListenAddress address;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, address.port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return bad_listen(text, "has no port from 0 to 65535");
  const bool bare_v6 = !text.starts_with('[') && text.find(':') != colon;
  if (bare_v6) return bad_listen(text, "is an IPv6 address without brackets");
  address.host = host_without_port(text);
  if (colon == 0) address.host = "0.0.0.0";
  if (address.host == "localhost") address.host = "127.0.0.1";
  if (!is_v4(address.host) && !is_v6(address.host)) return bad_listen(text, "is not an address");
  address.loopback = is_loopback_literal(address.host);
  return address;
}

}  // namespace plimsoll::controller
