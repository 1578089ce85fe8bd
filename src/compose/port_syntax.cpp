#include "compose/port_syntax.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "compose/text_split.hpp"
#include "model/limits.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

struct Range {
  int first = 0;
  int last = 0;
};

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > 65535) return std::nullopt;
  return value;
}

std::optional<Range> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return Range{*first, *last};
}

Error refused(std::string_view text, std::string why) {
  return Error{ErrorKind::rejected, "\"" + mask_secrets(text) + "\" is no port: " + std::move(why)};
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return text;
}

std::string join(const std::vector<std::string>& parts, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ":") + parts[i];
  return out;
}

std::vector<ShortPort> expand(const ShortPort& base, Range container, std::optional<Range> host) {
  std::vector<ShortPort> ports;
  const int last = std::min(container.last - container.first, static_cast<int>(kMaxEntries));
  for (int i = 0; i <= last; ++i) {
    ShortPort port = base;
    port.target = container.first + i;
    if (host) port.published = std::to_string(host->first + i);
    if (host && container.first == container.last && host->first != host->last)
      port.published += "-" + std::to_string(host->last);
    ports.push_back(std::move(port));
  }
  std::sort(ports.begin(), ports.end(),
            [](const ShortPort& a, const ShortPort& b) { return std::to_string(a.target) < std::to_string(b.target); });
  return ports;
}

}  // namespace

bool is_ip_address(std::string_view text) {
  const std::string copy(text);
  in6_addr address{};
  return inet_pton(AF_INET, copy.c_str(), &address) == 1 || inet_pton(AF_INET6, copy.c_str(), &address) == 1;
}

Result<std::vector<ShortPort>> parse_port(std::string_view text) {
  const std::vector<std::string> parts = split_outside_tokens(text, ':');
  const std::size_t n = parts.size();
  std::string container = parts[n - 1];
  const std::string host_text = n > 1 ? parts[n - 2] : "";
  ShortPort base;
  base.protocol = "tcp";
  if (const std::size_t slash = container.find('/'); slash != std::string::npos) {
    if (slash + 1 < container.size()) base.protocol = lower(container.substr(slash + 1));
    container.erase(slash);
  }
  if (n > 2) base.host_ip = join(parts, n - 2);
  if (base.host_ip.size() > 1 && base.host_ip.front() == '[' && base.host_ip.back() == ']')
    base.host_ip = base.host_ip.substr(1, base.host_ip.size() - 2);
  if (!base.host_ip.empty() && !is_ip_address(base.host_ip))
    return refused(text, "\"" + mask_secrets(base.host_ip) + "\" is no IP address");
  if (container.empty()) return refused(text, "the container port is missing");
  const auto container_range = parse_range(container);
  if (!container_range) return refused(text, "\"" + mask_secrets(container) + "\" is no port number or range");
  std::optional<Range> host;
  if (!host_text.empty()) {
    host = parse_range(host_text);
    if (!host) return refused(text, "\"" + mask_secrets(host_text) + "\" is no port number or range");
    const int length = container_range->last - container_range->first;
    if (length != 0 && host->last - host->first != length) return refused(text, "the two ranges differ in length");
  }
  if (base.protocol != "tcp" && base.protocol != "udp" && base.protocol != "sctp")
    return refused(text, "the protocol is not tcp, udp or sctp");
  return expand(base, *container_range, host);
}

}  // namespace plimsoll::compose
