#pragma once

#include <string>
#include <string_view>

#include "model/result.hpp"

namespace plimsoll::compose {

/// One item of `extra_hosts` as `HOST=ADDRESS`: `host=ip` or `host:ip`; brackets around an IPv6 address are dropped;
/// `host-gateway` passes through.
[[nodiscard]] Result<std::string> parse_extra_host(std::string_view text);

/// The same of a mapping's entry.
[[nodiscard]] Result<std::string> make_extra_host(std::string_view host, std::string_view address);

}  // namespace plimsoll::compose
