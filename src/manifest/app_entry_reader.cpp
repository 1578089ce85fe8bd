#include "manifest/app_entry_reader.hpp"

#include <algorithm>
#include <array>

#include "manifest/digest.hpp"
#include "manifest/document.hpp"
#include "manifest/image_entry.hpp"
#include "manifest/key_table.hpp"
#include "manifest/names.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

constexpr std::array<std::string_view, 4> kDefaultFiles{"compose.yaml", "compose.yml", "docker-compose.yml",
                                                        "docker-compose.yaml"};

const KeyTable& app_table() { return key_table("environment", "apps.*"); }

bool has_directory(const RepositoryFiles& files, const std::string& directory) {
  const auto found = files.lower_bound(directory + "/");
  return found != files.end() && found->first.starts_with(directory + "/");
}

void read_directory(const Node::Entry& entry, const std::string& path, const RepositoryFiles& files, AppEntry& out) {
  const auto* app = find_valid(entry.value, "app", app_table());
  const std::string name = app != nullptr ? app->value.string() : entry.key;
  const SourcePosition where = app != nullptr ? value_position(*app) : entry.key_place.position();
  out.directory = std::string(kAppsDirectory) + name;
  if (app != nullptr && !is_name(name)) {
    report_bad_name(where, path + ".app", "an app", name, out.findings);
  } else if (is_name(name) && !has_directory(files, out.directory)) {
    out.findings.error(where, app != nullptr ? path + ".app" : path, "there is no directory " + out.directory,
                       "add " + out.directory + "/compose.yaml, or correct the name");
  }
}

void add_file(std::string_view directory, const Node& item, const std::string& path, const RepositoryFiles& files,
              AppEntry& out) {
  const auto normal = normal_path(join_path(directory, item.string()));
  if (!normal || item.string().starts_with('/')) {
    out.findings.error(item.position(), path, "\"" + item.string() + "\" leaves the manifest directory",
                       "give a path inside it");
  } else if (!files.contains(*normal)) {
    out.findings.error(item.position(), path, "there is no file " + *normal, "add it, or correct the path");
  } else {
    out.files.push_back(*normal);
  }
}

void read_files(const Node& node, const std::string& path, const RepositoryFiles& files, AppEntry& out) {
  if (const auto* list = find_valid(node, "files", app_table())) {
    const std::string list_path = path + ".files";
    if (list->value.items().empty()) {
      out.findings.error(value_position(*list), list_path, "names no file", "name one, or remove the key");
    }
    static_cast<void>(text_list(list->value, list_path, out.findings));
    for (std::size_t i = 0; i < list->value.size(); ++i) {
      const Node& item = list->value.items()[i];
      if (item.is_string() && !item.string().empty()) {
        add_file(out.directory, item, compose::child_path(list_path, i), files, out);
      }
    }
  } else if (has_directory(files, out.directory)) {
    const auto found = std::find_if(kDefaultFiles.begin(), kDefaultFiles.end(), [&](std::string_view name) {
      return files.contains(join_path(out.directory, name));
    });
    if (found != kDefaultFiles.end()) {
      out.files.push_back(join_path(out.directory, *found));
    } else {
      out.findings.error(out.where, path, out.directory + " has no compose.yaml",
                         "add it, or name others with \"files\"");
    }
  }
  if (const auto* extra = find_valid(node, "override", app_table())) {
    add_file("", extra->value, path + ".override", files, out);
  }
}

void read_image(const Node::Entry& entry, const std::string& path, AppEntry& out) {
  const KeyTable& table = key_table("environment", "apps.*.images.*");
  ImageEntry image;
  image.where = value_position(entry);
  const Node* text = &entry.value;
  if (entry.value.is_mapping()) {
    check_mapping(entry.value, value_position(entry), path, table, out.findings);
    const auto* tag = find_valid(entry.value, "tag", table);
    const auto* follow = find_valid(entry.value, "follow", table);
    if (tag == nullptr) return;
    text = &tag->value;
    image.where = value_position(*tag);
    image.follow = follow != nullptr && follow->value.as_bool();
  }
  // The text as written: a tag 1.10 must not become 1.1.
  image.text = text->source_text();
  auto applied = apply_image_entry("repository", image.text);
  if (!applied) {
    out.findings.error(image.where, path, applied.error().message, "write a tag, repo:tag or repo@sha256:<64 hex>");
  } else if (image.follow && image.text.find("sha256:") != std::string::npos) {
    out.findings.error(image.where, path, "a digest never moves, so it cannot be followed", "remove \"follow\"");
  }
  out.images.emplace(entry.key, std::move(image));
}

void read_images(const Node& node, const std::string& path, AppEntry& out) {
  const auto* images = find_valid(node, "images", app_table());
  if (images == nullptr) return;
  const KeyTable& table = key_table("environment", "apps.*.images");
  check_mapping(images->value, value_position(*images), path + ".images", table, out.findings);
  for (const Node::Entry& entry : images->value.entries()) {
    if (find_valid(images->value, entry.key, table) == nullptr) continue;
    read_image(entry, compose::child_path(path + ".images", entry.key), out);
  }
}

