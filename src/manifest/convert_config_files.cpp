#include <algorithm>
#include <charconv>
#include <memory>

#include "manifest/canonical.hpp"
#include "manifest/repository_mount.hpp"
#include "manifest/repository_view.hpp"
#include "manifest/service_parts.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

constexpr int kDefaultMode = 0444;

/// `configs` and `secrets` differ in little.
struct Kind {
  std::string_view section;
  std::string_view word;
  std::string_view directory;  ///< of targets that are not absolute
};
constexpr Kind kConfigs{"configs", "config", "/"};
constexpr Kind kSecrets{"secrets", "secret", "/run/secrets/"};

using Content = std::shared_ptr<const std::string>;

Content content_of_file(const FieldReader& definition, const ConversionContext& context) {
  const Node* file = definition.get("file");
  const bool relative = file->was_relative_path();
  const auto path = relative ? repository_path(file->as_text()) : std::nullopt;
  if (!path) {
    definition.error("file", "\"" + file->as_text() + "\" is not in the manifest repository",
                     "give a path relative to the Compose file");
    return nullptr;
  }
  if (kind_of(context.files, *path) != RepositoryPathKind::file) {
    definition.error("file", "there is no file " + *path + " in the manifest repository",
                     "add it, or correct the path");
    return nullptr;
  }
  const auto files = collect_files(context.files, *path, definition, "file");
  return files.empty() ? nullptr : files.front().content;
}

/// The content of a definition, which must have exactly one source.
Content content_of(const FieldReader& definition, const Kind& kind, const ConversionContext& context) {
  if (definition.flag("external")) {
    definition.error("external", "external " + std::string(kind.section) + " need Swarm",
                     "use file, content or environment");
    return nullptr;
  }
  const bool has_content = definition.get("content") != nullptr;
  const int sources =
      int{definition.get("file") != nullptr} + int{has_content} + int{definition.get("environment") != nullptr};
  if (sources != 1) {
    definition.findings().error(definition.node().position(), definition.path(),
                                "must have exactly one of file, content and environment");
    return nullptr;
  }
  if (has_content) return std::make_shared<const std::string>(definition.text("content"));
  if (definition.get("file") != nullptr) return content_of_file(definition, context);
  const auto value = context.variables.find(definition.text("environment"));
  if (value != context.variables.end()) return std::make_shared<const std::string>(value->second);
  definition.error("environment", "variable " + definition.text("environment") + " is not set",
                   "add it to variables or secrets of the app in the environment");
  return nullptr;
}

/// `0440` is octal in YAML already; as text it is octal too.
int mode_of(const FieldReader& use) {
  const Node* mode = use.get("mode");
  if (mode == nullptr) return kDefaultMode;
  int value = -1;
  if (mode->is_int()) {
    value = mode->as_int() <= 07777 ? static_cast<int>(mode->as_int()) : -1;
  } else if (mode->is_string()) {
    const std::string& text = mode->string();
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value, 8);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size() || value > 07777) value = -1;
  }
  if (value < 0) use.error("mode", "must be a file mode such as 0440");
  return value < 0 ? kDefaultMode : value;
}

void add_use(const FieldReader& use, const Kind& kind, const FieldReader& project, const ConversionContext& context,
             ServiceSpec& out) {
  const std::string source = use.text("source");
  const FieldReader definitions = project.at(kind.section);
  if (!definitions.node().contains(source)) {
    use.error("source", std::string(kind.word) + " \"" + source + "\" is not declared",
              "add it under " + std::string(kind.section) + " at the top level");
    return;
  }
  const Content content = content_of(definitions.at(source), kind, context);
  if (!content) return;
  context.expansion.add(0, content->size(), use.node().place());
  std::string target = use.text("target");
  if (target.empty()) target = source;
  Mount mount;
  mount.type = Mount::Type::repository;
  mount.source = std::string(kind.section) + "/" + source;
  mount.target = target.starts_with('/') ? target : std::string(kind.directory) + target;
  mount.read_only = true;
  constexpr int kMaxId = INT32_MAX;
  mount.files.push_back(
      {"", content, mode_of(use), use.small("uid", 0, kMaxId).value_or(0), use.small("gid", 0, kMaxId).value_or(0)});
  mount.digest = files_digest(mount.files);
  out.mounts.push_back(std::move(mount));
}

void add_uses(const FieldReader& service, const Kind& kind, const FieldReader& project,
              const ConversionContext& context, ServiceSpec& out) {
  const Node* uses = service.get(kind.section);
  if (uses == nullptr) return;
  for (std::size_t i = 0; i < uses->items().size(); ++i) {
    const Node& item = uses->items()[i];
    const std::string path = compose::child_path(service.path_of(kind.section), i);
    if (item.is_mapping()) {
      add_use({item, path, service.findings()}, kind, project, context, out);
      continue;
    }
    Node use = Node::make_mapping(item.place());
    use.set("source", Node::make_string(item.as_text(), item.place()), item.place());
    add_use({use, path, service.findings()}, kind, project, context, out);
  }
}

}  // namespace

void convert_config_files(const FieldReader& service, const FieldReader& project, const ConversionContext& context,
                          ServiceSpec& out) {
  add_uses(service, kConfigs, project, context, out);
  add_uses(service, kSecrets, project, context, out);
  std::stable_sort(out.mounts.begin(), out.mounts.end(),
                   [](const Mount& a, const Mount& b) { return a.target < b.target; });
}

}  // namespace plimsoll::manifest
