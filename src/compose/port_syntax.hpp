#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/result.hpp"

namespace plimsoll::compose {

/// One port out of the short syntax (Compose Specification, `ports`).
struct ShortPort {
  std::string host_ip;    ///< literal address or empty
  std::string published;  ///< number, range `8000-8010` (the engine picks), or empty
  int target = 0;         ///< 0..65535
  std::string protocol;   ///< tcp, udp or sctp
  bool operator==(const ShortPort&) const = default;
};

/// Parses `[[IP:]HOST:]CONTAINER[/PROTOCOL]` with ranges: ranges of equal length pair up, a host range with a single
/// container port stays a range. Ordered by target as text, as Compose does. A range of more than `kMaxEntries` gives
/// `kMaxEntries + 1` ports, enough for the caller to refuse.
[[nodiscard]] Result<std::vector<ShortPort>> parse_port(std::string_view text);

/// True for a literal IPv4 or IPv6 address (without brackets or zone).
[[nodiscard]] bool is_ip_address(std::string_view text);

}  // namespace plimsoll::compose
