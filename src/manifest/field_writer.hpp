#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/fields.hpp"
#include "model/instant.hpp"

namespace plimsoll::manifest {

/// Collects the fields of a canonical form; every call leaves out what has its default value.
class FieldWriter {
 public:
  /// Writes `key`, whatever the value.
  void put(std::string key, std::string value) { fields_.insert_or_assign(std::move(key), std::move(value)); }
  void text(std::string key, const std::string& value) {
    if (!value.empty()) put(std::move(key), value);
  }
  void flag(std::string key, bool value, bool default_value = false) {
    if (value != default_value) put(std::move(key), value ? "true" : "false");
  }
  void flag(std::string key, const std::optional<bool>& value) {
    if (value) put(std::move(key), *value ? "true" : "false");
  }
  void number(std::string key, std::int64_t value) {
    if (value != 0) put(std::move(key), std::to_string(value));
  }
  void number(std::string key, const std::optional<int>& value) {
    if (value) put(std::move(key), std::to_string(*value));
  }
  /// Milliseconds exactly: rounding would hide a change.
  void duration(std::string key, const std::optional<Millis>& value) {
    if (value) put(std::move(key), std::to_string(value->count()) + "ms");
  }
  void list(const std::string& key, const std::vector<std::string>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) put(key + "[" + std::to_string(i) + "]", values[i]);
  }
  /// An explicitly empty list is a value of its own.
  void list(const std::string& key, const std::optional<std::vector<std::string>>& values) {
    if (!values) return;
    if (values->empty()) put(key, "[]");
    list(key, *values);
  }
  void map(const std::string& key, const std::map<std::string, std::string>& values) {
    for (const auto& [name, value] : values) put(key + "." + name, value);
  }

  [[nodiscard]] Fields take() { return std::move(fields_); }

 private:
  Fields fields_;
};

}  // namespace plimsoll::manifest
