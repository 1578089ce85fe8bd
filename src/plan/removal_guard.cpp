#include "plan/removal_guard.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace plimsoll::plan {
namespace {

using App = std::pair<std::string, std::string>;  // environment, app

std::set<App> apps_of(const std::vector<TargetId>& targets) {
  std::set<App> apps;
  for (const auto& target : targets) apps.emplace(target.environment, target.app);
  return apps;
}

std::set<std::string> environments_of(const std::set<App>& apps) {
  std::set<std::string> environments;
  for (const auto& app : apps) environments.insert(app.first);
  return environments;
}

std::string emptied_environment(const std::set<App>& previous, const std::set<App>& next) {
  const auto kept = environments_of(next);
  for (const auto& environment : environments_of(previous)) {
    if (!kept.contains(environment)) return environment;
  }
  return {};
}

std::vector<TargetId> missing_from(const std::vector<TargetId>& next, const std::vector<TargetId>& previous) {
  const std::set<TargetId> kept(next.begin(), next.end());
  std::set<TargetId> removed;
  for (const auto& target : previous) {
    if (!kept.contains(target)) removed.insert(target);
  }
  return {removed.begin(), removed.end()};
}

}  // namespace

RemovalVerdict guard_removal(const std::vector<TargetId>& previous, const std::vector<TargetId>& next,
                             bool allow_removal) {
  RemovalVerdict verdict;
  verdict.removed = missing_from(next, previous);
  if (allow_removal) return verdict;
  const auto before = apps_of(previous);
  const auto after = apps_of(next);
  const auto gone = static_cast<std::size_t>(
      std::count_if(before.begin(), before.end(), [&after](const App& app) { return !after.contains(app); }));
  constexpr auto kMend = "; if that is meant, run `plimsoll sync --allow-removal`";
  if (const std::string emptied = emptied_environment(before, after); !emptied.empty()) {
    verdict.held = true;
    verdict.message = "the revision removes every app of environment " + emptied + kMend;
  } else if (gone * 2 > before.size()) {
    verdict.held = true;
    verdict.message =
        "the revision removes " + std::to_string(gone) + " of " + std::to_string(before.size()) + " apps" + kMend;
  }
  return verdict;
}

}  // namespace plimsoll::plan
