#include "compose/timestamp.hpp"

#include <algorithm>
#include <array>

namespace plimsoll::compose {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes text apart from the front; once something is missing, all that follows fails, too.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
  [[nodiscard]] bool starts_with(std::string_view any_of) const {
    return ok_ && !rest_.empty() && any_of.find(rest_[0]) != std::string_view::npos;
  }
  void expect(std::string_view any_of) {
    ok_ = starts_with(any_of);
    if (ok_) rest_.remove_prefix(1);
  }
  void skip(char c) {
    while (starts_with({&c, 1})) rest_.remove_prefix(1);
  }
  /// A number of `least` to `most` digits that is at most `limit`; 0 when there is none.
  int number(std::size_t least, std::size_t most, int limit) {
    std::size_t digits = 0;
    int value = 0;
    for (; digits < most && digits < rest_.size() && is_digit(rest_[digits]); ++digits)
      value = value * 10 + (rest_[digits] - '0');
    ok_ = ok_ && digits >= least && value <= limit;
    if (!ok_) return 0;
    rest_.remove_prefix(digits);
    return value;
  }
  std::string fraction() {
    constexpr std::size_t kNanoseconds = 9;
    if (!starts_with(".,") || rest_.size() < 2 || !is_digit(rest_[1])) return {};
    std::size_t end = 1;
    while (end < rest_.size() && is_digit(rest_[end])) ++end;
    std::string digits(rest_.substr(1, std::min(end - 1, kNanoseconds)));
    rest_.remove_prefix(end);
    return digits.substr(0, digits.find_last_not_of('0') + 1);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

int days_of(int month, int year) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month < 1 ? 0 : kDays.at(static_cast<std::size_t>(month - 1)) + (month == 2 && leap ? 1 : 0);
}

int read_offset(Reader& in) {
  if (in.starts_with("Z")) {
    in.expect("Z");
    return 0;
  }
  const bool west = in.starts_with("-");
  in.expect("+-");
  const int hours = in.number(2, 2, 24);
  in.expect(":");
  const int minutes = in.number(2, 2, 60);
  return (west ? -1 : 1) * (hours * 60 + minutes);
}

std::string padded(int number, std::size_t width) {
  const std::string digits = std::to_string(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

std::string date_text(const Timestamp& time) {
  return padded(time.year, 4) + "-" + padded(time.month, 2) + "-" + padded(time.day, 2);
}

std::string clock_text(const Timestamp& time) {
  return padded(time.hour, 2) + ":" + padded(time.minute, 2) + ":" + padded(time.second, 2) +
         (time.fraction.empty() ? "" : "." + time.fraction);
}

std::string offset_text(int offset, std::string_view between) {
  const int size = offset < 0 ? -offset : offset;
  return (offset < 0 ? "-" : "+") + padded(size / 60, 2) + std::string(between) + padded(size % 60, 2);
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Reader in(text);
  Timestamp time;
  time.year = in.number(4, 4, 9999);
  in.expect("-");
  time.month = in.number(1, 2, 12);
  in.expect("-");
  time.day = in.number(1, 2, 31);
  if (time.day < 1 || time.day > days_of(time.month, time.year)) return std::nullopt;
  if (in.done()) return time;
  const bool zoned = in.starts_with("Tt");
  in.expect("Tt ");
  if (!zoned) in.skip(' ');
  time.hour = in.number(1, 2, 23);
  in.expect(":");
  time.minute = in.number(1, 2, 59);
  in.expect(":");
  time.second = in.number(1, 2, 59);
  time.fraction = in.fraction();
  if (zoned) time.offset = read_offset(in);
  return in.done() ? std::optional(time) : std::nullopt;
}

std::string timestamp_text(const Timestamp& time) {
  const std::string zone = offset_text(time.offset, "");
  return date_text(time) + " " + clock_text(time) + " " + zone + " " + (time.offset == 0 ? "UTC" : zone);
}

std::string timestamp_json(const Timestamp& time) {
  return date_text(time) + "T" + clock_text(time) + (time.offset == 0 ? "Z" : offset_text(time.offset, ":"));
}

}  // namespace plimsoll::compose
