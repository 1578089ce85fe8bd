#pragma once

#include <string>

#include "model/result.hpp"

namespace plimsoll::adapters {

/// The key of the keyed digests by which changed secrets are told from unchanged ones: 32 random bytes, kept in
/// `<state_dir>/digest.key` (mode 0600) and made at first use, with the directory (0700). Two processes that start at
/// the same time get the same key. `rejected` when the file is not ours alone, has another size or cannot be made.
/// Losing the file makes every secret look changed once.
[[nodiscard]] Result<std::string> load_or_make_digest_key(const std::string& state_dir);

}  // namespace plimsoll::adapters
