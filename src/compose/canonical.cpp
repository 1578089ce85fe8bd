#include "compose/canonical.hpp"

#include <utility>

#include "compose/port_syntax.hpp"
#include "compose/text_split.hpp"
#include "compose/volume_syntax.hpp"
#include "model/limits.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

Node text_at(std::string text, const Place& place) { return Node::make_string(std::move(text), place); }

class Canonicalizer {
 public:
  Canonicalizer(bool strict, Report& report) : strict_(strict), report_(report) {}

  void service(Node& node, const std::string& path) {
    if (Node* build = node.find("build")) build_shape(*build, child_path(path, "build"));
    if (Node* edges = node.find("depends_on")) dependencies(*edges);
    if (Node* networks = node.find("networks")) names_to_mapping(*networks);
    if (Node* models = node.find("models")) names_to_mapping(*models);
    if (Node* files = node.find("env_file")) env_files(*files);
    if (Node* files = node.find("label_file")) text_to_list(*files);
    if (Node* gpus = node.find("gpus")) all_gpus(*gpus);
    if (Node* ports = node.find("ports")) all_ports(*ports, child_path(path, "ports"));
    for_items(node, "volumes", path, [&](Node& item, const std::string& at) { volume(item, at); });
    for_items(node, "devices", path, [&](Node& item, const std::string& at) { device(item, at); });
    for_items(node, "secrets", path, [&](Node& item, const std::string&) { file_mount(item); });
    for_items(node, "configs", path, [&](Node& item, const std::string&) { file_mount(item); });
  }

  void resource(Node& node, const std::string& path) {
    Node* external = node.find("external");
    if (external == nullptr || !external->is_mapping()) return;
    const Place place = external->place();
    const std::string at = child_path(path, "external");
    for (const Node::Entry& entry : external->entries())
      if (entry.key != "name" && !entry.key.starts_with("x-") && !path.starts_with("configs.") &&
          !path.starts_with("secrets."))
        report_.error(entry.key_place, child_path(at, entry.key), "is not a Compose key", "write external: true");
    const Node* old_name = external->find("name");
    if (old_name != nullptr && !old_name->is_string())
      report_.error(old_name->place(), child_path(at, "name"), "must be text", "give the name of the resource");
    const Node* name = node.find("name");
    if (old_name != nullptr && name != nullptr && !name->equals(*old_name))
      report_.error(old_name->place(), path, "name and external.name differ", "keep name only");
    const Node moved = old_name == nullptr ? Node{} : *old_name;
    *external = Node::make_bool(true, place);
    if (!moved.is_null() && node.find("name") == nullptr) node.set("name", moved, moved.place());
    report_.warning(place, at, "external.name is deprecated", "write name: and external: true");
  }

