#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>

#include <boost/json.hpp>

#include "controller/cli/json_fields.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

/// A text that YAML would read as something else, or not at all, has to be quoted.
bool needs_quotes(const json::string& text) {
  if (text.empty() || text.back() == ' ' || text.back() == ':') return true;
  const std::string_view all(text.data(), text.size());
  if (all.find_first_of(std::string_view("\n\t\"'#:{}[],&*!|>%@`\0", 19)) != std::string_view::npos) return true;
  if (std::string_view("-?=~ .+0123456789").find(all.front()) != std::string_view::npos) return true;
  static const std::array<std::string_view, 9> kWords{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  std::string lower;
  for (const char letter : all) lower += static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

void emit_text(YAML::Emitter& out, const json::string& text) {
  if (needs_quotes(text)) out << YAML::DoubleQuoted;
  out << std::string(text.begin(), text.end());
}

void emit(YAML::Emitter& out, const json::value& value) {
  if (const json::object* object = value.if_object()) {
    if (object->empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& item : *object) {
      out << YAML::Key;
      emit_text(out, json::string(item.key()));
      out << YAML::Value;
      emit(out, item.value());
    }
    out << YAML::EndMap;
  } else if (const json::array* array = value.if_array()) {
    if (array->empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const json::value& item : *array) emit(out, item);
    out << YAML::EndSeq;
  } else if (const json::string* text = value.if_string()) {
    emit_text(out, *text);
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << json::serialize(value);
  }
}

}  // namespace

std::string json_as_yaml(const json::value& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str()) + "\n";
}

}  // namespace plimsoll::controller
