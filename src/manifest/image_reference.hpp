#pragma once

#include <string>
#include <string_view>

#include "model/result.hpp"

namespace plimsoll::manifest {

/// The parts of an image reference (grammar of distribution's `reference` package).
struct ImageReference {
  std::string repository;  ///< with registry host and port, when written
  std::string tag;         ///< may be empty
  std::string digest;      ///< `sha256:<64 hex>`, may be empty
};

/// Splits and checks a reference: `[host[:port]/]path[:tag][@sha256:hex]`. `rejected` says which part is wrong.
[[nodiscard]] Result<ImageReference> parse_image_reference(std::string_view text);

/// True for a tag: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`.
[[nodiscard]] bool is_image_tag(std::string_view text) noexcept;

/// What an environment's `images` entry makes of a service's own `image` (DESIGN 3.1): a tag replaces the tag (and
/// drops a digest), a full reference (`repo:tag`, `repo@sha256:…`) replaces everything, `sha256:…` pins the digest.
/// `rejected` when the entry is neither, or is a tag and `service_image` names no repository.
[[nodiscard]] Result<std::string> apply_image_entry(std::string_view service_image, std::string_view entry);

}  // namespace plimsoll::manifest
