#include "manifest/tree_writer.hpp"

#include <string_view>

#include "compose/scalar_resolution.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_scalar(const Node& node) {
  if (node.is_null()) return "null";
  return node.is_string() ? quoted(node.string()) : node.as_text();
}

void write_json(const Node& node, const std::string& indent, std::string& out) {
  if (node.is_scalar()) {
    out += json_scalar(node);
    return;
  }
  const char* brackets = node.is_mapping() ? "{}" : "[]";
  out += brackets[0];
  const std::string inner = indent + "  ";
  std::string separator = "\n";
  for (const Node::Entry& entry : node.entries()) {
    out += separator + inner + quoted(entry.key) + ": ";
    write_json(entry.value, inner, out);
    separator = ",\n";
  }
  for (const Node& item : node.items()) {
    out += separator + inner;
    write_json(item, inner, out);
    separator = ",\n";
  }
  if (node.size() != 0) out += "\n" + indent;
  out += brackets[1];
}

/// Plain text that every YAML reader takes for that text, and a narrow view of what that is.
bool is_plain(std::string_view text) {
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.+=,;()$%^~<>-";
  if (text.empty() || text.find_first_of("-=~<>%,;.+") == 0) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool inner_colon = text[i] == ':' && i + 1 < text.size() && text[i + 1] != ' ';
    const bool inner_blank = text[i] == ' ' && i > 0 && i + 1 < text.size() && text[i + 1] != '#';
    const bool inner_bracket = (text[i] == '[' || text[i] == ']' || text[i] == '@') && i > 0;
    if (kSafe.find(text[i]) == std::string_view::npos && !inner_colon && !inner_blank && !inner_bracket) return false;
  }
  static const std::string_view words[] = {"yes", "no", "on", "off", "y", "n"};
  for (const std::string_view word : words) {
    if (text.size() != word.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < word.size(); ++i) same = same && (text[i] | 0x20) == word[i];
    if (same) return false;
  }
  // `12:30` is a number in YAML 1.1.
  return text.find_first_not_of("0123456789:") != std::string_view::npos &&
         compose::resolve_plain_scalar(text, {}).is_string();
}

std::string yaml_text(const std::string& text) { return is_plain(text) ? text : quoted(text); }

void write_yaml(const Node& node, const std::string& indent, bool in_list, std::string& out);

void write_yaml_value(const Node& value, const std::string& indent, bool in_list, std::string& out) {
  if (value.is_scalar()) {
    out += " " + (value.is_string() ? yaml_text(value.string()) : json_scalar(value)) + "\n";
  } else if (value.size() == 0) {
    out += value.is_mapping() ? " {}\n" : " []\n";
  } else if (in_list) {
    out += " ";
    write_yaml(value, indent + "  ", true, out);
  } else {
    out += "\n";
    write_yaml(value, indent + "  ", false, out);
  }
}

/// `in_list`: the first entry stands behind the dash of a list's item.
void write_yaml(const Node& node, const std::string& indent, bool in_list, std::string& out) {
  bool first = in_list;
  for (const Node::Entry& entry : node.entries()) {
    out += (first ? "" : indent) + yaml_text(entry.key) + ":";
    write_yaml_value(entry.value, indent, false, out);
    first = false;
  }
  for (const Node& item : node.items()) {
    out += (first ? "" : indent) + "-";
    write_yaml_value(item, indent, true, out);
    first = false;
  }
}

}  // namespace

std::string to_json(const Node& tree) {
  std::string out;
  write_json(tree, "", out);
  return out + "\n";
}

std::string to_yaml(const Node& tree) {
  if (tree.is_scalar()) return json_scalar(tree) + "\n";
  if (tree.size() == 0) return tree.is_mapping() ? "{}\n" : "[]\n";
  std::string out;
  write_yaml(tree, "", false, out);
  return out;
}

}  // namespace plimsoll::manifest
