#pragma once

#include <string>
#include <vector>

namespace plimsoll::adapters {

/// True when this process may change neighbour entries (CAP_NET_ADMIN in effect).
[[nodiscard]] bool may_flush_neighbours() noexcept;

/// Removes unanswered (incomplete or failed) neighbour entries of these IPv4 addresses from the kernel of this machine.
/// A client that connects to a published port in the 100 ms before the container's interface is up leaves such an
/// entry, and every connection then waits a second for the next ARP request. Best effort: returns how many entries
/// went, 0 when it may not.
int flush_neighbours(const std::vector<std::string>& addresses) noexcept;

}  // namespace plimsoll::adapters
