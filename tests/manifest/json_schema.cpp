#include "json_schema.hpp"

#include <algorithm>
#include <regex>
#include <set>

namespace plimsoll::test {
namespace {

namespace json = boost::json;
using Findings = std::vector<std::string>;

bool matches(const std::string& text, const json::value& pattern) {
  return std::regex_search(text, std::regex(pattern.as_string().c_str()));
}

bool has_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

bool has_one_type(const json::value& value, const json::value& types) {
  if (types.is_string()) return has_type(value, types.as_string());
  const auto& list = types.as_array();
  return std::any_of(list.begin(), list.end(),
                     [&](const json::value& type) { return has_type(value, type.as_string()); });
}

void check_member(const json::key_value_pair& member, const json::object& schema, const std::string& path,
                  Findings& out) {
  const std::string name(member.key());
  const std::string at = path + "/" + name;
  if (const auto* names = schema.if_contains("propertyNames"); names && !matches(name, names->at("pattern"))) {
    out.push_back(at + ": name");
  }
  if (const auto* own = schema.if_contains("properties"); own && own->as_object().contains(name)) {
    for (auto& finding : schema_findings(member.value(), own->at(name).as_object(), at))
      out.push_back(std::move(finding));
    return;
  }
  if (const auto* patterns = schema.if_contains("patternProperties")) {
    for (const auto& pattern : patterns->as_object()) {
      if (matches(name, json::value(json::string(pattern.key())))) return;
    }
  }
  const auto* others = schema.if_contains("additionalProperties");
  if (others == nullptr) return;
  if (others->is_bool()) {
    if (!others->as_bool()) out.push_back(at + ": unknown key");
    return;
  }
  for (auto& finding : schema_findings(member.value(), others->as_object(), at)) out.push_back(std::move(finding));
}

void check_object(const json::object& value, const json::object& schema, const std::string& path, Findings& out) {
  for (const auto& member : value) check_member(member, schema, path, out);
  const auto* required = schema.if_contains("required");
  if (required == nullptr) return;
  for (const auto& key : required->as_array()) {
    if (!value.contains(key.as_string())) out.push_back(path + ": misses " + std::string(key.as_string()));
  }
}

void check_array(const json::array& value, const json::object& schema, const std::string& path, Findings& out) {
  std::set<std::string> seen;
  for (const auto& item : value) {
    if (const auto* items = schema.if_contains("items")) {
      for (auto& finding : schema_findings(item, items->as_object(), path + "/[]")) out.push_back(std::move(finding));
    }
    if (!seen.insert(json::serialize(item)).second && schema.contains("uniqueItems")) out.push_back(path + ": twice");
  }
  if (const auto* min = schema.if_contains("minItems"); min && value.size() < min->to_number<std::size_t>()) {
    out.push_back(path + ": too short");
  }
}

void check_keywords(const json::object& schema, const std::string& path, Findings& out) {
  static const std::set<std::string> known{"$schema",
                                           "title",
                                           "description",
                                           "type",
                                           "properties",
                                           "required",
                                           "patternProperties",
                                           "additionalProperties",
                                           "propertyNames",
                                           "items",
                                           "uniqueItems",
                                           "minItems",
                                           "minLength",
                                           "pattern",
                                           "anyOf"};
  for (const auto& member : schema) {
    if (!known.contains(std::string(member.key())))
      out.push_back(path + ": unknown keyword " + std::string(member.key()));
  }
}

}  // namespace

json::value to_json_value(const compose::Node& node) {
  if (node.is_bool()) return node.as_bool();
  if (node.is_int()) return node.as_int();
  if (node.is_float()) return node.as_float();
  if (node.is_string()) return json::string(node.string());
  if (node.is_sequence()) {
    json::array out;
    for (const auto& item : node.items()) out.push_back(to_json_value(item));
    return out;
  }
  if (node.is_null()) return nullptr;
  json::object out;
  for (const auto& entry : node.entries()) out[entry.key] = to_json_value(entry.value);
  return out;
}

Findings schema_findings(const json::value& value, const json::object& schema, const std::string& path) {
  Findings out;
  check_keywords(schema, path, out);
  if (const auto* types = schema.if_contains("type"); types && !has_one_type(value, *types)) {
    out.push_back(path + ": type");
    return out;
  }
  if (value.is_string()) {
    const std::string text(value.as_string());
    if (const auto* pattern = schema.if_contains("pattern"); pattern && !matches(text, *pattern)) {
      out.push_back(path + ": pattern");
    }
    if (schema.contains("minLength") && text.empty()) out.push_back(path + ": empty");
  }
  if (value.is_object()) check_object(value.as_object(), schema, path, out);
  if (value.is_array()) check_array(value.as_array(), schema, path, out);
  if (const auto* any = schema.if_contains("anyOf")) {
    const auto& list = any->as_array();
    const bool fits = std::any_of(list.begin(), list.end(), [&](const json::value& one) {
      return schema_findings(value, one.as_object(), path).empty();
    });
    if (!fits) out.push_back(path + ": none of anyOf");
  }
  return out;
}

}  // namespace plimsoll::test
