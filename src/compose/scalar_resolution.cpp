#include "compose/scalar_resolution.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "compose/timestamp.hpp"

namespace plimsoll::compose {
namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words)
    if (text == word) return true;
  return false;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string without_underscores(std::string_view text) {
  std::string plain;
  for (char c : text)
    if (c != '_') plain.push_back(c);
  return plain;
}

/// The base that a number's prefix announces; removes the prefix.
int take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char mark = static_cast<char>(digits[1] | 0x20);
  const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

std::optional<Node> parse_integer(std::string_view text, const Place& place) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const int base = take_base(text);
  if (text.empty()) return std::nullopt;
  std::uint64_t magnitude = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (magnitude > kMax + (negative ? 1U : 0U))
    return negative ? std::nullopt : std::optional(Node::make_large(magnitude, place));
  return Node::make_int(static_cast<std::int64_t>(negative ? ~magnitude + 1 : magnitude), place);
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool looks_like_float(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t from = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - from;
  };
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  const std::size_t whole = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

std::optional<double> parse_float(std::string_view text) {
  if (!looks_like_float(text)) return std::nullopt;
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> special_float(std::string_view text) {
  if (one_of(text, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  if (one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return std::numeric_limits<double>::infinity();
  if (one_of(text, {"-.inf", "-.Inf", "-.INF"})) return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

Node resolve_number(std::string_view text, Place place) {
  if (auto special = special_float(text)) return Node::make_float(*special, std::move(place));
  const bool numeric = !text.empty() && (is_digit(text[0]) || text[0] == '-' || text[0] == '+' || text[0] == '.');
  if (!numeric) return Node::make_string(std::string(text), std::move(place));
  if (parse_timestamp(text)) return Node::make_date(std::string(text), std::move(place));
  const std::string plain = without_underscores(text);
  if (text[0] != '.')
    if (auto integer = parse_integer(plain, place)) return *std::move(integer);
  if (auto floating = parse_float(plain)) return Node::make_float(*floating, std::move(place));
  return Node::make_string(std::string(text), std::move(place));
}

}  // namespace

Node resolve_plain_scalar(std::string_view text, Place place) {
  Node node;
  if (text.empty() || one_of(text, {"~", "null", "Null", "NULL"})) {
    node.set_place(std::move(place));
  } else if (one_of(text, {"true", "True", "TRUE"})) {
    node = Node::make_bool(true, std::move(place));
  } else if (one_of(text, {"false", "False", "FALSE"})) {
    node = Node::make_bool(false, std::move(place));
  } else {
    node = resolve_number(text, std::move(place));
  }
  node.set_source(std::string(text), false);
  return node;
}

std::optional<std::string> decode_binary(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string digits(text);
  std::erase_if(digits, [](char c) { return c == '\r' || c == '\n'; });
  if (digits.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  for (; padding < 2 && digits.ends_with('='); ++padding) digits.pop_back();
  std::string bytes;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (char c : digits) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    held = (held << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits);
    held &= (1U << bits) - 1;
  }
  return bytes;
}

std::string float_text(double value) {
  constexpr int kGoExponent = 6;  // from here on fmt.Sprint writes an exponent
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  std::array<char, 400> buffer{};
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  if (error != std::errc{}) return {};
  const std::string scientific(buffer.data(), end);
  const int exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
  if (exponent < -4 || exponent >= kGoExponent) return scientific;
  auto [fixed_end, fixed_error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return fixed_error == std::errc{} ? std::string(buffer.data(), fixed_end) : scientific;
}

}  // namespace plimsoll::compose
