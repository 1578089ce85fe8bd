#include "controller/control_loop.hpp"

#include <spdlog/spdlog.h>

#include "controller/repository_url.hpp"

namespace plimsoll::controller {
namespace {

/// Each once: an error in an environment's file breaks all its apps.
Diagnostics all_diagnostics(const DesiredState& state) {
  std::set<Diagnostic> all(state.diagnostics.begin(), state.diagnostics.end());
  for (const auto& broken : state.broken) all.insert(broken.diagnostics.begin(), broken.diagnostics.end());
  return {all.begin(), all.end()};
}

}  // namespace

ControlLoop::ControlLoop(EventLoop& loop, LoopPorts ports, LoopSettings settings)
    : loop_(loop),
      ports_(std::move(ports)),
      settings_(std::move(settings)),
      queue_timer_(loop),
      poll_timer_(loop),
      operations_(ports_.clock.now()) {}

ControlLoop::~ControlLoop() { stop(); }

Result<void> ControlLoop::start() {
  auto decisions = ports_.decisions.load();
  if (!decisions) return decisions.error();
  decisions_ = std::move(*decisions);
  if (auto retries = ports_.store.retries()) {
    retries_.load(*retries);
  } else {
    spdlog::warn("retry times are not read: {}", retries.error().message);
  }
  load_unfinished();
  refresh_source();
  if (!settings_.once) arm_poll();
  return {};
}

void ControlLoop::stop() {
  if (stopping_) return;
  stopping_ = true;
  *alive_ = false;
  queue_timer_.cancel();
  poll_timer_.cancel();
  stop_.request_stop();
  for (auto& [name, lane] : lanes_) lane->stop.request_stop();
  if (events_) events_->stop();
  source_pool_.stop();
  for (auto& [name, lane] : lanes_) lane->pool.stop();
  for (auto& lane : retired_) lane->pool.stop();
  endings_pool_.finish();
  query_pool_.stop();
  rollback_pool_.stop();
  // Last, so that what the passes left to be written is.
  records_pool_.finish();
}

void ControlLoop::post_to_loop(std::function<void()> callback) {
  loop_.post([alive = std::weak_ptr<bool>(alive_), callback = std::move(callback)] {
    if (const auto still = alive.lock(); still && *still) callback();
  });
}

void ControlLoop::write(std::function<void()> task) {
  if (const auto posted = records_pool_.post(std::move(task)); !posted && posted.error().kind != ErrorKind::cancelled)
    spdlog::warn("records are not written: {}", posted.error().message);
}

StatusView ControlLoop::status() const {
  StatusView view;
  if (desired_) {
    view.revision = desired_->revision;
    view.diagnostics = all_diagnostics(*desired_);
  }
  view.source_error = source_error_;
  view.source_checked = source_checked_;
  for (const auto& [id, entry] : targets_.entries()) view.targets.push_back(entry.progress.status);
  return view;
}

Result<std::string> ControlLoop::sync(const SyncRequest& request) {
  // Before the first read nobody knows what there is: then the operation tells.
  if (desired_ && !request.filter.matches_all() && targets_.matching(request.filter).empty())
    return no_match(request.filter);
  if (request.allow_removal) {
    for (auto& [name, lane] : lanes_) lane->full_due = true;
    for (auto& [name, lane] : lanes_) enqueue_instance(name, "sync");
  }
  auto id = operations_.begin(request, refreshing_);
  refresh_source();
  return id;
}

Result<OperationView> ControlLoop::operation(const std::string& id) const { return operations_.view(id, targets_); }

bool ControlLoop::watches(const std::vector<std::string>& repository_urls, const std::string& ref) const {
  if (ref != "refs/heads/" + settings_.branch) return false;
  const auto own = repository_key(settings_.source_url);
  for (const auto& url : repository_urls) {
    if (repository_key(url) == own) return true;
  }
  return false;
}

std::string ControlLoop::not_ready_reason() const {
  if (desired_) return {};
  return source_error_.empty() ? "the source has not been read yet" : source_error_;
}

}  // namespace plimsoll::controller
