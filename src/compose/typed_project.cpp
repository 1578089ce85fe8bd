#include "compose/typed_project.hpp"

#include <algorithm>
#include <vector>

#include "compose/schema.hpp"
#include "compose/typed_value.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string suggestion(const SchemaObject& object, std::string_view key) {
  if (key.size() > 40) return {};
  const SchemaField* best = nullptr;
  std::size_t distance = 3;
  for (const SchemaField& field : object.fields) {
    const std::size_t d = edit_distance(field.name, key);
    if (d < distance) {
      distance = d;
      best = &field;
    }
  }
  return best == nullptr ? std::string{} : std::string(best->name);
}

class Renderer {
 public:
  Renderer(bool strict, Report& report) : strict_(strict), report_(report) {}

  void object(Node& node, const SchemaObject& schema, const std::string& path) {
    if (!node.is_mapping()) return report_kind(node, path, "a mapping", report_);
    // Before empty values go: an empty one is there, too.
    for (const SchemaField& field : schema.fields)
      if (field.required && !node.contains(field.name))
        report_.error(node.place(), path, "the key \"" + std::string(field.name) + "\" is missing", "add it");
    std::vector<Node::Entry> kept;
    for (Node::Entry& entry : node.entries())
      if (keep(entry, schema, path)) kept.push_back(std::move(entry));
    node.entries() = std::move(kept);
    for (const SchemaField& field : schema.fields) {
      if (field.shape == Shape::object_always && !node.contains(field.name)) {
        Node& added = node.set(field.name, Node::make_mapping(node.place()), node.place());
        for (const SchemaField& inner : field.object->fields)
          if (inner.required) added.set(inner.name, Node{}, node.place());
        object(added, *field.object, path);
      }
      // Compose's JSON always shows a command: null inherits the image's, an empty list clears it.
      if (field.shape == Shape::command && !node.contains(field.name)) node.set(field.name, Node{}, node.place());
    }
  }

 private:
  bool keep(Node::Entry& entry, const SchemaObject& schema, const std::string& path) {
    const std::string at = child_path(path, entry.key);
    const SchemaField* field = schema.find(entry.key);
    if (field != nullptr) return value(entry.value, *field, at);
    const bool top = &schema == &kProjectSchema;
    // Our own key stays: the manifest loader reads it.
    if (entry.key.starts_with("x-") && schema.extensible) {
      if (top && entry.key != "x-plimsoll") empty_lists_to_nulls(entry.value);
      return top || entry.key == "x-plimsoll";
    }
    unknown(entry, schema, at);
    return false;
  }

  /// Nothing reads what stands there; Compose shows an empty list as null.
  static void empty_lists_to_nulls(Node& node) {
    for (Node& item : node.items()) empty_lists_to_nulls(item);
    for (Node::Entry& entry : node.entries()) empty_lists_to_nulls(entry.value);
    if (!node.is_sequence() || node.size() > 0) return;
    Node null;
    null.set_place(node.place());
    node = std::move(null);
  }

  void unknown(const Node::Entry& entry, const SchemaObject& schema, const std::string& at) {
    const std::string_view mend = &schema == &kServiceSchema ? legacy_service_key_mend(entry.key) : std::string_view();
    if (!mend.empty())
      return report_.error(entry.key_place, at,
                           "\"" + entry.key + "\" is a key of old Compose files that Plimsoll does not support",
                           std::string(mend));
    const std::string near = suggestion(schema, entry.key);
    report_.error(entry.key_place, at, "\"" + mask_secrets(entry.key) + "\" is not a Compose key",
                  near.empty() ? "remove it" : "did you mean \"" + near + "\"?");
  }

  bool value(Node& node, const SchemaField& field, const std::string& path) {
    switch (field.shape) {
      case Shape::free: return true;
      case Shape::object:
      case Shape::object_always: return nested(node, field, path);
      case Shape::objects: return objects(node, field, path);
      case Shape::object_map:
      case Shape::object_or_null_map: return object_map(node, field, path);
      case Shape::texts:
      case Shape::text_or_texts:
      case Shape::texts_or_integers:
      case Shape::command:
      case Shape::health_test:
      case Shape::text_map:
      case Shape::env_map:
      case Shape::options:
      case Shape::options_or_nulls:
      case Shape::text_options:
      case Shape::options_dropped:
      case Shape::multi_options:
      case Shape::ulimits:
      case Shape::hosts:
      case Shape::ssh: return render_list(node, field, path, strict_, report_);
      default: return render_scalar(node, field, path, report_);
    }
  }

  bool nested(Node& node, const SchemaField& field, const std::string& path) {
    // The schema allows these two to be null.
    if (node.is_null() && (field.name == "deploy" || field.name == "develop")) return false;
    object(node, *field.object, path);
    return true;
  }

  bool objects(Node& node, const SchemaField& field, const std::string& path) {
    if (!node.is_sequence()) {
      report_kind(node, path, "a list", report_);
      return true;
    }
    for (std::size_t i = 0; i < node.items().size(); ++i) object(node.items()[i], *field.object, child_path(path, i));
    return !node.items().empty();
  }

  bool object_map(Node& node, const SchemaField& field, const std::string& path) {
    if (!node.is_mapping()) {
      report_kind(node, path, "a mapping", report_);
      return true;
    }
    const bool null_allowed = field.shape == Shape::object_or_null_map;
    for (Node::Entry& entry : node.entries()) {
      const std::string at = child_path(path, entry.key);
      check_name(entry, at);
      if (entry.value.is_null() && null_allowed) continue;
      object(entry.value, *field.object, at);
    }
    return !node.entries().empty();
  }

  void check_name(const Node::Entry& entry, const std::string& at) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (entry.key.empty() || entry.key.find_first_not_of(kAllowed) != std::string::npos)
      report_.error(entry.key_place, at, "\"" + entry.key + "\" is no valid name",
                    "use letters, digits, dots, dashes and underscores");
  }

  bool strict_;
  Report& report_;
};

}  // namespace

void check_and_render(Node& project, bool strict, Report& report) {
  // Null stands for an empty definition of networks and volumes.
  for (std::string_view section : {"networks", "volumes"})
    if (Node* resources = project.find(section))
      for (Node::Entry& entry : resources->entries())
        if (entry.value.is_null()) entry.value = Node::make_mapping(entry.key_place);
  Renderer(strict, report).object(project, kProjectSchema, "");
}

}  // namespace plimsoll::compose