 private:
  template <class Visit>
  static void for_items(Node& node, std::string_view key, const std::string& path, Visit visit) {
    Node* list = node.find(key);
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->items().size(); ++i)
      visit(list->items()[i], child_path(child_path(path, key), i));
    std::erase_if(list->items(), [](const Node& item) { return item.tag() == Node::Tag::reset; });
  }

  /// An item that was reported as malformed goes away, so that it is not reported twice.
  void drop(Node& item, const std::string& path, std::string message, std::string mend) {
    report_.error(item.place(), path, std::move(message), std::move(mend));
    item.set_tag(Node::Tag::reset);
  }

  void build_shape(Node& build, const std::string& path) {
    if (build.is_string()) {
      Node mapping = Node::make_mapping(build.place());
      mapping.set("context", build, build.place());
      build = std::move(mapping);
    }
    if (Node* contexts = build.find("additional_contexts"))
      pairs_to_mapping(*contexts, child_path(path, "additional_contexts"));
    for_items(build, "secrets", "", [&](Node& item, const std::string&) { file_mount(item); });
  }

  static void dependencies(Node& edges) {
    if (edges.is_sequence()) {
      Node mapping = Node::make_mapping(edges.place());
      for (const Node& name : edges.items()) {
        Node edge = Node::make_mapping(name.place());
        edge.set("condition", text_at("service_started", name.place()), name.place());
        mapping.set(name.as_text(), std::move(edge), name.place());
      }
      edges = std::move(mapping);
    }
    for (Node::Entry& entry : edges.entries())
      if (entry.value.is_mapping() && !entry.value.contains("required"))
        entry.value.set("required", Node::make_bool(true, entry.value.place()), entry.value.place());
  }

  static void names_to_mapping(Node& names) {
    if (!names.is_sequence()) return;
    Node mapping = Node::make_mapping(names.place());
    for (const Node& name : names.items()) {
      Node nothing;
      nothing.set_place(name.place());
      mapping.set(name.as_text(), std::move(nothing), name.place());
    }
    names = std::move(mapping);
  }

  void pairs_to_mapping(Node& pairs, const std::string& path) {
    if (!pairs.is_sequence()) return;
    Node mapping = Node::make_mapping(pairs.place());
    for (std::size_t i = 0; i < pairs.items().size(); ++i) {
      const Node& pair = pairs.items()[i];
      const std::string text = pair.is_string() ? pair.string() : "";
      const std::size_t equals = find_outside_tokens(text, '=');
      if (equals == std::string::npos)
        report_.error(pair.place(), child_path(path, i), "is no context", "write NAME=CONTEXT");
      else
        mapping.set(text.substr(0, equals), text_at(text.substr(equals + 1), pair.place()), pair.place());
    }
    pairs = std::move(mapping);
  }

  static void text_to_list(Node& node) {
    if (!node.is_string()) return;
    Node list = Node::make_sequence(node.place());
    list.push_back(std::move(node));
    node = std::move(list);
  }

  static void env_files(Node& files) {
    text_to_list(files);
    for (Node& file : files.items()) {
      if (file.is_string()) {
        Node mapping = Node::make_mapping(file.place());
        mapping.set("path", file, file.place());
        file = std::move(mapping);
      }
      if (file.is_mapping() && !file.contains("required"))
        file.set("required", Node::make_bool(true, file.place()), file.place());
    }
  }

  void all_gpus(Node& gpus) {
    if (!gpus.is_string() || gpus.string() != "all") return;
    Node request = Node::make_mapping(gpus.place());
    request.set("count", text_at("all", gpus.place()), gpus.place());
    Node list = Node::make_sequence(gpus.place());
    list.push_back(std::move(request));
    gpus = std::move(list);
  }

  void all_ports(Node& ports, const std::string& path) {
    if (!ports.is_sequence()) return;
    std::vector<Node> expanded;
    for (std::size_t i = 0; i < ports.items().size(); ++i) {
      Node& item = ports.items()[i];
      const Place at = item.place();
      if (item.is_int()) {
        Node port = Node::make_mapping(item.place());
        port.set("target", item, item.place());
        expanded.push_back(std::move(port));
      } else if (item.is_string()) {
        short_port(item, child_path(path, i), expanded);
      } else {
        expanded.push_back(std::move(item));
      }
      if (expanded.size() <= kMaxEntries) continue;
      report_.error(at, child_path(path, i),
                    "more than " + std::to_string(kMaxEntries) + " ports of one service, ranges counted",
                    "publish fewer, or use network_mode: host");
      expanded.clear();
      break;
    }
    ports.items() = std::move(expanded);
  }

  void short_port(const Node& item, const std::string& path, std::vector<Node>& out) {
    const auto parsed = parse_port(item.string());
    if (!parsed)
      return report_.error(item.place(), path, parsed.error().message, "write [[IP:]HOST:]CONTAINER[/PROTOCOL]");
    const Place& at = item.place();
    constexpr std::size_t kNodesOfPort = 6;
    report_.expansion().add(parsed->size() * kNodesOfPort, 0, at);
    for (const ShortPort& short_form : *parsed) {
      Node port = Node::make_mapping(at);
      port.set("mode", text_at("ingress", at), at);
      if (!short_form.host_ip.empty()) port.set("host_ip", text_at(short_form.host_ip, at), at);
      port.set("target", Node::make_int(short_form.target, at), at);
      if (!short_form.published.empty()) port.set("published", text_at(short_form.published, at), at);
      port.set("protocol", text_at(short_form.protocol, at), at);
      out.push_back(std::move(port));
    }
  }

  void volume(Node& item, const std::string& path) {
    if (!item.is_string()) return;
    const Place at = item.place();
    const auto parsed = parse_volume(item.string());
    if (!parsed) return drop(item, path, parsed.error().message, "write [SOURCE:]TARGET[:OPTIONS]");
    if (strict_ && (reads_as_drive(parsed->source) || reads_as_drive(parsed->target)))
      return drop(item, path, "\"" + mask_secrets(item.string()) + "\" reads as a Windows path",
                  "give the volume a name of two letters or more");
    if (!parsed->ignored_option.empty())
      report_.add(strict_ ? Severity::error : Severity::warning, at, path,
                  "unknown volume option \"" + mask_secrets(parsed->ignored_option) + "\", which Compose ignores",
                  "remove it");
    Node mount = Node::make_mapping(at);
    mount.set("type", text_at(parsed->bind ? "bind" : "volume", at), at);
    if (!parsed->source.empty()) mount.set("source", text_at(parsed->source, at), at);
    mount.set("target", text_at(clean_path(parsed->target), at), at);
    if (parsed->read_only) mount.set("read_only", Node::make_bool(true, at), at);
    if (parsed->bind || parsed->bind_options) mount.set("bind", bind_options(*parsed, at), at);
    if ((!parsed->bind && !parsed->bare) || parsed->no_copy) {
      Node options = Node::make_mapping(at);
      if (parsed->no_copy) options.set("nocopy", Node::make_bool(true, at), at);
      mount.set("volume", std::move(options), at);
    }
    item = std::move(mount);
  }

  static bool reads_as_drive(const std::string& path) {
    const char first = path.empty() ? '\0' : static_cast<char>(path[0] | 0x20);
    return path.size() > 1 && path[1] == ':' && first >= 'a' && first <= 'z';
  }

  static Node bind_options(const ShortVolume& volume, const Place& at) {
    Node options = Node::make_mapping(at);
    if (!volume.selinux.empty()) options.set("selinux", text_at(volume.selinux, at), at);
    if (!volume.propagation.empty()) options.set("propagation", text_at(volume.propagation, at), at);
    if (volume.bind) options.set("create_host_path", Node::make_bool(true, at), at);
    return options;
  }

  void device(Node& item, const std::string& path) {
    if (!item.is_string()) return;
    const Place at = item.place();
    const std::vector<std::string> parts = split_outside_tokens(item.string(), ':');
    if (parts.size() > 3)
      return drop(item, path, "\"" + mask_secrets(item.string()) + "\" is no device",
                  "write HOST[:CONTAINER[:PERMISSIONS]]");
    Node mapping = Node::make_mapping(at);
    mapping.set("source", text_at(parts[0], at), at);
    mapping.set("target", text_at(parts.size() > 1 ? parts[1] : parts[0], at), at);
    mapping.set("permissions", text_at(parts.size() > 2 ? parts[2] : "rwm", at), at);
    item = std::move(mapping);
  }

  static void file_mount(Node& item) {
    if (!item.is_string()) return;
    Node mapping = Node::make_mapping(item.place());
    mapping.set("source", item, item.place());
    item = std::move(mapping);
  }

  bool strict_;
  Report& report_;
};

}  // namespace

void make_canonical(Node& document, bool strict, Report& report) {
  Canonicalizer canonicalizer(strict, report);
  if (Node* services = document.find("services"))
    for (Node::Entry& entry : services->entries())
      canonicalizer.service(entry.value, child_path("services", entry.key));
  for (std::string_view section : {"networks", "volumes", "secrets", "configs"})
    if (Node* resources = document.find(section))
      for (Node::Entry& entry : resources->entries())
        canonicalizer.resource(entry.value, child_path(section, entry.key));
}

}  // namespace plimsoll::compose
