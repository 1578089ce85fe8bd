#include "adapters/docker/log_frames.hpp"

#include <algorithm>

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kHeader = 8;

unsigned char byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

bool is_header(std::string_view bytes) {
  return bytes.size() >= kHeader && byte_at(bytes, 0) <= 2 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 0;
}

std::size_t length_of(std::string_view bytes) {
  std::size_t length = 0;
  for (std::size_t at = 4; at < kHeader; ++at) length = length << 8U | byte_at(bytes, at);
  return length;
}

}  // namespace

std::string log_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (is_header(bytes)) {
    const std::size_t length = length_of(bytes);
    text.append(bytes.substr(kHeader, length));
    bytes.remove_prefix(std::min(bytes.size(), kHeader + length));
  }
  text.append(bytes);
  return text;
}

}  // namespace plimsoll::adapters
