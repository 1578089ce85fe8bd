#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/result.hpp"

namespace plimsoll::controller {

/// Reading the controller's answers without trusting their shape: what is absent or of another type is empty.

/// The text member `name` of `object`.
[[nodiscard]] std::string text_at(const boost::json::value& object, std::string_view name);
/// The whole number `name`, or 0.
[[nodiscard]] std::int64_t number_at(const boost::json::value& object, std::string_view name);
/// The array `name`, or an empty one.
[[nodiscard]] const boost::json::array& array_at(const boost::json::value& object, std::string_view name);

/// Parses an answer of the controller.
Result<boost::json::value> parse_answer(const std::string& body);

/// Indented by two spaces, with a final newline.
[[nodiscard]] std::string pretty_json(const boost::json::value& value);
/// The same as YAML 1.2 block style, with a final newline.
[[nodiscard]] std::string json_as_yaml(const boost::json::value& value);

}  // namespace plimsoll::controller
