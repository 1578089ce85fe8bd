#pragma once

#include <string>

#include "model/result.hpp"

namespace plimsoll::adapters {

/// An image reference in its parts (the grammar of github.com/distribution/reference).
struct ImageReference {
  std::string repository;  ///< as written: `ghcr.io/acme/api`, `nginx`
  std::string tag;         ///< `latest` when neither tag nor digest is written
  std::string digest;      ///< `sha256:…` or empty
  std::string host;        ///< of the registry: `ghcr.io`, `docker.io`

  /// `repository:tag`, or `repository@digest` when there is a digest.
  [[nodiscard]] std::string text() const;
  /// `repository@<digest>`.
  [[nodiscard]] std::string with_digest(const std::string& wanted) const { return repository + "@" + wanted; }
};

/// Parses `[host[:port]/]path[:tag][@digest]`. `rejected` when it cannot be one.
[[nodiscard]] Result<ImageReference> parse_image_reference(const std::string& text);

/// `host/repository:tag` or `host/repository@digest`, spelled out: equal for two names of the same thing. The text
/// itself when it is no reference.
[[nodiscard]] std::string normal_name(const std::string& text);

/// True when two repository names mean the same one: `nginx`, `docker.io/library/nginx`.
[[nodiscard]] bool same_repository(const std::string& left, const std::string& right);

}  // namespace plimsoll::adapters
