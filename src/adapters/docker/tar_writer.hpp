#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll::adapters {

/// Owner and permissions of a tar entry.
struct TarAttributes {
  int mode = 0644;
  int uid = 0;
  int gid = 0;
};

/// Writes a POSIX ustar archive in memory; names over 100 bytes, and owners above 2097151, go into pax headers. The
/// same calls give the same bytes. Not thread-safe.
class TarWriter {
 public:
  /// `modified` (Unix seconds) is stamped on every entry.
  explicit TarWriter(std::int64_t modified = 0) : modified_(modified) {}
  /// Adds a directory; `path` relative, without a slash at its end.
  void add_directory(const std::string& path, TarAttributes attributes = {0755, 0, 0});
  /// Adds a regular file.
  void add_file(const std::string& path, std::string_view content, TarAttributes attributes = {});
  /// The archive with its end mark; the writer is empty afterwards.
  [[nodiscard]] std::string finish();

 private:
  void add_header(const std::string& path, char type, std::size_t size, const TarAttributes& attributes);
  void add_extended(const std::string& path, const TarAttributes& attributes);
  void add_padded(std::string_view content);

  std::int64_t modified_;
  std::string bytes_;
};

}  // namespace plimsoll::adapters
