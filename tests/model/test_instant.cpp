#include <catch2/catch.hpp>

#include "model/instant.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;

TEST_CASE("an instant is written in RFC 3339, UTC, whole seconds rounded down") {
  const auto [milliseconds, text] = GENERATE(table<long long, std::string>({
      {0, "1970-01-01T00:00:00Z"},
      {999, "1970-01-01T00:00:00Z"},
      {-1, "1969-12-31T23:59:59Z"},
      {1'709'164'800'000, "2024-02-29T00:00:00Z"},
      {1'795'399'458'000, "2026-11-23T02:04:18Z"},
      {4'102'444'799'999, "2099-12-31T23:59:59Z"},
  }));
  CHECK(to_rfc3339(Instant{Millis{milliseconds}}) == text);
}

TEST_CASE("a duration is written with at most two units") {
  const auto [duration, text] = GENERATE(table<Millis, std::string>({
      {0ms, "0ms"},
      {850ms, "850ms"},
      {1000ms, "1s"},
      {1999ms, "1s"},
      {59s, "59s"},
      {60s, "1m"},
      {150s, "2m30s"},
      {3h, "3h"},
      {3h + 5s, "3h"},
      {3h + 5min + 7s, "3h5m"},
      {24h, "1d"},
      {49h, "2d1h"},
      {49h + 30min, "2d1h"},
  }));
  CHECK(to_text(duration) == text);
}

TEST_CASE("a pause doubles with every try, up to its limit") {
  const auto [attempt, base, pause] = GENERATE(table<int, Millis, Millis>({
      {0, 5s, 5s},
      {1, 5s, 5s},
      {2, 5s, 10s},
      {6, 5s, 160s},
      {7, 5s, 180s},
      {1'000'000'000, 5s, 180s},
      {1, 200s, 180s},
      {3, 0s, 0s},
  }));
  CHECK(doubled(base, attempt, 180s) == pause);
}
