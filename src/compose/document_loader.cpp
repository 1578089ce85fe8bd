#include "compose/document_loader.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "compose/canonical.hpp"
#include "compose/dotenv.hpp"
#include "compose/extends.hpp"
#include "compose/interpolate_tree.hpp"
#include "compose/merge.hpp"
#include "compose/normalize.hpp"
#include "compose/resolve_paths.hpp"
#include "compose/text_split.hpp"
#include "compose/unique_items.hpp"
#include "model/limits.hpp"
#include "model/repository_files.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

/// `dns: [""]` (an unset variable) means no server at all.
void drop_empty_dns(Node& document) {
  Node* services = document.find("services");
  if (services == nullptr) return;
  const auto empty = [](const Node& item) { return item.is_scalar() && item.as_text().empty(); };
  for (Node::Entry& entry : services->entries()) {
    Node* dns = entry.value.find("dns");
    if (dns == nullptr) continue;
    std::erase_if(dns->items(), empty);
    if (dns->is_string() && empty(*dns)) entry.value.erase("dns");
  }
}

std::vector<std::string> texts_of(const Node* node) {
  std::vector<std::string> texts;
  if (node == nullptr) return texts;
  if (node->is_string()) texts.push_back(node->string());
  for (const Node& item : node->items()) texts.push_back(item.as_text());
  return texts;
}

/// Leaves of an included model what goes into the one that includes it.
void keep_resources(Node& model, const ResetPaths& resets) {
  constexpr std::array<std::string_view, 6> kKept{"services", "volumes", "networks", "secrets", "configs", "models"};
  if (!model.is_mapping()) return;
  std::erase_if(model.entries(), [&](const Node::Entry& section) {
    return std::find(kKept.begin(), kKept.end(), section.key) == kKept.end();
  });
  // As in Compose, a service that is reset as a whole stays what the included file says.
  ResetPaths inner;
  std::copy_if(resets.begin(), resets.end(), std::back_inserter(inner),
               [](const auto& path) { return path.size() > 2; });
  apply_resets(model, inner);
}

/// Every service is compared with the others.
void check_services(const Node& document) {
  const Node* services = document.find("services");
  if (services == nullptr || services->size() <= kMaxServices) return;
  throw LoadRefusal(
      {Severity::error, services->position(), "services",
       std::to_string(services->size()) + " services, more than the limit of " + std::to_string(kMaxServices),
       "split the app"});
}

}  // namespace

std::string DocumentLoader::shown(const std::string& path) const {
  const std::string& prefix = options_.shown_without;
  return !prefix.empty() && path.starts_with(prefix) ? path.substr(prefix.size()) : path;
}

std::shared_ptr<const std::string> DocumentLoader::read(const std::string& path, const Place& where, bool required,
                                                        std::string_view what, const std::string& at) {
  const FoundFile found = files_.look_up(path);
  const std::string name = std::string(what) + " " + mask_secrets(shown(path));
  if (found.state == FoundFile::State::file && found.content && found.content->size() <= kMaxFileBytes) {
    // Every reading is followed by parsing it anew.
    report_.expansion().add(0, found.content->size(), where);
    return found.content;
  }
  if (found.state == FoundFile::State::file)
    report_.error(where, at, name + " is larger than the limit of " + std::to_string(kMaxFileBytes) + " bytes",
                  "split it");
  if (found.state == FoundFile::State::missing && required)
    report_.error(where, at, name + " is not there", "add the file or correct the path");
  if (found.state == FoundFile::State::directory) report_.error(where, at, name + " is a directory", "name a file");
  if (found.state == FoundFile::State::refused)
    report_.error(where, at, name + " is refused: " + found.reason, "use a plain file of the repository");
  return nullptr;
}

const std::vector<Node>& DocumentLoader::parse(const std::string& path, const Place& where, const std::string& at) {
  if (auto known = parsed_.find(path); known != parsed_.end()) return known->second;
  std::vector<Node>& documents = parsed_[path];
  const auto content = read(path, where, true, "Compose file", at);
  if (!content) broken_.insert(path);
  if (content) {
    // Before, so that an app that is too heavy anyway costs nothing.
    report_.expansion().add(0, content->size() * kParsedByteWeight, where);
    ParsedYaml parsed = parse_yaml(shown(path), *content, YamlRules::compose);
    report_.add_all(parsed.diagnostics);
    if (has_errors(parsed.diagnostics)) broken_.insert(path);
    for (const Node& document : parsed.documents) report_.expansion().add(document, document.place());
    documents = std::move(parsed.documents);
  }
  return documents;
}

bool DocumentLoader::count_file(const Place& where) {
  // Includes that include each other's parts twice would grow without bound.
  constexpr int kMaxFiles = 500;
  if (++loaded_files_ <= kMaxFiles) return true;
  report_.error(where, "", "more than " + std::to_string(kMaxFiles) + " files are included or extended", "use fewer");
  return false;
}

