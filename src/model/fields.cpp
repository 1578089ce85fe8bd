#include "model/fields.hpp"

#include "model/secret.hpp"

namespace plimsoll {

std::vector<FieldChange> diff_fields(const Fields& before, const Fields& after) {
  std::vector<FieldChange> changes;
  auto left = before.begin();
  auto right = after.begin();
  while (left != before.end() || right != after.end()) {
    if (right == after.end() || (left != before.end() && left->first < right->first)) {
      changes.push_back({left->first, left->second, std::nullopt});
      ++left;
    } else if (left == before.end() || right->first < left->first) {
      changes.push_back({right->first, std::nullopt, right->second});
      ++right;
    } else {
      if (left->second != right->second) changes.push_back({left->first, left->second, right->second});
      ++left;
      ++right;
    }
  }
  return changes;
}

std::string to_string(const FieldChange& change) {
  const auto side = [](const std::optional<std::string>& value) {
    if (!value) return std::string("(unset)");
    return value->empty() ? std::string("\"\"") : mask_secrets(*value);
  };
  const std::string before = side(change.before);
  const std::string after = side(change.after);
  if (before == after) return change.path + ": secret changed (" + after + ")";
  return change.path + ": " + before + " → " + after;
}

}  // namespace plimsoll
