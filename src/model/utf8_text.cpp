#include "model/utf8_text.hpp"

namespace plimsoll {
namespace {

struct Lead {
  std::size_t bytes;
  std::uint32_t bits;
  std::uint32_t smallest;  // anything below is overlong
};

Lead lead_of(unsigned char byte) noexcept {
  if (byte < 0x80U) return {1, byte, 0};
  if ((byte & 0xE0U) == 0xC0U) return {2, byte & 0x1FU, 0x80U};
  if ((byte & 0xF0U) == 0xE0U) return {3, byte & 0x0FU, 0x800U};
  if ((byte & 0xF8U) == 0xF0U) return {4, byte & 0x07U, 0x10000U};
  return {0, 0, 0};
}

}  // namespace

CodePoint first_code_point(std::string_view text) noexcept {
  const Lead lead = lead_of(static_cast<unsigned char>(text.front()));
  if (lead.bytes == 0 || lead.bytes > text.size()) return {};
  std::uint32_t value = lead.bits;
  for (std::size_t index = 1; index < lead.bytes; ++index) {
    const auto byte = static_cast<unsigned char>(text[index]);
    if ((byte & 0xC0U) != 0x80U) return {};
    value = (value << 6U) | (byte & 0x3FU);
  }
  const bool surrogate = value >= 0xD800U && value <= 0xDFFFU;
  if (value < lead.smallest || value > 0x10FFFFU || surrogate) return {};
  return {value, lead.bytes, true};
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (!point.valid) return false;
    text.remove_prefix(point.bytes);
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    clean += point.valid ? text.substr(0, point.bytes) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(point.bytes);
  }
  return clean;
}

}  // namespace plimsoll
