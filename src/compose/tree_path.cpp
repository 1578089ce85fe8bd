#include "compose/tree_path.hpp"

namespace plimsoll::compose {

bool TreePath::matches(std::string_view pattern) const {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const std::size_t dot = pattern.find('.');
    const std::string_view part = pattern.substr(0, dot);
    if (part != "*" && part != segments_[i]) return false;
    const bool last = dot == std::string_view::npos;
    if (last) return i + 1 == segments_.size();
    pattern.remove_prefix(dot + 1);
  }
  return false;
}

std::string TreePath::text() const {
  std::string out;
  for (std::string_view segment : segments_) {
    if (!out.empty() && segment != "[]") out += '.';
    out += segment;
  }
  return out;
}

}  // namespace plimsoll::compose
