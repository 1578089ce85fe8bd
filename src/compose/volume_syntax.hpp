#pragma once

#include <string>
#include <string_view>

#include "model/result.hpp"

namespace plimsoll::compose {

/// One mount out of the short syntax (Compose Specification, `volumes`).
struct ShortVolume {
  bool bind = false;  ///< a host path; else a named or (empty source) anonymous volume
  /// A target of one or two characters: Compose gives it no `volume` options.
  bool bare = false;
  std::string source;
  std::string target;
  bool read_only = false;
  bool no_copy = false;
  bool bind_options = false;  ///< propagation or SELinux were given
  std::string propagation;
  std::string selinux;
  /// The first option that Compose ignores, such as `cached`; empty when there is none.
  std::string ignored_option;
};

/// Parses `[SOURCE:]TARGET[:OPTIONS]`. A source that starts with `.`, `/`, `~`, `\\` or a drive letter is a bind mount.
[[nodiscard]] Result<ShortVolume> parse_volume(std::string_view text);

}  // namespace plimsoll::compose
