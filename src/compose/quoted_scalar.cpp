#include "compose/quoted_scalar.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace plimsoll::compose {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_break(char c) { return c == '\n' || c == '\r'; }

void append_code_point(std::string& out, std::uint32_t point) {
  const auto rest = [&](unsigned shift) { out += static_cast<char>(0x80U | ((point >> shift) & 0x3FU)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | (point >> 6U));
    rest(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | (point >> 12U));
    rest(6);
    rest(0);
  } else {
    out += static_cast<char>(0xF0U | (point >> 18U));
    rest(12);
    rest(6);
    rest(0);
  }
}

class Reader {
 public:
  explicit Reader(std::string_view source) : rest_(source), quote_(source[0]) { rest_.remove_prefix(1); }

  std::optional<std::string> run() {
    while (take_text())
      if (!take_blanks()) return std::nullopt;
    return closed_ && lines_ > 0 ? std::optional(std::move(out_)) : std::nullopt;
  }

 private:
  bool next_is_break(std::size_t at) const { return at < rest_.size() && is_break(rest_[at]); }

  /// Up to the next blank or line break: false at the end.
  bool take_text() {
    while (!rest_.empty() && !is_blank(rest_[0]) && !is_break(rest_[0])) {
      if (rest_[0] == quote_ && !(quote_ == '\'' && rest_.starts_with("''"))) {
        closed_ = true;
        return false;
      }
      if (quote_ == '"' && rest_[0] == '\\' && next_is_break(1)) {
        escaped_break_ = true;
        rest_.remove_prefix(1);
      } else if (quote_ == '"' && rest_[0] == '\\') {
        if (!take_escape()) return false;
      } else {
        out_ += rest_[0];
        rest_.remove_prefix(rest_[0] == quote_ ? 2 : 1);
      }
    }
    return !rest_.empty();
  }

  /// Blanks within a line stay; those around line breaks go, the first break is a blank, each further one a line feed.
  bool take_blanks() {
    std::string blanks;
    std::size_t breaks = 0;
    for (; !rest_.empty() && (is_blank(rest_[0]) || is_break(rest_[0])); rest_.remove_prefix(1)) {
      if (rest_[0] == '\n')
        ++breaks;
      else if (breaks == 0 && is_blank(rest_[0]))
        blanks += rest_[0];
    }
    if (breaks == 0)
      out_ += blanks;
    else if (breaks > 1)
      out_.append(breaks - 1, '\n');
    else if (!escaped_break_)
      out_ += ' ';
    escaped_break_ = false;
    lines_ += breaks;
    return !rest_.empty();
  }

  bool take_escape() {
    static constexpr std::string_view kNames = "0abt\tnvfre \"/\\";
    static constexpr std::string_view kBytes{"\0\a\b\t\t\n\v\f\r\x1b \"/\\", 14};
    if (rest_.size() < 2) return false;
    const char name = rest_[1];
    rest_.remove_prefix(2);
    if (const std::size_t known = kNames.find(name); known != std::string_view::npos) {
      out_ += kBytes[known];
      return true;
    }
    switch (name) {
      case 'N': out_ += "\u0085"; return true;
      case '_': out_ += "\u00a0"; return true;
      case 'L': out_ += "\u2028"; return true;
      case 'P': out_ += "\u2029"; return true;
      case 'x': return take_hex(2);
      case 'u': return take_hex(4);
      case 'U': return take_hex(8);
      default: return false;
    }
  }

  bool take_hex(std::size_t digits) {
    std::uint32_t point = 0;
    if (rest_.size() < digits) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, point, 16);
    if (error != std::errc{} || end != rest_.data() + digits || point > 0x10FFFF) return false;
    append_code_point(out_, point);
    rest_.remove_prefix(digits);
    return true;
  }

  std::string_view rest_;
  char quote_;
  std::string out_;
  std::size_t lines_ = 0;
  bool escaped_break_ = false;
  bool closed_ = false;
};

}  // namespace

std::optional<std::string> read_quoted_lines(std::string_view source) {
  while (!source.empty() && (source[0] == '!' || source[0] == '&')) {
    source.remove_prefix(std::min(source.size(), source.find_first_of(" \t\r\n")));
    source.remove_prefix(std::min(source.size(), source.find_first_not_of(" \t\r\n")));
  }
  if (source.empty() || (source[0] != '"' && source[0] != '\'')) return std::nullopt;
  return Reader(source).run();
}

}  // namespace plimsoll::compose
