#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "compose/load.hpp"
#include "compose/scalar_resolution.hpp"
#include "compose/timestamp.hpp"
#include "model/utf8_text.hpp"

namespace plimsoll::compose {
namespace {

/// A quoted string in JSON (and double-quoted YAML), with `$` doubled as Compose does.
std::string quoted(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (char c : to_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
      if (c == '$') out += '$';
    }
  }
  return out + "\"";
}

std::string number_text(const Node& node) {
  if (!std::isfinite(node.as_float())) return "null";  // below `x-` keys; JSON has no word for it
  // Large whole numbers are floats with all their digits; the text of any other float of that size has an exponent.
  if (const std::string digits = node.as_text(); digits.find_first_not_of("0123456789-") == std::string::npos)
    return digits;
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), node.as_float()).ptr;
  return {buffer.data(), end};
}

/// Where a date is left one: below `x-` keys.
std::string date_text(const Node& node) {
  return timestamp_json(parse_timestamp(node.source_text()).value_or(Timestamp{}));
}

std::vector<const Node::Entry*> sorted_entries(const Node& node) {
  std::vector<const Node::Entry*> entries;
  for (const Node::Entry& entry : node.entries()) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
  return entries;
}

void write_json(const Node& node, std::string& out, const std::string& indent) {
  const std::string deeper = indent + "  ";
  if (node.is_mapping()) {
    std::string separator = "{\n";
    for (const Node::Entry* entry : sorted_entries(node)) {
      out += separator + deeper + quoted(entry->key) + ": ";
      write_json(entry->value, out, deeper);
      separator = ",\n";
    }
    out += node.size() == 0 ? "{}" : "\n" + indent + "}";
  } else if (node.is_sequence()) {
    std::string separator = "[\n";
    for (const Node& item : node.items()) {
      out += separator + deeper;
      write_json(item, out, deeper);
      separator = ",\n";
    }
    out += node.size() == 0 ? "[]" : "\n" + indent + "]";
  } else if (node.is_number()) {
    out += number_text(node);
  } else if (node.is_string()) {
    out += quoted(node.string());
  } else if (node.is_date()) {
    out += quoted(date_text(node));
  } else {
    out += node.is_null() ? "null" : node.as_bool() ? "true" : "false";
  }
}

/// Plain when every YAML reader takes it for text, else quoted.
std::string yaml_text(const std::string& text) {
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.-";
  constexpr std::array<std::string_view, 12> kWords{"y",   "n",  "yes", "no",  "on",  "off",
                                                    "Yes", "No", "On",  "Off", "YES", "NO"};
  const bool safe =
      !text.empty() && text[0] != '-' && text[0] != '.' && text.find_first_not_of(kSafe) == std::string::npos;
  const bool word = std::find(kWords.begin(), kWords.end(), text) != kWords.end();
  const bool number =
      !text.empty() && text[0] >= '0' && text[0] <= '9' && text.find_first_not_of("0123456789.-_") == std::string::npos;
  return safe && !word && !number && resolve_plain_scalar(text, {}).is_string() ? text : quoted(text);
}

void write_yaml(const Node& node, std::string& out, const std::string& indent, bool after_dash);

void write_yaml_value(const Node& value, std::string& out, const std::string& indent) {
  if (value.is_scalar() || value.size() == 0) {
    out += ' ';
    write_yaml(value, out, indent, false);
    out += '\n';
  } else {
    out += '\n';
    write_yaml(value, out, indent + "  ", false);
  }
}

void write_yaml(const Node& node, std::string& out, const std::string& indent, bool after_dash) {
  if (node.is_scalar()) {
    out += node.is_string()   ? yaml_text(node.string())
           : node.is_date()   ? date_text(node)
           : node.is_number() ? number_text(node)
           : node.is_null()   ? "null"
                              : node.as_text();
  } else if (node.size() == 0) {
    out += node.is_mapping() ? "{}" : "[]";
  } else if (node.is_mapping()) {
    bool first = after_dash;
    for (const Node::Entry* entry : sorted_entries(node)) {
      out += (first ? "" : indent) + yaml_text(entry->key) + ":";
      first = false;
      write_yaml_value(entry->value, out, indent);
    }
  } else {
    for (const Node& item : node.items()) {
      out += indent + "-";
      if (item.is_scalar() || item.size() == 0) {
        write_yaml_value(item, out, indent);
      } else if (item.is_mapping()) {
        out += ' ';
        write_yaml(item, out, indent + "  ", true);
      } else {
        out += '\n';
        write_yaml(item, out, indent + "  ", false);
      }
    }
  }
}

/// Compose's types for these devices have no JSON names: both keys always show, as the fields are called.
void name_block_devices(Node& service) {
  Node* config = service.find("blkio_config");
  if (config == nullptr) return;
  for (Node::Entry& entry : config->entries()) {
    const bool weights = entry.key == "weight_device";
    for (Node& device : entry.value.items()) {
      const Node* path = device.find("path");
      const Node* value = device.find(weights ? "weight" : "rate");
      const Node none = weights ? Node::make_int(0) : Node::make_string("0");
      Node named = Node::make_mapping();
      named.set("Path", path == nullptr ? Node::make_string("") : *path);
      named.set(weights ? "Weight" : "Rate", value == nullptr ? none : *value);
      device = std::move(named);
    }
  }
}

/// Its JSON and YAML show a false `create_host_path` as they show none.
void drop_false_host_paths(Node& service) {
  if (Node* volumes = service.find("volumes"))
    for (Node& volume : volumes->items())
      if (Node* bind = volume.find("bind"))
        if (const Node* create = bind->find("create_host_path"); create != nullptr && !create->as_bool())
          bind->erase("create_host_path");
}

}  // namespace

std::string to_config_json(const Node& project) {
  Node shown = project;
  shown.erase("models");  // Compose's JSON leaves them out; its YAML has them
  if (Node* services = shown.find("services"))
    for (Node::Entry& entry : services->entries()) {
      name_block_devices(entry.value);
      drop_false_host_paths(entry.value);
    }
  std::string out;
  write_json(shown, out, "");
  return out + "\n";
}

std::string to_config_yaml(const Node& project) {
  // Compose's YAML leaves out the two keys that its JSON shows as null.
  Node shown = project;
  if (Node* services = shown.find("services"))
    for (Node::Entry& entry : services->entries()) {
      drop_false_host_paths(entry.value);
      for (std::string_view key : {"command", "entrypoint"})
        if (const Node* value = entry.value.find(key); value != nullptr && value->is_null()) entry.value.erase(key);
    }
  std::string out;
  write_yaml(shown, out, "", false);
  return out;
}

}  // namespace plimsoll::compose