Node DocumentLoader::load_model(const std::vector<std::string>& paths, const LoadContext& context) {
  Node merged;
  for (const std::string& path : paths) {
    const Place where =
        context.place.file ? context.place : Place{std::make_shared<const std::string>(shown(path)), 0, 0};
    if (!count_file(where)) break;
    for (const Node& document : parse(path, where, context.path))
      merged = merge_document(std::move(merged), document, path, context);
  }
  add_defaults(merged);
  resolve_paths(merged, context.directory, options_.home_directory, report_.expansion());
  return merged;
}

Node DocumentLoader::merge_document(Node accumulated, Node document, const std::string& path,
                                    const LoadContext& context) {
  if (!document.is_mapping()) {
    report_.error(document.place(), "", "the top level must be a mapping, not " + std::string(document.kind_name()),
                  "start with services:");
    return accumulated;
  }
  check_services(document);
  const ResetPaths resets = take_resets(document);
  interpolate_tree(document, context.variables.lookup(), options_.unset_is_error, report_);
  if (const Node::Entry* version = document.find_entry("version")) {
    report_.notice(version->key_place, "version", "the key is obsolete and ignored", "remove it");
    if (!version->value.is_string())
      report_.error(version->value.place(), "version", "must be text", "put it in quotes, or better remove the key");
    document.erase("version");
  }
  ExtendsResolver(*this, context, path).resolve(document, resets);
  apply_resets(accumulated, resets);
  LoadContext inside = context;
  inside.included.push_back(path);
  include_all(document, resets, inside);
  const Place where = document.place();
  accumulated = merge_documents(std::move(accumulated), document, report_);
  check_services(accumulated);
  // What was there before counts again: all that follows goes through it again.
  report_.expansion().add(accumulated, where);
  remove_duplicates(accumulated, report_);
  check_unique_items(accumulated, report_);
  make_canonical(accumulated, options_.strict, report_);
  drop_empty_dns(accumulated);
  remove_duplicates(accumulated, report_);
  return accumulated;
}

void DocumentLoader::include_all(Node& document, const ResetPaths& resets, const LoadContext& context) {
  const Node* found = document.find("include");
  if (found == nullptr) return;
  const Node list = *found;
  document.erase("include");
  if (!list.is_sequence())
    return report_.error(list.place(), "include", "must be a list, not " + std::string(list.kind_name()),
                         "write a list");
  std::vector<Node> models;
  for (std::size_t i = 0; i < list.size(); ++i)
    models.push_back(load_include(list.items()[i], child_path("include", i), context));
  Node imported;
  // What was included earlier wins over what comes later, and the file's own definitions over both.
  for (auto model = models.rbegin(); model != models.rend(); ++model) {
    keep_resources(*model, resets);
    imported = merge_documents(std::move(imported), *model, report_);
  }
  if (!imported.is_null()) document = merge_documents(std::move(imported), document, report_);
}

Node DocumentLoader::load_include(const Node& entry, const std::string& at, const LoadContext& context) {
  std::vector<std::string> paths = texts_of(entry.is_mapping() ? entry.find("path") : &entry);
  const auto refuse = [&](std::string message, std::string mend) {
    report_.error(entry.place(), at, std::move(message), std::move(mend));
    return Node{};
  };
  if (paths.empty()) return refuse("names no file", "give a path");
  for (std::string& path : paths) path = join_path(context.directory, path);
  const auto& stack = context.included;
  if (std::find(stack.begin(), stack.end(), paths[0]) != stack.end())
    return refuse("including " + shown(paths[0]) + " closes a cycle", "remove one include");
  LoadContext inside{directory_of(paths[0]), context.variables, context.included, entry.place(), at};
  if (const Node* directory = entry.find("project_directory"))
    inside.directory = join_path(context.directory, directory->as_text());
  if (constexpr std::size_t kMaxPath = 4096; inside.directory.size() > kMaxPath)
    return refuse("a directory of more than " + std::to_string(kMaxPath) + " bytes", "use a shorter one");
  std::vector<std::string> env_files = texts_of(entry.find("env_file"));
  for (std::string& file : env_files) file = join_path(context.directory, file);
  const bool explicit_files = !env_files.empty();
  if (!explicit_files) env_files.push_back(join_path(inside.directory, ".env"));
  report_.expansion().add(inside.variables, entry.place());
  if (env_files[0] != "/dev/null") read_env_files(env_files, explicit_files, inside.variables, entry.place(), at);
  Node model = load_model(paths, inside);
  pass_listed_variables_through(model, inside.variables.lookup(), report_.expansion());
  report_.expansion().add(model, entry.place());
  return model;
}

void DocumentLoader::read_env_files(const std::vector<std::string>& paths, bool required, Variables& stronger,
                                    const Place& where, const std::string& at) {
  Variables read_here;
  for (const std::string& path : paths) {
    const auto content = read(path, where, required, "env file", at);
    if (!content) continue;
    const Lookup lookup = [&](std::string_view name) {
      auto value = stronger.find(name);
      return value ? value : read_here.find(name);
    };
    const ParsedDotenv parsed = parse_dotenv(shown(path), *content, lookup, options_.unset_is_error);
    report_.add_all(parsed.diagnostics);
    for (const auto& [name, value] : parsed.values) read_here.set(name, value);
  }
  report_.expansion().add(read_here, where);
  stronger.add_missing(read_here);
}

}  // namespace plimsoll::compose
