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

std::string text_of(const TargetFilter& filter) {
  return filter.app.empty() ? filter.environment : filter.environment + "/" + filter.app;
}

bool covers(const TargetFilter& filter, const std::string& environment, const std::string& app) {
  return (filter.environment.empty() || filter.environment == environment) && (filter.app.empty() || filter.app == app);
}

/// `main@sha1:<hex>` to `<hex>`.
std::string commit_of(const std::string& revision) {
  const auto colon = revision.rfind(':');
  return colon == std::string::npos ? revision : revision.substr(colon + 1);
}

Error no_match(const TargetFilter& filter) {
  return {ErrorKind::rejected, "no app matches " + text_of(filter) + "; `plimsoll status` lists them"};
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
  return decide(std::move(next), "suspend " + text_of(filter));
}

Result<std::vector<std::string>> ControlLoop::resume(const TargetFilter& filter) {
  Decisions next = decisions_;
  std::set<std::string> ended;
  std::erase_if(next.suspended, [&](const auto& one) {
    const bool ends = covers(filter, one.first, one.second);
    if (ends) ended.insert(text_of({one.first, one.second}));
    return ends;
  });
  std::erase_if(next.pins, [&](const Pin& pin) {
    const bool ends = covers(filter, pin.environment, pin.app);
    if (ends) ended.insert(text_of({pin.environment, pin.app}));
    return ends;
  });
  if (!filter.app.empty() && next.suspended.contains({filter.environment, {}})) {
    return Error{ErrorKind::rejected, filter.environment + " is suspended as a whole; `plimsoll resume " +
                                          filter.environment + "` resumes all its apps"};
  }
  if (ended.empty() && targets_.matching(filter).empty()) return no_match(filter);
  if (!ended.empty()) {
    if (auto done = decide(std::move(next), "resume " + text_of(filter)); !done) return done.error();
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
  const std::string in_force = manifest::app_digest(*desired_, request.filter.environment, request.filter.app);
  query_pool_.post([this, request = std::move(request), done = std::move(done), branch = branch_, in_force] {
    auto found = find_rollback(request, *branch, in_force);
    post_to_loop([this, done, found = std::move(found)]() mutable {
      if (!found) return done(found.error());
      Decisions next = decisions_;
      const Pin pin = std::move(*found);
      std::erase_if(next.pins,
                    [&pin](const Pin& one) { return one.environment == pin.environment && one.app == pin.app; });
      // Going back to what the branch says is no pin.
      if (!pin.commit.empty()) next.pins.push_back(pin);
      const std::string what = "rollback " + pin.environment + "/" + pin.app + " to " + pin.commit.substr(0, 8) +
                               " (history " + std::to_string(pin.history_id) + ")";
      if (auto decided = decide(std::move(next), what); !decided) return done(decided.error());
      done(RollbackView{pin.environment, pin.app, pin.commit, pin.history_id});
    });
  });
}

Result<Pin> ControlLoop::find_rollback(const RollbackRequest& request, const DesiredState& branch,
                                       const std::string& in_force) {
  const auto& [environment, app] = request.filter;
  const auto entries = ports_.store.history({environment, app, {}}, kHistoryLooked);
  if (!entries) return entries.error();
  const std::string name = environment + "/" + app;
  std::set<std::string> tried;
  for (const auto& entry : *entries) {
    const std::string commit = commit_of(entry.revision);
    const bool fits = request.id == 0 ? entry.phase == "Succeeded" : entry.id == request.id;
    if (!fits || commit.empty() || !tried.insert(commit).second) continue;
    if (tried.size() > kRevisionsTried) break;
    const std::lock_guard lock(queries_mutex_);
    const auto state = ports_.queries.load_revision(commit, stop_.get_token());
    if (!state && request.id != 0)
      return with_context(state.error(), "history " + std::to_string(entry.id) + " of " + name);
    const std::string digest = state ? manifest::app_digest(*state, environment, app) : std::string();
    if (!digest.empty() && digest != in_force)
      return Pin{environment, app, commit, manifest::app_digest(branch, environment, app), entry.id};
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
