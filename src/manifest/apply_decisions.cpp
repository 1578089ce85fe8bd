#include "manifest/apply_decisions.hpp"

#include <algorithm>
#include <set>

namespace plimsoll::manifest {
namespace {

bool is_of(const TargetId& id, const Pin& pin) { return id.environment == pin.environment && id.app == pin.app; }

std::string pin_text(const Pin& pin) {
  return "pinned to " + pin.commit.substr(0, 8) + " (history " + std::to_string(pin.history_id) +
         ") until a new revision of the app or `plimsoll resume " + pin.environment + "/" + pin.app + "`";
}

/// Puts one pinned app in the place of what the branch says.
class PinnedApp {
 public:
  PinnedApp(DesiredState& state, const Pin& pin, const DesiredState* revision)
      : state_(state), pin_(pin), revision_(revision) {}

  void put() {
    // Of an app that does not load on the branch the policy of its environment is known all the same.
    if (const auto found = state_.environments.find(pin_.environment); found != state_.environments.end())
      policy_ = found->second;
    for (const auto& target : state_.targets) {
      if (!is_of(target.id, pin_)) continue;
      policy_ = target.sync;
      instances_.push_back(target.id.instance);
    }
    std::erase_if(state_.targets, [this](const DesiredTarget& target) { return is_of(target.id, pin_); });
    std::erase_if(state_.broken,
                  [this](const BrokenApp& app) { return app.environment == pin_.environment && app.app == pin_.app; });
    if (!take_over()) give_up();
  }

 private:
  bool take_over() {
    if (revision_ == nullptr) return false;
    const auto exists = [this](const std::string& instance) {
      return std::any_of(state_.instances.begin(), state_.instances.end(),
                         [&instance](const InstanceSpec& spec) { return spec.name == instance; });
    };
    bool any = false;
    for (const auto& target : revision_->targets) {
      if (!is_of(target.id, pin_) || !exists(target.id.instance)) continue;
      state_.targets.push_back(target);
      state_.targets.back().sync = policy_;
      state_.targets.back().pinned = pin_text(pin_);
      any = true;
    }
    return any;
  }

  void give_up() {
    const std::string name = pin_.environment + "/" + pin_.app;
    Diagnostic error;
    error.message = "is pinned to " + pin_.commit.substr(0, 8) + ", which cannot be read or has no such app any more";
    error.path = "apps." + pin_.app;
    error.mend = "end the pin: plimsoll resume " + name;
    error.where.file = "environments/" + pin_.environment + ".yaml";
    state_.broken.push_back({pin_.environment, pin_.app, instances_, {std::move(error)}});
  }

  DesiredState& state_;
  const Pin& pin_;
  const DesiredState* revision_;
  SyncPolicy policy_;
  std::vector<std::string> instances_;
};

}  // namespace

std::string app_digest(const DesiredState& state, const std::string& environment, const std::string& app) {
  std::set<std::string> parts;
  for (const auto& target : state.targets) {
    if (target.id.environment == environment && target.id.app == app)
      parts.insert(target.id.instance + "=" + target.digest);
  }
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

bool is_outlived(const Pin& pin, const DesiredState& state, const DesiredState* left) {
  if (!pin.left_commit.empty() && pin.left_commit == state.revision.commit) return false;
  const bool broken = std::any_of(state.broken.begin(), state.broken.end(), [&pin](const BrokenApp& app) {
    return app.environment == pin.environment && (app.app.empty() || app.app == pin.app);
  });
  const std::string before = left == nullptr ? pin.left : app_digest(*left, pin.environment, pin.app);
  return !broken && app_digest(state, pin.environment, pin.app) != before;
}

DesiredState with_decisions(DesiredState state, const Decisions& decisions, const PinnedStates& pinned) {
  for (const auto& pin : decisions.pins) {
    const auto revision = pinned.find(pin.commit);
    PinnedApp(state, pin, revision == pinned.end() ? nullptr : revision->second.get()).put();
  }
  std::sort(state.targets.begin(), state.targets.end(),
            [](const DesiredTarget& left, const DesiredTarget& right) { return left.id < right.id; });
  for (auto& target : state.targets) {
    if (decisions.suspends(target.id.environment, target.id.app)) target.sync.suspended = true;
  }
  return state;
}

}  // namespace plimsoll::manifest
