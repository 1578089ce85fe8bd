#pragma once

#include "compose/files.hpp"

namespace plimsoll::controller {

/// The files of this machine, for `compose-config`. Follows symbolic links, as Compose does; refuses files over 1 MiB
/// and whatever is neither file nor directory. Thread-safe.
class LocalComposeFiles final : public compose::Files {
 public:
  [[nodiscard]] compose::FoundFile look_up(const std::string& path) const override;
};

}  // namespace plimsoll::controller
