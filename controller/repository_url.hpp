#pragma once

#include <string>
#include <string_view>

namespace plimsoll::controller {

/// A repository URL reduced to `host[:port]/path`, so that the https, ssh and scp-like spellings of one repository are
/// equal: no scheme, user, default port, trailing slash or `.git`; host in lower case. Only ever compared, never
/// fetched.
[[nodiscard]] std::string repository_key(std::string_view url);

}  // namespace plimsoll::controller
