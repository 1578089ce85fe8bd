#include "manifest/document.hpp"

#include <algorithm>

#include "compose/yaml_parser.hpp"
#include "manifest/names.hpp"
#include "model/limits.hpp"

namespace plimsoll::manifest {

using compose::Node;

std::map<std::string, std::string> scalar_map(const Node& node) {
  std::map<std::string, std::string> out;
  for (const Node::Entry& entry : node.entries()) {
    if (entry.value.is_scalar() && !entry.value.is_null()) out[entry.key] = entry.value.source_text();
  }
  return out;
}

std::map<std::string, std::string> variable_map(const Node& node, const std::string& path, Findings& findings) {
  if (node.size() > kMaxVariables || node.text_bytes() > kMaxVariablesBytes) {
    findings.error(node.position(), path,
                   "more than " + std::to_string(kMaxVariables) + " variables, or than " +
                       std::to_string(kMaxVariablesBytes) + " bytes of them",
                   "put them into a file of the app");
    return {};
  }
  for (const Node::Entry& entry : node.entries()) {
    const std::string entry_path = compose::child_path(path, entry.key);
    if (!is_variable_name(entry.key)) {
      findings.error(entry.key_place.position(), entry_path, "\"" + entry.key + "\" is no name for a variable",
                     "use letters, digits and _, not starting with a digit");
    } else if (entry.key == "COMPOSE_PROJECT_NAME") {
      findings.error(entry.key_place.position(), entry_path, "COMPOSE_PROJECT_NAME is always <environment>-<app>",
                     "remove it");
    }
  }
  return scalar_map(node);
}

std::vector<std::string> text_list(const Node& node, const std::string& path, Findings& findings) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    const Node& item = node.items()[i];
    const std::string item_path = compose::child_path(path, i);
    if (!item.is_string() || item.string().empty()) {
      findings.error(item.place().line == 0 ? node.position() : item.position(), item_path,
                     "must be text, is " + std::string(item.is_string() || item.is_null() ? "empty" : item.kind_name()),
                     item.is_number() || item.is_bool() ? "put it in quotes" : "");
    } else if (std::find(out.begin(), out.end(), item.string()) != out.end()) {
      findings.error(item.position(), item_path, "\"" + item.string() + "\" stands in the list twice",
                     "remove one of them");
    } else {
      out.push_back(item.string());
    }
  }
  return out;
}

std::vector<std::string> name_list(const Node& node, const std::string& path, std::string_view what,
                                   Findings& findings) {
  std::vector<std::string> out = text_list(node, path, findings);
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    const Node& item = node.items()[i];
    if (!item.is_string() || item.string().empty() || is_name(item.string())) continue;
    report_bad_name(item.position(), compose::child_path(path, i), what, item.string(), findings);
  }
  std::erase_if(out, [](const std::string& name) { return !is_name(name); });
  return out;
}

std::optional<Node> read_document(const RepositoryFiles& files, std::string_view path, Findings& findings) {
  const SourcePosition where{std::string(path)};
  const auto found = files.find(path);
  if (found == files.end()) {
    findings.error(where, "", "the file is missing", "add it");
    return std::nullopt;
  }
  if (!found->second.content) {
    const bool is_file =
        found->second.kind == RepositoryEntry::Kind::file || found->second.kind == RepositoryEntry::Kind::executable;
    findings.error(where, "", is_file ? "the file is larger than 1 MiB" : "symlinks and submodules are not followed",
                   is_file ? "make it smaller" : "put the file itself there");
    return std::nullopt;
  }
  compose::ParsedYaml parsed = compose::parse_yaml(path, *found->second.content);
  findings.add_all(parsed.diagnostics);
  if (has_errors(parsed.diagnostics)) return std::nullopt;
  if (parsed.documents.size() != 1) {
    findings.error(where, "", parsed.documents.empty() ? "the file is empty" : "the file has more than one document",
                   "write one mapping");
    return std::nullopt;
  }
  return std::move(parsed.documents.front());
}

void report_bad_name(const SourcePosition& where, const std::string& path, std::string_view what, std::string_view name,
                     Findings& findings) {
  findings.error(where, path, "\"" + std::string(name) + "\" is no name for " + std::string(what),
                 "use lower-case letters, digits, - and _, starting with a letter or digit, at most 63");
}

}  // namespace plimsoll::manifest
