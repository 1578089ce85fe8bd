#include "compose/duration.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace plimsoll::compose {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::array<std::pair<std::string_view, std::int64_t>, 10> kUnits{{{"ns", 1},
                                                                            {"us", 1'000},
                                                                            {"µs", 1'000},
                                                                            {"μs", 1'000},
                                                                            {"ms", 1'000'000},
                                                                            {"s", kSecond},
                                                                            {"m", 60 * kSecond},
                                                                            {"h", 3600 * kSecond},
                                                                            {"d", 86400 * kSecond},
                                                                            {"w", 604800 * kSecond}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// One `number unit` at the front of `text`; removes it.
std::optional<long double> take_part(std::string_view& text) {
  long double number = 0;
  long double scale = 1;
  std::size_t digits = 0;
  bool fraction = false;
  std::size_t i = 0;
  for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !fraction)); ++i) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    ++digits;
    number = number * 10 + (text[i] - '0');
    if (fraction) scale *= 10;
  }
  if (digits == 0) return std::nullopt;
  std::size_t end = i;
  while (end < text.size() && !is_digit(text[end]) && text[end] != '.') ++end;
  const std::string_view unit = text.substr(i, end - i);
  for (const auto& [name, factor] : kUnits) {
    if (unit != name) continue;
    text.remove_prefix(end);
    return number / scale * static_cast<long double>(factor);
  }
  return std::nullopt;
}

std::string decimals(std::int64_t value, std::int64_t unit, std::string_view name) {
  std::string text = std::to_string(value / unit);
  if (std::int64_t rest = value % unit; rest != 0) {
    std::string fraction;
    for (std::int64_t step = unit / 10; step > 0 && rest > 0; step /= 10) {
      fraction += static_cast<char>('0' + rest / step);
      rest %= step;
    }
    text += "." + fraction;
  }
  return text.append(name);
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  long double total = 0;
  while (!text.empty()) {
    const auto part = take_part(text);
    if (!part) return std::nullopt;
    total += *part;
  }
  if (total > 9.223372036e18L) return std::nullopt;
  const auto nanoseconds = static_cast<std::int64_t>(std::floor(total + 1e-6L));
  return negative ? -nanoseconds : nanoseconds;
}

std::string duration_text(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  if (nanoseconds < 0) return "-" + duration_text(-nanoseconds);
  if (nanoseconds < 1'000) return std::to_string(nanoseconds) + "ns";
  if (nanoseconds < 1'000'000) return decimals(nanoseconds, 1'000, "µs");
  if (nanoseconds < kSecond) return decimals(nanoseconds, 1'000'000, "ms");
  std::string text;
  const std::int64_t hours = nanoseconds / (3600 * kSecond);
  const std::int64_t minutes = nanoseconds / (60 * kSecond);
  if (hours > 0) text += std::to_string(hours) + "h";
  if (minutes > 0) text += std::to_string(minutes % 60) + "m";
  return text + decimals(nanoseconds % (60 * kSecond), kSecond, "s");
}

}  // namespace plimsoll::compose
