#include "compose/byte_size.hpp"

#include <charconv>
#include <string>

namespace plimsoll::compose {
namespace {

std::optional<std::int64_t> factor_of(std::string_view suffix) {
  std::string unit;
  for (char c : suffix) unit += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  if (unit.empty() || unit == "b") return 1;
  const std::size_t power = std::string_view("kmgtp").find(unit[0]);
  if (power == std::string_view::npos) return std::nullopt;
  const std::string_view rest = std::string_view(unit).substr(1);
  if (!rest.empty() && rest != "b" && rest != "ib") return std::nullopt;
  return std::int64_t{1} << (10 * (power + 1));
}

}  // namespace

std::optional<std::int64_t> parse_byte_size(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) {
    std::int64_t whole = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(whole) : std::nullopt;
  }
  const std::size_t last = text.find_last_of("0123456789. ");
  if (last == std::string_view::npos) return std::nullopt;
  std::string_view digits = text.substr(0, text[last] == ' ' ? last : last + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const auto factor = factor_of(text.substr(last + 1));
  if (error != std::errc{} || end != digits.data() + digits.size() || !factor || number < 0) return std::nullopt;
  constexpr double kMost = 9.2e18;  // what 63 bits hold
  if (!(number * static_cast<double>(*factor) <= kMost)) return std::nullopt;
  // Whole numbers keep all their digits; a double holds 53 bits only.
  std::int64_t whole = 0;
  if (digits.find_first_not_of("0123456789") == std::string_view::npos) {
    std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    return whole * *factor;
  }
  return static_cast<std::int64_t>(number * static_cast<double>(*factor));
}

}  // namespace plimsoll::compose
