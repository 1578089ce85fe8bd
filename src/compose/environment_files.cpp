#include "compose/environment_files.hpp"

#include <unordered_map>

#include "compose/dotenv.hpp"
#include "model/limits.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

class Reader {
 public:
  Reader(DocumentLoader& loader, const Variables& variables, bool unset_is_error, Report& report)
      : loader_(loader), variables_(variables), unset_is_error_(unset_is_error), report_(report) {}

  void service(Node& service, const std::string& path) {
    environment(service, path);
    labels(service, path);
  }

 private:
  void environment(Node& service, const std::string& path) {
    const Node* list = service.find("env_file");
    if (list == nullptr) return;
    const Node files = *list;
    service.erase("env_file");
    const Node own = service.contains("environment") ? *service.find("environment") : Node::make_mapping(files.place());
    std::unordered_map<std::string_view, const Node*> by_name;
    for (const Node::Entry& entry : own.entries()) by_name.emplace(entry.key, &entry.value);
    const Lookup lookup = [&](std::string_view name) -> std::optional<std::string> {
      if (auto value = variables_.find(name)) return value;
      const auto found = by_name.find(name);
      return found == by_name.end() || found->second->is_null() ? std::nullopt
                                                                : std::optional(found->second->as_text());
    };
    Node merged = Node::make_mapping(files.place());
    Variables earlier;
    for (const Node& file : files.items()) read_into(merged, file, lookup, earlier, path);
    overlay(service, "environment", std::move(merged), own);
  }

  void read_into(Node& merged, const Node& file, const Lookup& lookup, Variables& earlier, const std::string& path) {
    const Node* name = file.find("path");
    const Node* required = file.find("required");
    const Node* format = file.find("format");
    if (name == nullptr) return;
    if (name->string().empty() && (required == nullptr || required->as_bool()))
      return report_.error(name->place(), child_path(path, "env_file"), "names no file", "give a path");
    if (format != nullptr && format->string() != "raw")
      report_.error(format->place(), child_path(path, "env_file"),
                    "unknown format \"" + mask_secrets(format->string()) + "\"", "use raw, or leave it out");
    const auto content = loader_.read(name->string(), name->place(), required == nullptr || required->as_bool(),
                                      "env file", child_path(path, "env_file"));
    if (!content) return;
    const bool raw = format != nullptr && format->string() == "raw";
    const std::string shown = loader_.shown(name->string());
    const ParsedDotenv parsed = raw ? parse_raw_dotenv(shown, *content, lookup)
                                    : parse_dotenv(shown, *content, lookup, unset_is_error_, earlier.lookup());
    report_.add_all(parsed.diagnostics);
    set_all(merged, parsed.values, name->place());
    for (const auto& [key, value] : parsed.values) earlier.set(key, value);
  }

  void set_all(Node& mapping, const std::map<std::string, std::string, std::less<>>& values, const Place& at) {
    if (mapping.size() + values.size() > kMaxEntries)
      return report_.error(
          at, "", "more than " + std::to_string(kMaxEntries) + " variables in the files of one service", "use fewer");
    const bool first = mapping.size() == 0;
    for (const auto& [key, value] : values) {
      // Keys of one file differ, so that only a second one needs to be searched for.
      if (first)
        mapping.entries().push_back({key, Node::make_string(value, at), at});
      else
        mapping.set(key, Node::make_string(value, at), at);
    }
    report_.expansion().add(mapping, at);
  }

  void labels(Node& service, const std::string& path) {
    const Node* found = service.find("label_file");
    if (found == nullptr) return;
    const Node files = *found;
    service.erase("label_file");
    Node merged = Node::make_mapping(files.place());
    Variables earlier;
    for (const Node& file : files.items()) {
      const auto content =
          loader_.read(file.string(), file.place(), true, "label file", child_path(path, "label_file"));
      if (!content) continue;
      // The variables of the project are none of these files' business, as in Compose.
      const auto parsed = parse_dotenv(loader_.shown(file.string()), *content, earlier.lookup(), unset_is_error_);
      report_.add_all(parsed.diagnostics);
      set_all(merged, parsed.values, file.place());
      for (const auto& [key, value] : parsed.values) earlier.set(key, value);
    }
    const Node own = service.contains("labels") ? *service.find("labels") : Node::make_mapping(files.place());
    overlay(service, "labels", std::move(merged), own);
  }

  static void overlay(Node& service, std::string_view key, Node merged, const Node& own) {
    for (const Node::Entry& entry : own.entries()) merged.set(entry.key, entry.value, entry.key_place);
    if (merged.size() > 0) service.set(key, std::move(merged));
  }

  DocumentLoader& loader_;
  const Variables& variables_;
  bool unset_is_error_;
  Report& report_;
};

}  // namespace

void resolve_environment_files(Node& project, DocumentLoader& loader, const Variables& variables, bool unset_is_error,
                               Report& report) {
  Reader reader(loader, variables, unset_is_error, report);
  if (Node* services = project.find("services"))
    for (Node::Entry& entry : services->entries()) reader.service(entry.value, child_path("services", entry.key));
}

}  // namespace plimsoll::compose
