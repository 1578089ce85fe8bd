#include "compose/resolve_paths.hpp"

#include <algorithm>
#include <array>

#include "compose/text_split.hpp"

namespace plimsoll::compose {
namespace {

bool is_remote_context(std::string_view text) {
  constexpr std::array<std::string_view, 4> kPrefixes{"git@", "github.com/", "service:", "ssh:"};
  if (text.find("://") != std::string_view::npos) return true;
  for (std::string_view prefix : kPrefixes)
    if (text.starts_with(prefix)) return true;
  return false;
}

class Resolver {
 public:
  Resolver(const std::string& directory, const std::string& home, Expansion& expansion)
      : directory_(directory), home_(home), expansion_(expansion) {}

  void service(Node& node) const {
    if (Node* build = node.find("build")) {
      context(build->find("context"));
      if (Node* contexts = build->find("additional_contexts"))
        for (Node::Entry& entry : contexts->entries()) context(&entry.value);
      if (Node* keys = build->find("ssh")) ssh_keys(*keys);
    }
    each(node.find("env_file"), [&](Node& file) { path(file.find("path")); });
    each(node.find("label_file"), [&](Node& file) { path(&file); });
    each(node.find("volumes"), [&](Node& volume) {
      const Node* type = volume.find("type");
      if (type != nullptr && type->string() == "bind") file(volume.find("source"));
    });
    if (Node* develop = node.find("develop"))
      each(develop->find("watch"), [&](Node& watch) { path(watch.find("path")); });
    if (Node* extends = node.find("extends")) path(extends->find("file"));
  }

  void volume(Node& node) const {
    Node* options = node.find("driver_opts");
    const Node* driver = node.find("driver");
    if (options == nullptr || driver == nullptr || driver->string() != "local") return;
    const Node* kind = options->find("o");
    if (kind != nullptr && kind->string() == "bind") file(options->find("device"));
  }

  /// The same as `path`, but an empty one is the directory, and an absolute one of Windows stays.
  void file(Node* node) const {
    if (node == nullptr || !node->is_string()) return;
    const std::string& text = node->string();
    const bool drive = text.size() > 2 && text[1] == ':' && (text[2] == '/' || text[2] == '\\');
    if (drive || text.starts_with("\\\\")) return;
    if (text.empty())
      make_absolute(*node, directory_);
    else
      path(node);
  }

  void path(Node* node) const {
    if (node == nullptr || !node->is_string()) return;
    const std::string& text = node->string();
    if (!home_.empty() && text.starts_with('~'))
      return node->set_source(clean_path(home_ + "/" + text.substr(1)), node->quoted());
    if (text.empty() || text[0] == '/' || text[0] == '~') return;
    expansion_.add(0, directory_.size(), node->place());
    make_absolute(*node, join_path(directory_, text));
  }

 private:
  static void make_absolute(Node& node, std::string absolute) {
    node.set_source(std::move(absolute), node.quoted());
    node.set_was_relative_path(true);
  }
  template <class Visit>
  static void each(Node* list, Visit visit) {
    if (list != nullptr)
      for (Node& item : list->items()) visit(item);
  }
  /// `ID=PATH` items, or a mapping of the same.
  void ssh_keys(Node& keys) const {
    for (Node::Entry& entry : keys.entries()) file(&entry.value);
    for (Node& item : keys.items()) {
      if (!item.is_string()) continue;
      const std::size_t equals = find_outside_tokens(item.string(), '=');
      if (equals == std::string::npos) continue;
      Node key = Node::make_string(item.string().substr(equals + 1), item.place());
      file(&key);
      item.set_source(item.string().substr(0, equals + 1) + key.string(), item.quoted());
    }
  }
  void context(Node* node) const {
    if (node != nullptr && node->is_string() && !is_remote_context(node->string())) path(node);
  }

  const std::string& directory_;
  const std::string& home_;
  Expansion& expansion_;
};

}  // namespace

void resolve_paths(Node& document, const std::string& directory, const std::string& home, Expansion& expansion) {
  const Resolver resolver(directory, home, expansion);
  if (Node* services = document.find("services"))
    for (Node::Entry& entry : services->entries()) resolver.service(entry.value);
  if (Node* volumes = document.find("volumes"))
    for (Node::Entry& entry : volumes->entries()) resolver.volume(entry.value);
  for (std::string_view section : {"configs", "secrets"})
    if (Node* files = document.find(section))
      for (Node::Entry& entry : files->entries()) resolver.file(entry.value.find("file"));
}

}  // namespace plimsoll::compose
