#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::adapters {

/// Reads the NDJSON that `POST /images/create` streams: a failure stands inside a stream of status 200, and so does
/// the digest. Feed it pieces as they arrive; it keeps incomplete lines. Not thread-safe.
class PullStream {
 public:
  /// Takes the next piece; true when the summed progress changed.
  bool feed(std::string_view piece);

  [[nodiscard]] std::int64_t current_bytes() const;  ///< over all layers
  [[nodiscard]] std::int64_t total_bytes() const;    ///< of the layers whose size is known; 0 while none is
  [[nodiscard]] const std::string& digest() const noexcept { return digest_; }  ///< `sha256:…`, or empty
  /// The message of the failure that the stream reported.
  [[nodiscard]] const std::optional<std::string>& failure() const noexcept { return failure_; }

 private:
  bool take_line(std::string_view line);

  struct Layer {
    std::int64_t current = 0, total = 0;
  };
  std::string rest_;
  std::map<std::string, Layer> layers_;
  std::string digest_;
  std::optional<std::string> failure_;
};

}  // namespace plimsoll::adapters
