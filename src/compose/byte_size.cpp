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
  if (!rest.empty() && rest != "b" && rest != "i" && rest != "ib") return std::nullopt;
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
  double number = 0;
  const std::size_t digits_end = text.find_first_not_of("0123456789.");
  const std::string_view digits = text.substr(0, digits_end);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.front() == '.' || digits.back() == '.')
    return std::nullopt;
  std::string_view suffix = digits_end == std::string_view::npos ? std::string_view{} : text.substr(digits_end);
  if (!suffix.empty() && suffix[0] == ' ') suffix.remove_prefix(1);
  const auto factor = factor_of(suffix);
  if (!factor || number * static_cast<double>(*factor) > 9.2e18) return std::nullopt;
  // Whole numbers keep all their digits; a double holds 53 bits only.
  if (digits.find('.') == std::string_view::npos) {
    std::int64_t whole = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    return whole * *factor;
  }
  return static_cast<std::int64_t>(number * static_cast<double>(*factor));
}

}  // namespace plimsoll::compose
