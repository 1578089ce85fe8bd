#include "controller/cli/sync_progress.hpp"

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <ostream>

#include "controller/cli/display_width.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/status_text.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

std::string pull_text(const json::value& target, bool with_bytes) {
  std::string text = "pulling " + text_at(target, "pulling");
  if (!with_bytes) return text;
  text += " " + bytes_text(number_at(target, "pulled_bytes"));
  const std::int64_t total = number_at(target, "pull_total_bytes");
  return total > 0 ? text + " of " + bytes_text(total) : text;
}

std::string line_of(const json::value& target, bool with_bytes) {
  std::string doing;
  if (!text_at(target, "pulling").empty()) {
    doing = pull_text(target, with_bytes);
  } else if (!text_at(target, "step").empty()) {
    doing = text_at(target, "step");
  } else {
    doing = reason_and_message(target);
  }
  const std::string line = target_name(target) + "  " + text_at(target, "sync") + "  " + text_at(target, "health");
  return printable(doing.empty() ? line : line + "  " + doing);
}

}  // namespace

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array<const char*, 4> kUnits{"B", "KiB", "MiB", "GiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

void SyncProgress::show(const json::value& operation) {
  std::vector<std::string> lines;
  for (const json::value& target : array_at(operation, "targets")) {
    lines.push_back(line_of(target, context_.err_terminal));
  }
  if (lines == shown_) return;
  context_.err_terminal ? redraw(lines) : print_changed(lines);
  shown_ = std::move(lines);
}

void SyncProgress::redraw(const std::vector<std::string>& lines) {
  if (!shown_.empty()) context_.err << "\x1b[" << shown_.size() << "A";
  const auto columns = static_cast<std::size_t>(context_.width > 1 ? context_.width - 1 : 1);
  for (const std::string& line : lines) context_.err << "\r\x1b[2K" << shortened(line, columns) << "\n";
  context_.err << "\x1b[J" << std::flush;
}

void SyncProgress::print_changed(const std::vector<std::string>& lines) {
  for (std::size_t index = 0; index < lines.size(); ++index) {
    if (index < shown_.size() && shown_[index] == lines[index]) continue;
    context_.err << lines[index] << "\n";
  }
  context_.err << std::flush;
}

}  // namespace plimsoll::controller
