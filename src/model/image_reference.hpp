#pragma once

#include <string>
#include <string_view>

#include "model/result.hpp"

namespace plimsoll {

/// An image reference in its parts (the grammar of distribution's `reference` package).
struct ImageReference {
  std::string repository;  ///< as written, with registry host and port: `ghcr.io/acme/api`, `nginx`
  std::string tag;         ///< as written; may be empty
  std::string digest;      ///< `sha256:<64 hex>`, may be empty

  /// What an engine is asked for: `repository@digest`, without a digest `repository:tag`, without a tag that is
  /// `latest`.
  [[nodiscard]] std::string pull_name() const;
  /// `repository:tag`, with `latest` when no tag is written: the name that a pull without digest sets.
  [[nodiscard]] std::string tagged_name() const;
  /// `repository@<wanted>`.
  [[nodiscard]] std::string with_digest(std::string_view wanted) const;
  /// The registry to ask: `ghcr.io`, `r:5000`; `docker.io` when none is written.
  [[nodiscard]] std::string registry() const;
};

/// Splits and checks a reference: `[host[:port]/]path[:tag][@sha256:hex]`. `rejected` says which part is wrong.
[[nodiscard]] Result<ImageReference> parse_image_reference(std::string_view text);

/// True for a tag: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`.
[[nodiscard]] bool is_image_tag(std::string_view text) noexcept;

/// True for a digest: `sha256:` and 64 lower-case hex digits.
[[nodiscard]] bool is_image_digest(std::string_view text) noexcept;

/// `registry/repository:tag` or `registry/repository@digest`, spelled out: equal for two names of the same thing. The
/// text itself when it is no reference.
[[nodiscard]] std::string normal_image_name(const std::string& text);

/// True when two repository names mean the same one: `nginx`, `docker.io/library/nginx`.
[[nodiscard]] bool same_repository(const std::string& left, const std::string& right);

}  // namespace plimsoll
