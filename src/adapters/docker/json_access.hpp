#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll::adapters {

/// Forgiving reads of the engine's JSON: an absent member, or one of another type, is an empty or zero value. Engines
/// differ in what they leave out (null, [], "").
[[nodiscard]] inline const boost::json::object& object_at(const boost::json::object& from, std::string_view key) {
  static const boost::json::object empty;
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : empty;
}

[[nodiscard]] inline const boost::json::array& array_at(const boost::json::object& from, std::string_view key) {
  static const boost::json::array empty;
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : empty;
}

/// Valid as long as `from` is.
[[nodiscard]] inline std::string_view text_at(const boost::json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

[[nodiscard]] inline std::int64_t number_at(const boost::json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  if (value == nullptr) return 0;
  if (value->is_int64()) return value->get_int64();
  if (value->is_double()) return static_cast<std::int64_t>(value->get_double());
  return 0;
}

[[nodiscard]] inline bool flag_at(const boost::json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace plimsoll::adapters
