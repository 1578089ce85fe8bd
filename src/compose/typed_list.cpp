#include <algorithm>

#include "compose/host_syntax.hpp"
#include "compose/shell_words.hpp"
#include "compose/text_split.hpp"
#include "compose/typed_value.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

void check_items(Node& list, bool integers, const std::string& path, Report& report) {
  for (std::size_t i = 0; i < list.items().size(); ++i) {
    Node& item = list.items()[i];
    if (integers && item.is_int()) {
      Node text = Node::make_string(item.as_text(), item.place());
      item = std::move(text);
    }
    if (!item.is_string()) report_kind(item, child_path(path, i), "text", report, "put it in quotes");
  }
}

bool render_texts(Node& node, bool single, bool integers, const std::string& path, Report& report) {
  if (single && node.is_string()) {
    Node list = Node::make_sequence(node.place());
    list.push_back(std::move(node));
    node = std::move(list);
  }
  if (!node.is_sequence()) {
    report_kind(node, path, single ? "text or a list" : "a list", report);
    return true;
  }
  check_items(node, integers, path, report);
  return !node.items().empty();
}

bool render_command(Node& node, const std::string& path, bool strict, Report& report) {
  if (node.is_null()) return false;
  if (!node.is_string()) {
    if (node.is_sequence())
      check_items(node, false, path, report);
    else
      report_kind(node, path, "text or a list", report);
    return true;
  }
  Node list = Node::make_sequence(node.place());
  const auto words = split_shell_words(node.string(), strict);
  if (words) report.expansion().add(words->size(), 0, node.place());
  if (words)
    for (const std::string& word : *words) list.push_back(Node::make_string(word, node.place()));
  else
    report.error(node.place(), path, "the command has " + words.error().message,
                 "quote it, or write the command as a list, with a shell if it needs one: [\"sh\", \"-c\", \"...\"]");
  node = std::move(list);
  return true;
}

bool render_health_test(Node& node, const std::string& path, Report& report) {
  if (node.is_string()) {
    Node list = Node::make_sequence(node.place());
    list.push_back(Node::make_string("CMD-SHELL", node.place()));
    list.push_back(std::move(node));
    node = std::move(list);
    return true;
  }
  return render_texts(node, false, false, path, report);
}

void warn_changed_text(const Node& value, const std::string& path, Report& report) {
  if (value.is_string() || value.is_null() || value.as_text() == value.source_text()) return;
  const std::string_view kind = value.is_bool() ? "boolean" : "number";
  report.warning(value.place(), path,
                 "the value " + value.source_text() + " is a " + std::string(kind) +
                     " in YAML and reaches the container as " + value.as_text(),
                 "put it in quotes");
}

/// `K=V` items as a mapping; a key without `=` has no value.
Node pairs_to_mapping(const Node& list, const std::string& path, Report& report) {
  Node mapping = Node::make_mapping(list.place());
  for (std::size_t i = 0; i < list.items().size(); ++i) {
    const Node& item = list.items()[i];
    if (!item.is_string()) {
      report_kind(item, child_path(path, i), "text", report, "write \"KEY=VALUE\"");
      continue;
    }
    const std::size_t equals = find_outside_tokens(item.string(), '=');
    Node value;
    value.set_place(item.place());
    if (equals != std::string::npos) value = Node::make_string(item.string().substr(equals + 1), item.place());
    mapping.set(item.string().substr(0, equals), std::move(value), item.place());
  }
  return mapping;
}

bool may_be_option(const Node& value, Shape shape) {
  if (shape == Shape::text_options) return value.is_string();
  return value.is_string() || value.is_number() || (value.is_null() && shape == Shape::options_or_nulls);
}

bool render_map(Node& node, Shape shape, const std::string& path, Report& report) {
  const bool list_allowed = shape == Shape::text_map || shape == Shape::env_map;
  const bool written = node.is_mapping();
  if (node.is_sequence() && list_allowed) node = pairs_to_mapping(node, path, report);
  if (!node.is_mapping()) {
    report_kind(node, path, list_allowed ? "a mapping or a list of KEY=VALUE" : "a mapping", report);
    return true;
  }
  for (Node::Entry& entry : node.entries()) {
    const std::string at = child_path(path, entry.key);
    const bool scalar = entry.value.is_scalar() && !entry.value.is_date();
    if (list_allowed ? !scalar : !may_be_option(entry.value, shape)) {
      const std::string_view options = shape == Shape::text_options ? "text" : "text or a number";
      report_kind(entry.value, at, list_allowed ? "text, a number, true or false" : options, report,
                  entry.value.is_scalar() ? "put it in quotes" : "");
      continue;
    }
    if (entry.key.empty() && written) report.error(entry.key_place, at, "the key is empty", "give it a name");
    if (shape == Shape::env_map && entry.key.ends_with(' '))
      report.error(entry.key_place, at, "the variable's name ends with a blank", "remove the blank");
    warn_changed_text(entry.value, at, report);
    if (entry.value.is_string() || (entry.value.is_null() && shape == Shape::env_map)) continue;
    Node text = Node::make_string(entry.value.as_text(), entry.value.place());
    entry.value = std::move(text);
  }
  return !node.entries().empty();
}

