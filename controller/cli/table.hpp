#pragma once

#include <string>
#include <vector>

namespace plimsoll::controller {

/// Rows under a header, in columns that are as wide as their widest cell. Cells are made printable; an empty one shows
/// as nothing. No trailing spaces.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}

  /// Missing cells at the end are empty; more cells than the header has are a bug.
  void add(std::vector<std::string> row);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// `colour` paints the words of status (`Synced`, `Degraded`, …).
  [[nodiscard]] std::string text(bool with_header, bool colour) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

/// `word` in the colour of its meaning: green when all is well, yellow or cyan when something goes on, red when it is
/// bad, unchanged when it is none of our words.
[[nodiscard]] std::string painted(const std::string& word);

}  // namespace plimsoll::controller
