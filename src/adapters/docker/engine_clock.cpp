#include "adapters/docker/engine_clock.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace plimsoll::adapters {
namespace {

constexpr Millis kNoticed{2'000};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t kDateLength = 29;

int number_in(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::optional<Instant> parse_http_date(std::string_view text) {
  using namespace std::chrono;
  if (text.size() != kDateLength || !text.ends_with(" GMT")) return std::nullopt;
  const auto month_at = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const year_month_day date{year{number_in(text.substr(12, 4))},
                            month{static_cast<unsigned>(month_at - kMonths.begin()) + 1},
                            day{static_cast<unsigned>(number_in(text.substr(5, 2)))}};
  const int hour = number_in(text.substr(17, 2));
  const int minute = number_in(text.substr(20, 2));
  const int second = number_in(text.substr(23, 2));
  if (!date.ok() || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  return Instant(sys_days{date}) + hours{hour} + minutes{minute} + seconds{second};
}

Millis clock_lead(const HttpResponse& response, Instant now) {
  const auto header = response.headers.find("date");
  if (header == response.headers.end()) return Millis{0};
  const auto told = parse_http_date(header->second);
  if (!told) return Millis{0};
  const Millis lead = *told - now;
  return lead > kNoticed || lead < -kNoticed ? lead : Millis{0};
}

void to_our_clock(ObservedContainer& container, Millis lead) {
  for (auto* time : {&container.created_at, &container.started_at, &container.finished_at}) {
    if (*time) **time -= lead;
  }
}

}  // namespace plimsoll::adapters