bool render_multi_options(Node& node, const std::string& path, Report& report) {
  if (!node.is_mapping()) {
    report_kind(node, path, "a mapping", report);
    return true;
  }
  for (Node::Entry& entry : node.entries()) {
    Node list = Node::make_sequence(entry.value.place());
    const std::vector<Node> single{entry.value};
    for (const Node& item : entry.value.is_sequence() ? entry.value.items() : single) {
      if (item.is_null() || !item.is_scalar())
        report_kind(item, child_path(path, entry.key), "text, a number, true or false", report);
      list.push_back(Node::make_string(item.as_text(), item.place()));
    }
    entry.value = std::move(list);
  }
  return !node.entries().empty();
}

bool render_ulimits(Node& node, bool no_text, const std::string& path, Report& report) {
  if (!node.is_mapping()) {
    report_kind(node, path, "a mapping", report);
    return true;
  }
  const SchemaField number{"", Shape::integer};
  const SchemaField single{"", Shape::whole, nullptr, "", false, nullptr, no_text};
  for (Node::Entry& entry : node.entries()) {
    const std::string at = child_path(path, entry.key);
    if (!entry.value.is_mapping()) {
      if (!render_scalar(entry.value, single, at, report)) entry.value = Node::make_mapping(entry.value.place());
      continue;
    }
    for (std::string_view key : {"soft", "hard"})
      if (!entry.value.contains(key))
        report.error(entry.value.place(), at, "the key \"" + std::string(key) + "\" is missing", "give soft and hard");
    std::vector<std::string> zero;
    for (Node::Entry& limit : entry.value.entries()) {
      if (limit.key.starts_with("x-"))
        zero.push_back(limit.key);
      else if (limit.key != "soft" && limit.key != "hard")
        report.error(limit.key_place, child_path(at, limit.key), "is not a Compose key", "use soft and hard");
      else if (!render_scalar(limit.value, number, child_path(at, limit.key), report))
        zero.push_back(limit.key);
    }
    for (const std::string& key : zero) entry.value.erase(key);
  }
  return !node.entries().empty();
}

bool render_hosts(Node& node, const std::string& path, Report& report) {
  const bool empty = node.size() == 0;  // a host without addresses is there, too
  Node list = Node::make_sequence(node.place());
  const auto add = [&](const Node& where, const Result<std::vector<std::string>>& hosts) {
    if (!hosts) return report.error(where.place(), path, hosts.error().message, "write HOST=ADDRESS");
    for (const std::string& host : *hosts) list.push_back(Node::make_string(host, where.place()));
  };
  if (!node.is_sequence() && !node.is_mapping()) {
    report_kind(node, path, "a mapping or a list of HOST=ADDRESS", report);
    return true;
  }
  for (const Node& item : node.items()) add(item, parse_extra_host(item.as_text()));
  for (const Node::Entry& entry : node.entries()) {
    std::vector<std::string> addresses;
    if (entry.value.is_string()) addresses.push_back(entry.value.string());
    if (!entry.value.is_string() && !entry.value.is_sequence())
      report_kind(entry.value, child_path(path, entry.key), "text or a list", report, "give an address");
    for (std::size_t i = 0; i < entry.value.items().size(); ++i) {
      const Node& item = entry.value.items()[i];
      if (!item.is_string()) report_kind(item, child_path(child_path(path, entry.key), i), "text", report);
      addresses.push_back(item.as_text());
    }
    add(entry.value, make_extra_host(entry.key, addresses));
  }
  std::sort(list.items().begin(), list.items().end(),
            [](const Node& a, const Node& b) { return a.string() < b.string(); });
  node = std::move(list);
  return !empty;
}

/// `default` or `id=path`, as a list.
bool render_ssh(Node& node, const std::string& path, Report& report) {
  if (node.is_string()) {
    report_kind(node, path, "a mapping or a list", report, "write a list");
    return true;
  }
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    const Node& item = node.items()[i];
    if (item.is_string() && item.string() != "default" && item.string().find('=') == std::string::npos)
      report.error(item.place(), child_path(path, i), "\"" + mask_secrets(item.string()) + "\" is no SSH key",
                   "write default or ID=PATH");
  }
  Node list = Node::make_sequence(node.place());
  for (const Node::Entry& entry : node.entries()) {
    if (!entry.value.is_scalar()) report_kind(entry.value, child_path(path, entry.key), "text", report);
    const std::string value = entry.value.as_text();
    list.push_back(Node::make_string(value.empty() ? entry.key : entry.key + "=" + value, entry.value.place()));
  }
  if (node.is_mapping()) node = std::move(list);
  return render_texts(node, false, false, path, report);
}

}  // namespace

bool render_list(Node& node, const SchemaField& field, const std::string& path, bool strict, Report& report) {
  switch (field.shape) {
    case Shape::texts: return render_texts(node, false, false, path, report);
    case Shape::text_or_texts: return render_texts(node, true, false, path, report);
    case Shape::texts_or_integers: return render_texts(node, false, true, path, report);
    case Shape::command: return render_command(node, path, strict, report);
    case Shape::health_test: return render_health_test(node, path, report);
    case Shape::text_map:
    case Shape::env_map:
    case Shape::options:
    case Shape::options_or_nulls:
    case Shape::text_options: return render_map(node, field.shape, path, report);
    case Shape::options_dropped: (void)render_map(node, Shape::text_options, path, report); return false;
    case Shape::multi_options: return render_multi_options(node, path, report);
    case Shape::ulimits: return render_ulimits(node, field.no_text, path, report);
    case Shape::hosts: return render_hosts(node, path, report);
    case Shape::ssh: return render_ssh(node, path, report);
    default: return true;
  }
}

}  // namespace plimsoll::compose
