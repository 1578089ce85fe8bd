#include "controller/cli/display_width.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "model/utf8_text.hpp"

namespace plimsoll::controller {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Unicode 15, East_Asian_Width W and F, whole blocks: enough for aligned columns.
constexpr std::array kWide{
    Range{0x1100, 0x115F},   Range{0x231A, 0x231B},   Range{0x2329, 0x232A},   Range{0x23E9, 0x23EC},
    Range{0x2614, 0x2615},   Range{0x26A1, 0x26A1},   Range{0x2705, 0x2705},   Range{0x274C, 0x274C},
    Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},   Range{0xA960, 0xA97F},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},
    Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};
constexpr std::array kZero{Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD},  Range{0x064B, 0x065F},
                           Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF}, Range{0x200B, 0x200F},  Range{0x20D0, 0x20FF},
                           Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}, Range{0xE0100, 0xE01EF}};

template <std::size_t kSize>
bool in(const std::array<Range, kSize>& ranges, std::uint32_t value) noexcept {
  return std::any_of(ranges.begin(), ranges.end(),
                     [value](const Range& range) { return range.first <= value && value <= range.last; });
}

std::size_t width_of(std::uint32_t value) noexcept {
  if (in(kZero, value)) return 0;
  return in(kWide, value) ? 2 : 1;
}

}  // namespace

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    width += width_of(point.value);
    text.remove_prefix(point.bytes);
  }
  return width;
}

std::string shortened(const std::string& text, std::size_t columns) {
  if (display_width(text) <= columns) return text;
  std::string_view rest = text;
  std::string cut;
  std::size_t width = 0;
  while (!rest.empty()) {
    const CodePoint point = first_code_point(rest);
    width += width_of(point.value);
    if (width + 1 > columns) break;
    cut += rest.substr(0, point.bytes);
    rest.remove_prefix(point.bytes);
  }
  return cut + "…";
}

}  // namespace plimsoll::controller
