#include "manifest/desired_loader.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "manifest/app_loader.hpp"
#include "manifest/environment.hpp"
#include "manifest/host_conflicts.hpp"
#include "manifest/instances.hpp"

namespace plimsoll::manifest {
namespace {

/// Loads one revision; collects into `state_`.
class Loader {
 public:
  Loader(const RepositoryFiles& files, const Revision& revision, const LoadContext& context)
      : files_(files), context_(context) {
    state_.revision = revision;
  }

  DesiredState load() {
    Findings findings;
    instances_ = read_instances(files_, findings);
    for (const auto& [name, spec] : instances_.good) state_.instances.push_back(spec);
    for (const EnvironmentFile& environment : read_environments(files_, instances_)) {
      if (environment.findings.has_errors()) {
        break_environment(environment);
      } else {
        findings.add_all(environment.findings.all());
        for (const AppEntry& app : environment.apps) load_app(environment, app, findings);
      }
    }
    break_name_clashes();
    warn_of_host_conflicts(state_, findings);
    finish(findings);
    return std::move(state_);
  }

 private:
  /// All apps of a broken file stay as they are: also those that it no longer shows, as far as they are known.
  void break_environment(const EnvironmentFile& environment) {
    state_.broken.push_back({environment.name, "", {}, environment.findings.all()});
    std::map<std::string, std::set<std::string>> apps;
    std::map<std::string, Diagnostics> own;
    for (const AppEntry& app : environment.apps) {
      apps[app.name].insert(app.instances.begin(), app.instances.end());
      own[app.name] = app.findings.all();
    }
    if (context_.cache != nullptr) {
      for (const TargetId& id : context_.cache->targets_of(environment.name, "")) apps[id.app].insert(id.instance);
    }
    for (const auto& [app, on] : apps) {
      Findings findings = environment.findings;
      findings.add_all(own[app]);
      state_.broken.push_back({environment.name, app, {on.begin(), on.end()}, findings.take_sorted()});
    }
  }

  void load_app(const EnvironmentFile& environment, const AppEntry& app, Findings& findings) {
    Findings errors = app.findings;
    const AppSecrets secrets = read_secrets(environment, app, context_, errors);
    if (errors.has_errors()) {
      break_app(environment.name, app, app.instances, errors);
      return;
    }
    std::vector<std::string> broken_on;
    Findings broken_findings;
    for (const std::string& instance : app.instances) {
      const AppInput input{environment, app, instances_.good.at(instance), files_, secrets, context_};
      AppOutcome outcome = load_target(input, state_.revision);
      if (outcome.target) {
        findings.add_all(outcome.findings.all());
        state_.targets.push_back(*outcome.target);
      } else {
        broken_on.push_back(instance);
        broken_findings.add_all(outcome.findings.all());
      }
    }
    findings.add_all(errors.all());
    if (!broken_on.empty()) break_app(environment.name, app, broken_on, broken_findings);
  }

  void break_app(const std::string& environment, const AppEntry& app, const std::vector<std::string>& instances,
                 Findings& findings) {
    std::set<std::string> on(instances.begin(), instances.end());
    // Which instances it was meant for may be what is broken. It stays where it was.
    if (context_.cache != nullptr && app.findings.has_errors()) {
      for (const TargetId& id : context_.cache->targets_of(environment, app.name)) on.insert(id.instance);
    }
    state_.broken.push_back({environment, app.name, {on.begin(), on.end()}, findings.take_sorted()});
  }

  /// `a-b` with `c` and `a` with `b-c` would be one Compose project, and their containers would have the same names.
  void break_name_clashes() {
    std::map<std::pair<std::string, std::string>, TargetId> owners;
    std::sort(state_.targets.begin(), state_.targets.end(),
              [](const DesiredTarget& a, const DesiredTarget& b) { return a.id < b.id; });
    std::erase_if(state_.targets, [&](const DesiredTarget& target) {
      const auto [owner, is_new] = owners.emplace(std::pair(target.id.instance, project_name(target.id)), target.id);
      if (is_new) return false;
      Findings findings;
      findings.error({std::string(kEnvironmentsDirectory) + target.id.environment + ".yaml"}, "apps." + target.id.app,
                     "has the same project name " + project_name(target.id) + " as " + to_string(owner->second),
                     "give one of the two another name");
      state_.broken.push_back({target.id.environment, target.id.app, {target.id.instance}, findings.take_sorted()});
      return true;
    });
  }

  void finish(Findings& findings) {
    state_.diagnostics = findings.take_sorted();
    for (BrokenApp& app : state_.broken) sort_unique(app.diagnostics);
    std::sort(state_.broken.begin(), state_.broken.end(), [](const BrokenApp& a, const BrokenApp& b) {
      return std::tie(a.environment, a.app, a.instances) < std::tie(b.environment, b.app, b.instances);
    });
    if (context_.cache == nullptr) return;
    std::set<TargetId> named;
    for (const DesiredTarget& target : state_.targets) named.insert(target.id);
    for (const BrokenApp& app : state_.broken) {
      for (const std::string& instance : app.instances) named.insert({app.environment, app.app, instance});
    }
    context_.cache->retain([&named](const TargetId& id) { return named.contains(id); });
  }

  const RepositoryFiles& files_;
  const LoadContext& context_;
  InstanceList instances_;
  DesiredState state_;
};

bool same_broken(const BrokenApp& a, const BrokenApp& b) {
  return std::tie(a.environment, a.app, a.instances, a.diagnostics) ==
         std::tie(b.environment, b.app, b.instances, b.diagnostics);
}

bool same_target(const DesiredTarget& a, const DesiredTarget& b) {
  const auto policy = [](const SyncPolicy& sync) { return std::tuple(sync.prune, sync.self_heal, sync.suspended); };
  return a.id == b.id && a.digest == b.digest && a.revision == b.revision && policy(a.sync) == policy(b.sync);
}

}  // namespace

DesiredState load_desired(const RepositoryFiles& files, const Revision& revision, const LoadContext& context) {
  return Loader(files, revision, context).load();
}

bool same_targets(const DesiredState& left, const DesiredState& right) {
  return left.instances == right.instances && left.diagnostics == right.diagnostics &&
         std::equal(left.targets.begin(), left.targets.end(), right.targets.begin(), right.targets.end(),
                    same_target) &&
         std::equal(left.broken.begin(), left.broken.end(), right.broken.begin(), right.broken.end(), same_broken);
}

}  // namespace plimsoll::manifest
