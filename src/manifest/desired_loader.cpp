#include "manifest/desired_loader.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <tuple>

#include "manifest/app_key.hpp"
#include "manifest/app_loader.hpp"
#include "manifest/environment.hpp"
#include "manifest/host_conflicts.hpp"
#include "manifest/instances.hpp"
#include "model/limits.hpp"

namespace plimsoll::manifest {
namespace {

/// Divides `kMaxRevisionWeight` among targets. In the first round each may have an equal share, and what those before
/// it left of theirs, so that none takes the room of a neighbour. In the second, those that need more get what is left.
class Room {
 public:
  explicit Room(std::size_t targets)
      : waiting_(targets), share_(kMaxRevisionWeight / std::max<std::size_t>(targets, 1)) {}

  /// What the next target may weigh.
  std::size_t next() {
    const std::size_t left =
        second_round_ ? kMaxRevisionWeight - kept_ : kMaxRevisionWeight - tried_ - share_ * --waiting_;
    return std::min(left, kMaxAppWeight);
  }
  void keep(std::size_t weight) {
    tried_ += weight;
    kept_ += weight;
  }
  /// For the second round; what it cost is not had again in this one.
  void put_off(std::size_t weight) { tried_ += weight; }
  void start_second_round() { second_round_ = true; }
  [[nodiscard]] bool in_second_round() const { return second_round_; }

 private:
  std::size_t waiting_;
  std::size_t share_;
  std::size_t tried_ = 0;
  std::size_t kept_ = 0;
  bool second_round_ = false;
};

/// Loads one revision; collects into `state_`.
class Loader {
 public:
  Loader(const RepositoryFiles& files, const Revision& revision, const LoadContext& context)
      : files_(files), context_(context), facts_(files) {
    state_.revision = revision;
  }

  DesiredState load() {
    Findings findings(kMaxRevisionDiagnostics);
    instances_ = read_instances(files_, findings);
    if (context_.cache != nullptr) instances_ = with_last_good(std::move(instances_), context_.cache->instances());
    for (const auto& [name, spec] : instances_.good) state_.instances.push_back(spec);
    const std::vector<EnvironmentFile> environments = read_environments(files_, instances_);
    for (const EnvironmentFile& environment : environments) {
      if (environment.findings.has_errors()) {
        break_environment(environment);
      } else {
        findings.add_all(environment.findings.all());
        state_.environments[environment.name] = environment.sync;
        for (const auto& key : environment.networks) {
          state_.shared_networks[environment.name].insert(shared_network_name(environment.name, key));
        }
        for (const AppEntry& app : environment.apps) take_up(environment, app, findings);
      }
    }
    load_apps(findings);
    break_name_clashes();
    warn_of_host_conflicts(state_, findings);
    finish(findings);
    return std::move(state_);
  }

 private:
  /// An app on its way.
  struct Load {
    const EnvironmentFile& environment;
    const AppEntry& app;
    AppSecrets secrets;
    std::size_t file_bytes;              ///< of its Compose files
    std::vector<std::string> instances;  ///< where it is still to be loaded for
    std::vector<std::string> broken_on = {};
    Findings errors = Findings();
  };

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

  void take_up(const EnvironmentFile& environment, const AppEntry& app, Findings& findings) {
    Findings errors = app.findings;
    AppSecrets secrets = read_secrets(environment, app, context_, errors);
    if (!errors.has_errors() && targets_ + app.instances.size() > kMaxTargets) {
      errors.error(app.where, "apps." + app.name,
                   "all apps, on all their instances, are more than the limit of " + std::to_string(kMaxTargets),
                   "divide them among several controllers");
    }
    if (errors.has_errors()) {
      break_app(environment.name, app, app.instances, errors);
      return;
    }
    targets_ += app.instances.size();
    std::size_t bytes = 0;
    for (const std::string& file : app.files) {
      const auto& content = files_.find(file)->second.content;
      bytes += content ? content->size() : 0;
    }
    loads_.push_back({environment, app, std::move(secrets), bytes, app.instances});
    findings.add_all(errors.all());
  }

  void load_apps(Findings& findings) {
    loads_.sort([](const Load& a, const Load& b) { return a.file_bytes < b.file_bytes; });
    Room room(targets_);
    for (Load& load : loads_) load_app(load, room, findings);
    room.start_second_round();
    for (Load& load : loads_) {
      load_app(load, room, findings);
      if (!load.broken_on.empty()) break_app(load.environment.name, load.app, load.broken_on, load.errors);
    }
  }

  void load_app(Load& load, Room& room, Findings& findings) {
    std::vector<std::string> put_off;
    for (const std::string& instance : load.instances) {
      if (context_.stop.stop_requested()) return;
      const std::size_t allowed = room.next();
      const AppInput input{load.environment, load.app, instances_.good.at(instance), files_, load.secrets,
                           context_,         facts_};
      AppOutcome outcome = load_target(input, state_.revision, allowed);
      const bool for_want_of_room = outcome.too_heavy && allowed < kMaxAppWeight;
      if (for_want_of_room && !room.in_second_round()) {
        room.put_off(allowed);
        put_off.push_back(instance);
        continue;
      }
      room.keep(std::min(outcome.weight, allowed));
      if (outcome.target) {
        findings.add_all(outcome.findings.all());
        state_.targets.push_back(*outcome.target);
        continue;
      }
      load.broken_on.push_back(instance);
      for_want_of_room ? refuse_for_room(load) : load.errors.add_all(outcome.findings.all());
    }
    load.instances = std::move(put_off);
  }

  static void refuse_for_room(Load& load) {
    load.errors.error(
        load.app.where, "apps." + load.app.name,
        "all apps together weigh more than " + std::to_string(kMaxRevisionWeight) +
            " bytes once their aliases, variables, extends, includes, env files and ranges are followed, and "
            "this is one of the heaviest",
        "make it smaller, or divide the apps among several controllers");
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
    if (context_.cache == nullptr || context_.stop.stop_requested()) return;
    context_.cache->keep_instances(instances_.good);
    std::set<TargetId> named;
    for (const DesiredTarget& target : state_.targets) named.insert(target.id);
    for (const BrokenApp& app : state_.broken) {
      for (const std::string& instance : app.instances) named.insert({app.environment, app.app, instance});
    }
    context_.cache->retain([&named](const TargetId& id) { return named.contains(id); });
  }

  const RepositoryFiles& files_;
  const LoadContext& context_;
  RevisionFacts facts_;
  std::list<Load> loads_;
  std::size_t targets_ = 0;
  InstanceList instances_;
  DesiredState state_;
};

bool same_broken(const BrokenApp& a, const BrokenApp& b) {
  return std::tie(a.environment, a.app, a.instances, a.diagnostics) ==
         std::tie(b.environment, b.app, b.instances, b.diagnostics);
}

bool same_target(const DesiredTarget& a, const DesiredTarget& b) {
  return a.id == b.id && a.digest == b.digest && a.revision == b.revision && a.sync == b.sync;
}

}  // namespace

DesiredState load_desired(const RepositoryFiles& files, const Revision& revision, const LoadContext& context) {
  return Loader(files, revision, context).load();
}

bool same_targets(const DesiredState& left, const DesiredState& right) {
  return left.instances == right.instances && left.environments == right.environments &&
         left.shared_networks == right.shared_networks && left.diagnostics == right.diagnostics &&
         std::equal(left.targets.begin(), left.targets.end(), right.targets.begin(), right.targets.end(),
                    same_target) &&
         std::equal(left.broken.begin(), left.broken.end(), right.broken.begin(), right.broken.end(), same_broken);
}

}  // namespace plimsoll::manifest
