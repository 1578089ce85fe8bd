#include "compose/unique_items.hpp"

#include <array>
#include <string>
#include <unordered_set>

#include "compose/tree_path.hpp"

namespace plimsoll::compose {
namespace {

/// Only lists that `remove_duplicates` leaves alone can hold a value twice here.
constexpr std::array<std::string_view, 25> kUnique{"configs.*.labels",
                                                   "secrets.*.labels",
                                                   "services.*.build.extra_hosts",
                                                   "services.*.build.ssh",
                                                   "services.*.depends_on",
                                                   "services.*.deploy.resources.reservations.devices.*.capabilities",
                                                   "services.*.deploy.resources.reservations.devices.*.device_ids",
                                                   "services.*.deploy.resources.reservations.devices.*.options",
                                                   "services.*.develop.watch.*.exec.environment",
                                                   "services.*.develop.watch.*.ignore",
                                                   "services.*.develop.watch.*.include",
                                                   "services.*.device_cgroup_rules",
                                                   "services.*.external_links",
                                                   "services.*.extra_hosts",
                                                   "services.*.gpus.*.capabilities",
                                                   "services.*.gpus.*.device_ids",
                                                   "services.*.gpus.*.options",
                                                   "services.*.group_add",
                                                   "services.*.models",
                                                   "services.*.networks",
                                                   "services.*.post_start.*.environment",
                                                   "services.*.pre_stop.*.environment",
                                                   "services.*.security_opt",
                                                   "services.*.volumes.*.volume.labels",
                                                   "services.*.volumes_from"};

bool is_unique_list(const TreePath& path) {
  for (std::string_view pattern : kUnique)
    if (path.matches(pattern)) return true;
  return false;
}

void check_list(const Node& list, const std::string& path, Report& report) {
  std::unordered_set<std::string> known;
  for (std::size_t i = 0; i < list.items().size(); ++i) {
    const Node& item = list.items()[i];
    if (!item.is_string() && !item.is_number()) continue;
    if (!known.insert((item.is_string() ? "\"" : "") + item.as_text()).second)
      report.error(item.place(), child_path(path, i), "\"" + item.as_text() + "\" stands twice in the list",
                   "remove one of the two");
  }
}

void visit(const Node& node, TreePath& at, const std::string& path, Report& report) {
  if (node.is_sequence() && is_unique_list(at)) return check_list(node, path, report);
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    if (node.items()[i].is_scalar()) continue;
    const PathStep step(at, "[]");
    visit(node.items()[i], at, child_path(path, i), report);
  }
  for (const Node::Entry& entry : node.entries()) {
    if (entry.value.is_scalar()) continue;
    const PathStep step(at, entry.key);
    visit(entry.value, at, child_path(path, entry.key), report);
  }
}

}  // namespace

void check_unique_items(const Node& document, Report& report) {
  TreePath at;
  visit(document, at, "", report);
}

}  // namespace plimsoll::compose
