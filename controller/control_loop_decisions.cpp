// What operators decide by command: suspend, resume, rollback. Kept in a file; put in force by the source's thread.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "controller/control_loop.hpp"
#include "manifest/apply_decisions.hpp"

namespace plimsoll::controller {
namespace {

constexpr int kHistoryLooked = 200;
/// Each costs the loading of a revision.
constexpr std::size_t kRevisionsTried = 30;

/// `main@sha1:<hex>` to `<hex>`.
std::string commit_of(const std::string& revision) {
  const auto colon = revision.rfind(':');
  return colon == std::string::npos ? revision : revision.substr(colon + 1);
}

}  // namespace

Result<void> ControlLoop::decide(Decisions next, const std::string& what) {
  if (auto saved = ports_.decisions.save(next); !saved) return with_context(saved.error(), what + " is not done");
  decisions_ = std::move(next);
  spdlog::info("{}", what);
  refresh_source();
  return {};
}

Result<void> ControlLoop::suspend(const TargetFilter& filter) {
  if (targets_.matching(filter).empty()) return no_match(filter);
  Decisions next = decisions_;
  next.suspended.emplace(filter.environment, filter.app);
  return decide(std::move(next), "suspend " + to_string(filter));
}

Result<std::vector<std::string>> ControlLoop::resume(const TargetFilter& filter) {
  Decisions next = decisions_;
  std::set<std::string> ended;
  std::erase_if(next.suspended, [&](const auto& one) {
    const bool ends = filter.matches(one.first, one.second);
    if (ends) ended.insert(to_string(TargetFilter{one.first, one.second}));
    return ends;
  });
  std::erase_if(next.pins, [&](const Pin& pin) {
    const bool ends = filter.matches(pin.environment, pin.app);
    if (ends) ended.insert(to_string(TargetFilter{pin.environment, pin.app}));
    return ends;
  });
  if (!filter.app.empty() && next.suspended.contains({filter.environment, {}})) {
    return Error{ErrorKind::rejected, filter.environment + " is suspended as a whole; `plimsoll resume " +
                                          filter.environment + "` resumes all its apps"};
  }
  if (ended.empty() && targets_.matching(filter).empty()) return no_match(filter);
  if (!ended.empty()) {
    if (auto done = decide(std::move(next), "resume " + to_string(filter)); !done) return done.error();
  }
  return std::vector<std::string>(ended.begin(), ended.end());
}

void ControlLoop::end_pins(const std::vector<Pin>& ended) {
  if (ended.empty()) return;
  Decisions next = decisions_;
  for (const auto& pin : ended) {
    // One that was made meanwhile stays.
    if (std::erase(next.pins, pin) == 0) continue;
    spdlog::info("{}/{} is no longer pinned to {}: the branch has moved on", pin.environment, pin.app,
                 pin.commit.substr(0, 8));
  }
  if (next == decisions_) return;
  decisions_ = std::move(next);
  // Not saved, it only ends once more after the next start.
  if (auto saved = ports_.decisions.save(decisions_); !saved) spdlog::warn("{}", saved.error().message);
}

void ControlLoop::rollback(RollbackRequest request, std::function<void(Result<RollbackView>)> done) {
  if (!branch_ || !desired_) {
    return done(Error{ErrorKind::transient, "the source has not been read yet; see `plimsoll status`"});
  }
  if (targets_.matching(request.filter).empty()) return done(no_match(request.filter));
  const TargetId app{request.filter.environment, request.filter.app, {}};
  const auto put = [this, done = std::move(done)](const Result<Pin>& found) {
    done(found ? put_in_force(*found) : found.error());
  };
  // Through the records thread: what the deployments before left to be written stands there by then.
  history(app, kHistoryLooked,
          [this, request = std::move(request), branch = branch_,
           in_force = manifest::app_digest(*desired_, app.environment, app.app),
           put](Result<std::vector<ports::HistoryEntry>> entries) {
            if (!entries) return put(entries.error());
            ask(
                rollback_pool_,
                [this, request, branch, in_force, entries = std::move(*entries)] {
                  return find_rollback(request, *branch, in_force, entries);
                },
                put);
          });
}

Result<RollbackView> ControlLoop::put_in_force(const Pin& pin) {
  Decisions next = decisions_;
  std::erase_if(next.pins, [&pin](const Pin& one) { return one.environment == pin.environment && one.app == pin.app; });
  // Going back to what the branch says is no pin.
  if (!pin.commit.empty()) next.pins.push_back(pin);
  const std::string what = "rollback " + pin.environment + "/" + pin.app + " to " + pin.commit.substr(0, 8) +
                           " (history " + std::to_string(pin.history_id) + ")";
  if (auto decided = decide(std::move(next), what); !decided) return decided.error();
  return RollbackView{pin.environment, pin.app, pin.commit, pin.history_id};
}

Result<Pin> ControlLoop::find_rollback(const RollbackRequest& request, const DesiredState& branch,
                                       const std::string& in_force, const std::vector<ports::HistoryEntry>& entries) {
  const std::string& environment = request.filter.environment;
  const std::string& app = request.filter.app;
  const std::string name = environment + "/" + app;
  std::set<std::string> tried;
  for (const auto& entry : entries) {
    const std::string commit = commit_of(entry.revision);
    const bool fits = request.id == 0 ? entry.phase == OperationPhase::succeeded : entry.id == request.id;
    if (!fits || commit.empty() || !tried.insert(commit).second) continue;
    if (tried.size() > kRevisionsTried) break;
    const auto state = ports_.rollbacks.load_revision(commit, stop_.get_token());
    // What is lost is passed over. What cannot be read just now is not: what comes next is older.
    if (!state && (request.id != 0 || !SourceLoader::is_lost(state.error())))
      return with_context(state.error(), "history " + std::to_string(entry.id) + " of " + name);
    const std::string digest = state ? manifest::app_digest(*state, environment, app) : std::string();
    if (!digest.empty() && digest != in_force)
      return Pin{environment,           app, commit, manifest::app_digest(branch, environment, app), entry.id,
                 branch.revision.commit};
    if (request.id == 0) continue;
    return Error{ErrorKind::rejected,
                 "history " + std::to_string(entry.id) + " of " + name + " " +
                     (digest.empty() ? "has no such app that loads" : "is what is in force already")};
  }
  if (request.id != 0) {
    return Error{ErrorKind::missing,
                 name + " has no deployment " + std::to_string(request.id) + "; see `plimsoll history " + name + "`"};
  }
  return Error{
      ErrorKind::missing,
      name + " has no earlier deployment that succeeded with anything else; see `plimsoll history " + name + "`"};
}

}  // namespace plimsoll::controller
