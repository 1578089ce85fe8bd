#include "manifest/key_table.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace plimsoll::manifest {
namespace {

using compose::Node;

constexpr std::array kInstancesRoot{KeyRule{"instances", ValueKind::mapping, true}};
constexpr std::array kInstances{KeyRule{"*", ValueKind::mapping}};
constexpr std::array kInstance{
    KeyRule{"engine", ValueKind::text, true}, KeyRule{"tls", ValueKind::text},
    KeyRule{"data_dir", ValueKind::text},     KeyRule{"labels", ValueKind::mapping},
    KeyRule{"variables", ValueKind::mapping},
};
constexpr std::array kScalars{KeyRule{"*", ValueKind::scalar}};

constexpr std::array kEnvironmentRoot{
    KeyRule{"environment", ValueKind::text, true}, KeyRule{"sync", ValueKind::mapping},
    KeyRule{"instances", ValueKind::list},         KeyRule{"apps", ValueKind::mapping, true},
    KeyRule{"networks", ValueKind::list},          KeyRule{"variables", ValueKind::mapping},
};
constexpr std::array kSync{
    KeyRule{"prune", ValueKind::flag},
    KeyRule{"self_heal", ValueKind::flag},
    KeyRule{"suspended", ValueKind::flag},
};
constexpr std::array kApps{KeyRule{"*", ValueKind::optional_mapping}};
constexpr std::array kApp{
    KeyRule{"app", ValueKind::text},       KeyRule{"instances", ValueKind::list},
    KeyRule{"images", ValueKind::mapping}, KeyRule{"variables", ValueKind::mapping},
    KeyRule{"secrets", ValueKind::list},   KeyRule{"files", ValueKind::list},
    KeyRule{"override", ValueKind::text},  KeyRule{"profiles", ValueKind::list},
    KeyRule{"sync", ValueKind::mapping},
};
constexpr std::array kImages{KeyRule{"*", ValueKind::image}};
constexpr std::array kImage{KeyRule{"tag", ValueKind::scalar, true}, KeyRule{"follow", ValueKind::flag}};

bool kind_fits(const Node& node, ValueKind kind) {
  switch (kind) {
    case ValueKind::text: return node.is_string();
    case ValueKind::scalar: return node.is_scalar() && !node.is_null();
    case ValueKind::flag: return node.is_bool();
    case ValueKind::mapping: return node.is_mapping();
    case ValueKind::optional_mapping: return node.is_mapping() || node.is_null();
    case ValueKind::list: return node.is_sequence();
    case ValueKind::image: return node.is_mapping() || node.is_string() || node.is_number();
  }
  return false;
}

std::string_view wanted_text(ValueKind kind) {
  switch (kind) {
    case ValueKind::text: return "text";
    case ValueKind::scalar: return "text, a number or true/false";
    case ValueKind::flag: return "true or false";
    case ValueKind::mapping:
    case ValueKind::optional_mapping: return "a mapping";
    case ValueKind::list: return "a list";
    case ValueKind::image: return "a tag, an image reference, or a mapping with tag and follow";
  }
  return "";
}

const KeyRule* find_rule(const KeyTable& table, std::string_view key) {
  const auto found = std::find_if(table.rules.begin(), table.rules.end(),
                                  [key](const KeyRule& rule) { return rule.key == key || rule.key == "*"; });
  return found == table.rules.end() ? nullptr : &*found;
}

std::vector<std::string> keys_of(const KeyTable& table) {
  std::vector<std::string> keys;
  for (const KeyRule& rule : table.rules) keys.emplace_back(rule.key);
  return keys;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void check_entry(const Node::Entry& entry, const std::string& path, const KeyTable& table, Findings& findings) {
  const KeyRule* rule = find_rule(table, entry.key);
  const std::string entry_path = compose::child_path(path, entry.key);
  if (rule == nullptr) {
    if (entry.key.starts_with("x-")) return;
    const std::string hint = suggestion(entry.key, keys_of(table));
    findings.error(entry.key_place.position(), entry_path, "unknown key \"" + entry.key + "\"",
                   hint.empty() ? "use one of: " + join(keys_of(table)) : hint);
  } else if (!kind_fits(entry.value, rule->kind)) {
    const bool quote = rule->kind == ValueKind::text && entry.value.is_scalar() && !entry.value.is_null();
    findings.error(value_position(entry), entry_path,
                   "must be " + std::string(wanted_text(rule->kind)) + ", is " +
                       std::string(entry.value.is_null() ? "empty" : entry.value.kind_name()),
                   quote ? "put it in quotes" : "");
  }
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

const std::vector<KeyTable>& key_tables() {
  static const std::vector<KeyTable> tables{
      {"instances", "", kInstancesRoot},
      {"instances", "instances", kInstances},
      {"instances", "instances.*", kInstance},
      {"instances", "instances.*.labels", kScalars},
      {"instances", "instances.*.variables", kScalars},
      {"environment", "", kEnvironmentRoot},
      {"environment", "sync", kSync},
      {"environment", "variables", kScalars},
      {"environment", "apps", kApps},
      {"environment", "apps.*", kApp},
      {"environment", "apps.*.sync", kSync},
      {"environment", "apps.*.variables", kScalars},
      {"environment", "apps.*.images", kImages},
      {"environment", "apps.*.images.*", kImage},
  };
  return tables;
}

const KeyTable& key_table(std::string_view document, std::string_view pointer) {
  const auto& tables = key_tables();
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const KeyTable& table) {
    return table.document == document && table.pointer == pointer;
  });
  assert(found != tables.end());
  return *found;
}

bool check_mapping(const Node& node, const SourcePosition& where, const std::string& path, const KeyTable& table,
                   Findings& findings) {
  if (!node.is_mapping()) {
    findings.error(where, path, "must be a mapping, is " + std::string(node.is_null() ? "empty" : node.kind_name()));
    return false;
  }
  for (const Node::Entry& entry : node.entries()) {
    if (findings.is_full()) break;
    check_entry(entry, path, table, findings);
  }
  for (const KeyRule& rule : table.rules) {
    if (!rule.required || node.contains(rule.key)) continue;
    findings.error(where, path, "\"" + std::string(rule.key) + "\" is missing", "add it");
  }
  return true;
}

const Node::Entry* find_valid(const Node& node, std::string_view key, const KeyTable& table) {
  const Node::Entry* entry = node.find_entry(key);
  const KeyRule* rule = find_rule(table, key);
  return entry != nullptr && rule != nullptr && kind_fits(entry->value, rule->kind) ? entry : nullptr;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = 3;
  constexpr std::size_t kLongestWord = 64;  // the work is the product of two lengths
  if (word.size() > kLongestWord) return {};
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best.empty() ? "" : "did you mean \"" + best + "\"?";
}

}  // namespace plimsoll::manifest
