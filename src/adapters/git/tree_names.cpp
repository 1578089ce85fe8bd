#include <algorithm>
#include <array>
#include <cctype>

#include "adapters/git/revision_reader.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kMaxNameBytes = 4096;

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7); 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && byte(1) < 0xa0, surrogate = first == 0xed && byte(1) > 0x9f;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && byte(1) < 0x90, too_big = first == 0xf4 && byte(1) > 0x8f;
    return tail(1) && tail(2) && tail(3) && !overlong && !too_big ? 4 : 0;
  }
  return 0;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::string refused_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return "is empty or longer than 4096 bytes";
  if (std::any_of(name.begin(), name.end(), is_control)) return "has control characters";
  if (name == "." || name == ".." || name.find('/') != std::string_view::npos) return "leads out of its directory";
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == ".git" || lower == "git~1") return "is a git directory";
  if (!is_utf8(name)) return "is not UTF-8";
  return {};
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const bool bad = length == 0 || is_control(text.front());
    if (out.size() + std::max<std::size_t>(length, 1) > limit) return out + "…";
    out.append(bad ? "?" : text.substr(0, length));
    text.remove_prefix(bad ? 1 : length);
  }
  return out;
}

}  // namespace plimsoll::adapters
