#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/control_api.hpp"

namespace plimsoll::controller {

/// A control loop that answers what a test put in, and remembers what it was asked.
class FakeControl final : public ControlApi {
 public:
  StatusView view;
  std::vector<OperationView> operations;  ///< what `operation` answers, one after the other; the last one stays
  Result<DiffView> diff_answer = DiffView{};
  std::vector<ports::HistoryEntry> entries;
  std::string not_ready;
  std::string watched_url = "https://git.example.org/acme/manifests.git";
  std::string watched_ref = "refs/heads/main";

  std::vector<std::string> resume_answer;
  Result<RollbackView> rollback_answer = RollbackView{"dev", "web", "4f1c2d3e5a6b7c8d9e0f11223344556677889900", 7};

  std::vector<Event> happened;
  std::vector<ContainerLog> written;
  std::optional<Error> written_error;
  std::vector<LogsRequest> logs_asked;
  std::vector<TargetFilter> suspended, resumed;
  std::vector<RollbackRequest> rollbacks;
  std::vector<SyncRequest> syncs;
  std::vector<DiffRequest> diffs;
  std::vector<std::pair<TargetId, int>> history_asked;
  int refreshes = 0;

  [[nodiscard]] StatusView status() const override { return view; }
  Result<std::string> sync(const SyncRequest& request) override {
    syncs.push_back(request);
    if (request.filter.environment == "nowhere") return Error{ErrorKind::rejected, "no target matches nowhere"};
    return std::string("op-1");
  }
  [[nodiscard]] Result<OperationView> operation(const std::string& id) const override {
    if (id != "op-1" || operations.empty()) return Error{ErrorKind::missing, "no operation " + id};
    const std::size_t index = std::min(asked_++, operations.size() - 1);
    return operations[index];
  }
  Result<void> suspend(const TargetFilter& filter) override {
    if (filter.environment == "nowhere") return Error{ErrorKind::rejected, "no app matches nowhere"};
    suspended.push_back(filter);
    return {};
  }
  Result<std::vector<std::string>> resume(const TargetFilter& filter) override {
    resumed.push_back(filter);
    return resume_answer;
  }
  void rollback(RollbackRequest request, std::function<void(Result<RollbackView>)> done) override {
    rollbacks.push_back(request);
    done(rollback_answer);
  }
  [[nodiscard]] std::vector<Event> events(const TargetFilter&, std::size_t limit) const override {
    return {happened.begin(), happened.begin() + static_cast<std::ptrdiff_t>(std::min(limit, happened.size()))};
  }
  void logs(const LogsRequest& request, std::function<void(Result<std::vector<ContainerLog>>)> done) override {
    logs_asked.push_back(request);
    if (written_error) return done(*written_error);
    done(written);
  }
  void diff(DiffRequest request, std::function<void(Result<DiffView>)> done) override {
    diffs.push_back(std::move(request));
    done(diff_answer);
  }
  void history(TargetId filter, int limit,
               std::function<void(Result<std::vector<ports::HistoryEntry>>)> done) override {
    history_asked.emplace_back(std::move(filter), limit);
    done(entries);
  }
  void refresh_source() override { ++refreshes; }
  [[nodiscard]] bool watches(const std::vector<std::string>& repository_urls, const std::string& ref) const override {
    for (const std::string& url : repository_urls) {
      if (url == watched_url && ref == watched_ref) return true;
    }
    return false;
  }
  [[nodiscard]] std::string not_ready_reason() const override { return not_ready; }

 private:
  mutable std::size_t asked_ = 0;
};

/// A status with a good target and a rolled-back one.
[[nodiscard]] inline StatusView example_status() {
  const Revision revision{"main", "4f1c2d3e5a6b7c8d9e0f11223344556677889900"};
  StatusView view;
  view.revision = revision;
  TargetStatus backend;
  backend.id = {"dev", "backend", "dev-1"};
  backend.sync = SyncStatus::synced;
  backend.health = Health::healthy;
  backend.revision = revision;
  backend.services = {
      {"api", "ghcr.io/acme/api:1.4.2", {{"0123456789abcdef", "dev-backend-api-1", "running", "healthy"}}}};
  TargetStatus frontend;
  frontend.id = {"dev", "frontend", "dev-1"};
  frontend.sync = SyncStatus::out_of_sync;
  frontend.health = Health::degraded;
  frontend.reason = std::string(reason::kRolledBack);
  frontend.message = "web: unhealthy after 30s";
  frontend.revision = revision;
  frontend.services = {{"web", "ghcr.io/acme/web@sha256:aabbccddeeff", {}}};
  view.targets = {backend, frontend};
  return view;
}

}  // namespace plimsoll::controller
