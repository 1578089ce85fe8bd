#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "compose/node.hpp"

namespace plimsoll::test {

/// A tree as JSON, for the schemas.
[[nodiscard]] boost::json::value to_json_value(const compose::Node& node);

/// What a JSON value breaks of a JSON Schema, with paths. Knows the part of draft-07 that our schemas use; any other
/// keyword is a finding of its own, so that no schema says more than is checked.
[[nodiscard]] std::vector<std::string> schema_findings(const boost::json::value& value,
                                                       const boost::json::object& schema, const std::string& path = "");

}  // namespace plimsoll::test
