#include "controller/cli/table.hpp"

#include <algorithm>
#include <map>

#include "controller/cli/display_width.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

constexpr std::size_t kGap = 3;

void grow(std::vector<std::size_t>& widths, const std::vector<std::string>& row) {
  for (std::size_t column = 0; column < row.size(); ++column) {
    widths[column] = std::max(widths[column], display_width(row[column]));
  }
}

std::string line(const std::vector<std::string>& row, const std::vector<std::size_t>& widths, bool colour) {
  std::string text;
  std::size_t due = 0;  // spaces owed to the next cell that has something
  for (std::size_t column = 0; column < row.size(); ++column) {
    const std::string& cell = row[column];
    if (!cell.empty()) {
      text.append(due, ' ');
      text += colour ? painted(cell) : cell;
      due = 0;
    }
    due += widths[column] - display_width(cell) + kGap;
  }
  return text + "\n";
}

}  // namespace

void Table::add(std::vector<std::string> row) {
  row.resize(header_.size());
  for (std::string& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::string Table::text(bool with_header, bool colour) const {
  std::vector<std::size_t> widths(header_.size());
  if (with_header) grow(widths, header_);
  for (const auto& row : rows_) grow(widths, row);
  std::string text = with_header ? line(header_, widths, false) : "";
  for (const auto& row : rows_) text += line(row, widths, colour);
  return text;
}

std::string painted(const std::string& word) {
  static const std::map<std::string, const char*, std::less<>> kCodes{
      {"Synced", "32"},  {"Healthy", "32"}, {"Succeeded", "32"},   {"OutOfSync", "33"}, {"Suspended", "34"},
      {"Missing", "33"}, {"Unknown", "35"}, {"Progressing", "36"}, {"Running", "36"},   {"Degraded", "31"},
      {"Failed", "31"},  {"Error", "31"},   {"True", "32"},        {"unhealthy", "31"}, {"healthy", "32"}};
  const auto found = kCodes.find(word);
  if (found == kCodes.end()) return word;
  return std::string("\x1b[") + found->second + "m" + word + "\x1b[0m";
}

}  // namespace plimsoll::controller
