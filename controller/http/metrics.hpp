#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "controller/control_api.hpp"

namespace plimsoll::controller {

/// The metrics that API.md lists, in the Prometheus text format. Thread-safe: workers count, the loop thread renders.
class Metrics {
 public:
  using Seconds = std::chrono::duration<double>;

  explicit Metrics(const std::string& version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// An operation ended; `plimsoll_sync_total` counts them by phase.
  void count_sync(OperationPhase phase);
  /// One pass over one target (`plimsoll_reconcile_duration_seconds`).
  void observe_reconcile(Seconds duration);
  /// One request to the git server, `fetch` or `ls-remote` (`plimsoll_git_request_…`).
  void count_git_request(const std::string& request_type, Seconds duration);
  /// One request to `/api/webhook` (`plimsoll_webhook_requests_total`).
  void count_webhook(const std::string& result);
  /// One pulled image (`plimsoll_image_pull_duration_seconds`).
  void observe_image_pull(Seconds duration);
  /// Everything as text; `plimsoll_app_info` and the source's gauges are made from `view`, so that targets that are
  /// gone are gone here too.
  [[nodiscard]] std::string render(const StatusView& view) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plimsoll::controller