void read_secrets(const Node& node, const std::string& path, AppEntry& out) {
  const auto* list = find_valid(node, "secrets", app_table());
  if (list == nullptr) return;
  out.secrets = text_list(list->value, path + ".secrets", out.findings);
  const auto* own = find_valid(node, "variables", app_table());
  for (std::size_t i = 0; i < list->value.size(); ++i) {
    const Node& item = list->value.items()[i];
    const std::string item_path = compose::child_path(path + ".secrets", i);
    if (!item.is_string() || item.string().empty()) continue;
    if (!is_variable_name(item.string()) || item.string() == "COMPOSE_PROJECT_NAME") {
      out.findings.error(item.position(), item_path, "\"" + item.string() + "\" is no name for a secret",
                         "use letters, digits and _, not starting with a digit");
    } else if (own != nullptr && own->value.contains(item.string())) {
      out.findings.error(item.position(), item_path, "\"" + item.string() + "\" is a variable of this app too",
                         "remove one of them");
    }
  }
  std::sort(out.secrets.begin(), out.secrets.end());
}

void read_variables(const Node& node, const std::string& path, AppEntry& out) {
  const auto* own = find_valid(node, "variables", app_table());
  if (own == nullptr) return;
  check_mapping(own->value, value_position(*own), path + ".variables", key_table("environment", "apps.*.variables"),
                out.findings);
  out.variables = variable_map(own->value, path + ".variables", out.findings);
}

void read_placement(const Node& node, const std::string& path, const InstanceList& instances, AppEntry& out) {
  if (const auto* list = find_valid(node, "instances", app_table())) {
    out.instances = known_instances(*list, path + ".instances", instances, out.findings);
    if (list->value.items().empty()) {
      out.findings.error(value_position(*list), path + ".instances", "names no instance",
                         "name one, or remove the app");
    }
  } else if (out.instances.empty()) {
    out.findings.error(out.where, path, "has no instance to run on", "add \"instances\" here or to the environment");
  }
}

std::string fingerprint_of(const AppEntry& app, const Node& node) {
  std::string out;
  append_part(out, tree_text(node));
  const SyncPolicy& sync = app.sync;
  for (const bool flag : {sync.prune, sync.self_heal, sync.suspended}) out += flag ? '1' : '0';
  return out;
}

}  // namespace

AppEntry read_app_entry(const Node::Entry& entry, const EnvironmentDefaults& defaults, const RepositoryFiles& files,
                        const InstanceList& instances) {
  AppEntry out;
  const std::string path = compose::child_path("apps", entry.key);
  out.name = entry.key;
  out.where = entry.key_place.position();
  out.sync = defaults.sync;
  out.instances = defaults.instances;
  if (!is_name(entry.key)) report_bad_name(out.where, path, "an app", entry.key, out.findings);
  if (!entry.value.is_null()) check_mapping(entry.value, value_position(entry), path, app_table(), out.findings);
  read_directory(entry, path, files, out);
  read_placement(entry.value, path, instances, out);
  read_images(entry.value, path, out);
  read_variables(entry.value, path, out);
  read_secrets(entry.value, path, out);
  read_files(entry.value, path, files, out);
  if (const auto* list = find_valid(entry.value, "profiles", app_table())) {
    out.profiles = text_list(list->value, path + ".profiles", out.findings);
  }
  if (const auto* sync = find_valid(entry.value, "sync", app_table())) {
    out.sync = read_sync(*sync, path + ".sync", "apps.*.sync", out.sync, out.findings);
  }
  out.fingerprint = fingerprint_of(out, entry.value);
  return out;
}

SyncPolicy read_sync(const Node::Entry& entry, const std::string& path, std::string_view table, SyncPolicy defaults,
                     Findings& findings) {
  const KeyTable& keys = key_table("environment", table);
  check_mapping(entry.value, value_position(entry), path, keys, findings);
  const auto read = [&](std::string_view key, bool& flag) {
    if (const auto* found = find_valid(entry.value, key, keys)) flag = found->value.as_bool();
  };
  read("prune", defaults.prune);
  read("self_heal", defaults.self_heal);
  read("suspended", defaults.suspended);
  return defaults;
}

std::vector<std::string> known_instances(const Node::Entry& entry, const std::string& path,
                                         const InstanceList& instances, Findings& findings) {
  std::vector<std::string> out = name_list(entry.value, path, "an instance", findings);
  std::vector<std::string> known;
  for (const auto& [name, spec] : instances.good) known.push_back(name);
  for (std::size_t i = 0; i < entry.value.size(); ++i) {
    const Node& item = entry.value.items()[i];
    if (findings.is_full()) break;
    if (!item.is_string() || !is_name(item.string()) || instances.good.contains(item.string())) continue;
    const std::string item_path = compose::child_path(path, i);
    if (!instances.readable || instances.broken.contains(item.string())) {
      findings.error(item.position(), item_path,
                     "instance \"" + item.string() + "\" is not usable: instances.yaml has errors", "mend that file");
    } else {
      const std::string hint = suggestion(item.string(), known);
      findings.error(item.position(), item_path, "there is no instance \"" + item.string() + "\" in instances.yaml",
                     hint.empty() ? "add it there" : hint);
    }
  }
  std::erase_if(out, [&](const std::string& name) { return !instances.good.contains(name); });
  std::sort(out.begin(), out.end());
  return out;
}

std::string tree_text(const Node& node) {
  std::string out;
  append_part(out, node.kind_name());
  if (node.is_scalar()) append_part(out, node.source_text());
  for (const Node& item : node.items()) out += tree_text(item);
  for (const Node::Entry& entry : node.entries()) {
    append_part(out, entry.key);
    out += tree_text(entry.value);
  }
  append_part(out, "");
  return out;
}

}  // namespace plimsoll::manifest
