#include "manifest/environment.hpp"

#include <algorithm>
#include <optional>

#include "manifest/app_entry_reader.hpp"
#include "manifest/document.hpp"
#include "manifest/key_table.hpp"
#include "manifest/names.hpp"
#include "model/limits.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

/// `dev` of `environments/dev.yaml`; nothing for files that are no environment's.
std::optional<std::string> environment_name(std::string_view path) {
  path.remove_prefix(kEnvironmentsDirectory.size());
  if (path.find('/') != std::string_view::npos) return std::nullopt;
  for (const std::string_view suffix : {".yaml", ".yml"}) {
    if (path.ends_with(suffix)) return std::string(path.substr(0, path.size() - suffix.size()));
  }
  return std::nullopt;
}

void check_name(const Node& root, const KeyTable& table, const EnvironmentFile& out, Findings& findings) {
  const auto* name = find_valid(root, "environment", table);
  if (name == nullptr) return;
  if (!is_name(name->value.string())) {
    report_bad_name(value_position(*name), "environment", "an environment", name->value.string(), findings);
  } else if (name->value.string() != out.name) {
    findings.error(value_position(*name), "environment",
                   "is \"" + name->value.string() + "\", but the file is named " + out.file, "make the two agree");
  }
}

EnvironmentDefaults read_defaults(const Node& root, const KeyTable& table, const InstanceList& instances,
                                  EnvironmentFile& out) {
  EnvironmentDefaults defaults;
  defaults.environment = out.name;
  if (const auto* sync = find_valid(root, "sync", table)) {
    defaults.sync = read_sync(*sync, "sync", "sync", defaults.sync, out.findings);
  }
  if (const auto* list = find_valid(root, "instances", table)) {
    defaults.instances = known_instances(*list, "instances", instances, out.findings);
  }
  if (const auto* map = find_valid(root, "variables", table)) {
    check_mapping(map->value, value_position(*map), "variables", key_table("environment", "variables"), out.findings);
    out.variables = variable_map(map->value, "variables", out.findings);
  }
  if (const auto* list = find_valid(root, "networks", table)) {
    out.networks = name_list(list->value, "networks", "a network", out.findings);
  }
  return defaults;
}

/// `apps_left` is how many apps may still be read of all environments.
EnvironmentFile read_environment(const std::string& name, const std::string& path, const RepositoryFiles& files,
                                 const InstanceList& instances, std::size_t& apps_left) {
  EnvironmentFile out;
  out.name = name;
  out.file = path;
  if (!is_name(name)) report_bad_name({path}, "", "an environment's file", name, out.findings);
  const auto document = read_document(files, path, out.findings);
  if (!document) return out;
  const KeyTable& table = key_table("environment", "");
  if (!check_mapping(*document, document->position(), "", table, out.findings)) return out;
  check_name(*document, table, out, out.findings);
  const EnvironmentDefaults defaults = read_defaults(*document, table, instances, out);
  out.sync = defaults.sync;
  const auto* apps = find_valid(*document, "apps", table);
  if (apps == nullptr) return out;
  if (const std::size_t limit = std::min(apps_left, kMaxEnvironmentApps); apps->value.size() > limit) {
    out.findings.error(value_position(*apps), "apps",
                       std::to_string(apps->value.size()) + " apps, more than the limit of " +
                           std::to_string(kMaxEnvironmentApps) + " of one environment and of " +
                           std::to_string(kMaxTargets) + " of all",
                       "divide them among several controllers");
    return out;
  }
  apps_left -= apps->value.size();
  for (const Node::Entry& entry : apps->value.entries()) {
    out.apps.push_back(read_app_entry(entry, defaults, files, instances));
  }
  std::sort(out.apps.begin(), out.apps.end(), [](const AppEntry& a, const AppEntry& b) { return a.name < b.name; });
  return out;
}

}  // namespace

std::vector<EnvironmentFile> read_environments(const RepositoryFiles& files, const InstanceList& instances) {
  std::vector<EnvironmentFile> out;
  std::size_t apps_left = kMaxTargets;
  for (auto file = files.lower_bound(kEnvironmentsDirectory);
       file != files.end() && file->first.starts_with(kEnvironmentsDirectory); ++file) {
    const auto name = environment_name(file->first);
    if (!name) continue;
    if (!out.empty() && out.back().name == *name) {
      out.back().findings.error({file->first}, "", "there is " + out.back().file + " too", "remove one of them");
      continue;
    }
    out.push_back(read_environment(*name, file->first, files, instances, apps_left));
  }
  return out;
}

}  // namespace plimsoll::manifest
