#include "model/instant.hpp"

#include <algorithm>
#include <cstdio>

namespace plimsoll {

std::string to_rfc3339(Instant instant) {
  using namespace std::chrono;
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss<seconds> time{floor<seconds>(instant - day)};
  char text[40];
  (void)std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                      static_cast<int>(time.seconds().count()));
  return text;
}

Millis doubled(Millis base, int attempt, Millis max) {
  Millis pause = std::min(base, max);
  for (int i = 1; i < attempt && pause < max; ++i) pause = std::min(pause * 2, max);
  return pause;
}

std::string to_text(Millis duration) {
  const long long ms = duration.count();
  if (ms < 1000) return std::to_string(ms) + "ms";
  const long long s = ms / 1000;
  const auto two = [](long long big, const char* big_unit, long long small, const char* small_unit) {
    std::string text = std::to_string(big) + big_unit;
    if (small > 0) text += std::to_string(small) + small_unit;
    return text;
  };
  if (s < 60) return std::to_string(s) + "s";
  if (s < 3600) return two(s / 60, "m", s % 60, "s");
  if (s < 86400) return two(s / 3600, "h", s % 3600 / 60, "m");
  return two(s / 86400, "d", s % 86400 / 3600, "h");
}

}  // namespace plimsoll
