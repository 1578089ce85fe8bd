#include "model/printable.hpp"

#include <algorithm>
#include <cstdint>

#include "model/utf8_text.hpp"

namespace plimsoll {
namespace {

bool is_line_end_or_tab(std::uint32_t value) noexcept {
  return value == '\n' || value == '\r' || value == '\t' || value == 0x2028 || value == 0x2029;
}

/// Unicode's Bidi_Control: what follows may be shown in another order than it is written.
bool is_direction(std::uint32_t value) noexcept {
  return value == 0x061C || value == 0x200E || value == 0x200F || (value >= 0x202A && value <= 0x202E) ||
         (value >= 0x2066 && value <= 0x2069);
}

bool is_control(std::uint32_t value) noexcept { return value < 0x20 || (value >= 0x7F && value <= 0x9F); }

std::string_view shown(std::string_view character, const CodePoint& point) noexcept {
  if (!point.valid) return "\uFFFD";
  if (is_line_end_or_tab(point.value)) return " ";
  return is_control(point.value) || is_direction(point.value) ? "\uFFFD" : character;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string clean;
  clean.reserve(std::min(text.size(), limit));
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const std::string_view next = shown(text.substr(0, point.bytes), point);
    if (next.size() > limit - clean.size()) return clean + "…";
    clean += next;
    text.remove_prefix(point.bytes);
  }
  return clean;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace plimsoll
