#pragma once

#include <string>
#include <string_view>

#include "model/result.hpp"

namespace plimsoll::manifest {

/// What an environment's `images` entry makes of a service's own `image`: a tag replaces the tag (and
/// drops a digest), a full reference (`repo:tag`, `repo@sha256:…`) replaces everything, `sha256:…` pins the digest.
/// `rejected` when the entry is neither, or is a tag and `service_image` names no repository.
[[nodiscard]] Result<std::string> apply_image_entry(std::string_view service_image, std::string_view entry);

}  // namespace plimsoll::manifest
