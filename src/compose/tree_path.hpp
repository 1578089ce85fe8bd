#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::compose {

/// Where one stands in a document: the keys from the top, `[]` for items of a list. Keys may hold dots, so this is no
/// text.
class TreePath {
 public:
  void push(std::string_view segment) { segments_.push_back(segment); }
  void pop() { segments_.pop_back(); }
  [[nodiscard]] std::size_t size() const noexcept { return segments_.size(); }
  /// Segment by segment; `*` in the pattern is any one segment: `services.*.environment`.
  [[nodiscard]] bool matches(std::string_view pattern) const;
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string_view> segments_;
};

/// Pushes for the time of a scope. The segment must outlive it.
class PathStep {
 public:
  PathStep(TreePath& path, std::string_view segment) : path_(path) { path_.push(segment); }
  ~PathStep() { path_.pop(); }
  PathStep(const PathStep&) = delete;
  PathStep& operator=(const PathStep&) = delete;

 private:
  TreePath& path_;
};

}  // namespace plimsoll::compose
