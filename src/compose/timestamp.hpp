#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::compose {

/// A point in time as YAML writes it: `2001-02-03`, `2001-02-03 4:5:6.7` or `2001-02-03T04:05:06.7+08:00`.
struct Timestamp {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::string fraction = {};  ///< digits of the second's fraction, at most nine, none of them a zero at the end
  int offset = 0;             ///< minutes east of UTC
};

/// The text as a timestamp, or absent when it is none (text without quotes that go-yaml v3 would not read as a time).
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);

/// As Go prints it: `2001-02-03 04:05:06.7 +0800 +0800`, `2001-02-03 00:00:00 +0000 UTC`.
[[nodiscard]] std::string timestamp_text(const Timestamp& time);

/// As Go writes it in JSON: `2001-02-03T04:05:06.7+08:00`, `2001-02-03T00:00:00Z`.
[[nodiscard]] std::string timestamp_json(const Timestamp& time);

}  // namespace plimsoll::compose
