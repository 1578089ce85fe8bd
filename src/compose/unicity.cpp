#include <array>
#include <optional>
#include <string>
#include <unordered_map>

#include "compose/merge.hpp"
#include "compose/text_split.hpp"
#include "compose/tree_path.hpp"
#include "compose/volume_syntax.hpp"

namespace plimsoll::compose {
namespace {

using KeyOf = std::optional<std::string> (*)(const Node&);

std::optional<std::string> by_name(const Node& item) {
  if (!item.is_scalar()) return std::nullopt;
  const std::string text = item.as_text();
  return text.substr(0, find_outside_tokens(text, '='));
}

std::optional<std::string> by_text(const Node& item) {
  return item.is_scalar() ? std::optional(item.as_text()) : std::nullopt;
}

std::string text_or(const Node& item, std::string_view key, std::string_view fallback) {
  const Node* value = item.find(key);
  return value == nullptr ? std::string(fallback) : value->as_text();
}

std::optional<std::string> by_mount_target(const Node& item) {
  if (item.is_mapping()) {
    const Node* target = item.find("target");
    return target == nullptr ? std::nullopt : std::optional(target->as_text());
  }
  if (!item.is_string()) return std::nullopt;
  const auto volume = parse_volume(item.string());
  return volume ? std::optional(volume->target) : std::nullopt;
}

std::optional<std::string> by_device_target(const Node& item) {
  if (item.is_mapping()) return text_or(item, "target", text_or(item, "source", ""));
  const auto parts = split_outside_tokens(item.as_text(), ':');
  return parts.size() > 1 ? parts[1] : parts[0];
}

std::optional<std::string> by_file(const Node& item, const std::string& directory) {
  if (item.is_mapping()) return text_or(item, "target", directory + text_or(item, "source", ""));
  return directory + item.as_text();
}
std::optional<std::string> by_secret(const Node& item) { return by_file(item, "/run/secrets/"); }
std::optional<std::string> by_config(const Node& item) { return by_file(item, "/"); }

std::optional<std::string> by_env_file(const Node& item) {
  return item.is_mapping() ? text_or(item, "path", "") : item.as_text();
}

std::optional<std::string> by_binding(const Node& item) {
  if (!item.is_mapping()) return item.as_text();
  return text_or(item, "host_ip", "0.0.0.0") + ":" + text_or(item, "published", "") + ":" +
         text_or(item, "target", "") + "/" + text_or(item, "protocol", "tcp");
}

struct Rule {
  std::string_view pattern;
  KeyOf key_of;
};

constexpr std::array<Rule, 31> kRules{{{"networks.*.labels", by_name},
                                       {"networks.*.ipam.options", by_name},
                                       {"volumes.*.labels", by_name},
                                       {"services.*.annotations", by_name},
                                       {"services.*.build.args", by_name},
                                       {"services.*.build.additional_contexts", by_name},
                                       {"services.*.build.tags", by_name},
                                       {"services.*.build.labels", by_name},
                                       {"services.*.cap_add", by_name},
                                       {"services.*.cap_drop", by_name},
                                       {"services.*.devices", by_device_target},
                                       {"services.*.configs", by_config},
                                       {"services.*.secrets", by_secret},
                                       {"services.*.deploy.labels", by_name},
                                       {"services.*.dns", by_name},
                                       {"services.*.dns_opt", by_name},
                                       {"services.*.dns_search", by_name},
                                       {"services.*.environment", by_name},
                                       {"services.*.env_file", by_env_file},
                                       {"services.*.label_file", by_text},
                                       {"services.*.expose", by_text},
                                       {"services.*.labels", by_name},
                                       {"services.*.links", by_name},
                                       {"services.*.networks.*.aliases", by_name},
                                       {"services.*.networks.*.link_local_ips", by_name},
                                       {"services.*.ports", by_binding},
                                       {"services.*.profiles", by_name},
                                       {"services.*.sysctls", by_name},
                                       {"services.*.tmpfs", by_name},
                                       {"services.*.volumes", by_mount_target},
                                       {"services.*.volumes.*.volume.labels", by_name}}};

void keep_last(Node& list, KeyOf key_of) {
  std::unordered_map<std::string, std::size_t> places;
  std::vector<Node> kept;
  for (Node& item : list.items()) {
    const auto key = key_of(item);
    const auto [known, inserted] = key ? places.emplace(*key, kept.size()) : std::pair{places.end(), true};
    if (inserted)
      kept.push_back(std::move(item));
    else
      kept[known->second] = std::move(item);
  }
  list.items() = std::move(kept);
}

void visit(Node& node, TreePath& path) {
  if (node.is_sequence())
    for (const Rule& rule : kRules)
      if (path.matches(rule.pattern)) return keep_last(node, rule.key_of);
  for (Node::Entry& entry : node.entries()) {
    if (entry.value.is_scalar()) continue;
    const PathStep step(path, entry.key);
    visit(entry.value, path);
  }
}

}  // namespace

void remove_duplicates(Node& document, Report&) {
  TreePath path;
  visit(document, path);
}

}  // namespace plimsoll::compose
