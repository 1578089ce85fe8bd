#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/result.hpp"

namespace plimsoll::compose {

/// One item of `extra_hosts` as `HOST=ADDRESS`, once for each address: `host=ip` or `host:ip`, several addresses
/// divided by commas; brackets around an IPv6 address are dropped; `host-gateway` passes through.
[[nodiscard]] Result<std::vector<std::string>> parse_extra_host(std::string_view text);

/// The same of a mapping's entry. An error when `host` is empty or holds a colon or an equals sign.
[[nodiscard]] Result<std::vector<std::string>> make_extra_host(std::string_view host,
                                                               const std::vector<std::string>& addresses);

}  // namespace plimsoll::compose
