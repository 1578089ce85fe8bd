#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace plimsoll::compose {

/// How interpolation finds the value of a name; absent is unset. Values may hold secret tokens (model/secret.hpp).
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Interpolation variables by name. A value type.
class Variables {
 public:
  Variables() = default;
  explicit Variables(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}
  /// The value, or absent when `name` is unset.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const {
    auto found = values_.find(name);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  /// Sets or replaces.
  void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
  /// Adds those of `weaker` that are not set here.
  void add_missing(const Variables& weaker) { values_.insert(weaker.values_.begin(), weaker.values_.end()); }
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& values() const noexcept { return values_; }
  /// `find` as a function; refers to this object.
  [[nodiscard]] Lookup lookup() const {
    return [this](std::string_view name) { return find(name); };
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace plimsoll::compose
