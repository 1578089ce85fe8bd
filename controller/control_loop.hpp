#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/control_api.hpp"
#include "controller/elastic_pool.hpp"
#include "controller/event_log.hpp"
#include "controller/event_loop.hpp"
#include "controller/http/metrics.hpp"
#include "controller/instance_lane.hpp"
#include "controller/operations.hpp"
#include "controller/source_loader.hpp"
#include "controller/target_table.hpp"
#include "ports/clock.hpp"
#include "ports/container_engine.hpp"
#include "ports/decision_store.hpp"
#include "ports/engine_events.hpp"
#include "ports/state_store.hpp"
#include "reconcile/image_cleanup.hpp"
#include "reconcile/pass.hpp"
#include "reconcile/retry_table.hpp"
#include "reconcile/work_queue.hpp"

namespace plimsoll::controller {

/// Makes the adapters that depend on the instances of the manifests.
class InstanceAdapters {
 public:
  virtual ~InstanceAdapters() = default;
  /// `rejected` when the instance cannot be used as written.
  virtual Result<std::unique_ptr<ports::ContainerEngine>> make_engine(const InstanceSpec& spec) = 0;
  /// The event streams of these instances. Engines made before hear them too.
  virtual std::unique_ptr<ports::EngineEvents> make_events(const std::vector<InstanceSpec>& instances) = 0;
};

/// What the loop works with. References must outlive it.
struct LoopPorts {
  SourceLoader& source;   ///< used by the source thread only
  SourceLoader& queries;  ///< used by the query threads, one at a time
  ports::StateStore& store;
  ports::DecisionStore& decisions;  ///< used by the loop thread only
  ports::Clock& clock;
  InstanceAdapters& instances;
  Metrics& metrics;
  std::function<double()> jitter;  ///< uniform in [0, 1); called on the loop thread
};

/// What the loop is told once, at its start.
struct LoopSettings {
  Millis poll_interval{60'000};
  Millis observe_limit{15'000};
  std::string branch;
  std::string source_url;
  bool once = false;  ///< call `on_settled` once everything is settled, and never poll
  std::function<void(bool all_good)> on_settled;
};

/// The controller's heart: owns the queue, the targets and the timers, and moves work between the source, the instances
/// and the store. All members run on the thread of the event loop; blocking work happens on pools, whose outcomes are
/// posted back. Poll, webhook, engine events and timers only enqueue.
class ControlLoop final : public ControlApi {
 public:
  ControlLoop(EventLoop& loop, LoopPorts ports, LoopSettings settings);
  ~ControlLoop() override;

  /// Loads operators' decisions and retry times and asks for the first refresh. Fails when the decisions cannot be
  /// read: what somebody held back must not go on by itself.
  Result<void> start();
  /// Cancels everything that runs and waits for it; within 5 s. No callback is called afterwards.
  void stop();

  [[nodiscard]] StatusView status() const override;
  Result<std::string> sync(const SyncRequest& request) override;
  [[nodiscard]] Result<OperationView> operation(const std::string& id) const override;
  Result<void> suspend(const TargetFilter& filter) override;
  Result<std::vector<std::string>> resume(const TargetFilter& filter) override;
  void rollback(RollbackRequest request, std::function<void(Result<RollbackView>)> done) override;
  [[nodiscard]] std::vector<Event> events(const TargetFilter& filter, std::size_t limit) const override;
  void logs(const LogsRequest& request, std::function<void(Result<std::vector<ContainerLog>>)> done) override;
  void diff(DiffRequest request, std::function<void(Result<DiffView>)> done) override;
  void history(TargetId filter, int limit, std::function<void(Result<std::vector<ports::HistoryEntry>>)> done) override;
  void refresh_source() override;
  [[nodiscard]] bool watches(const std::vector<std::string>& repository_urls, const std::string& ref) const override;
  [[nodiscard]] std::string not_ready_reason() const override;

 private:
  using Lane = std::shared_ptr<InstanceLane>;
  using Lanes = std::map<std::string, Lane>;

  // Source (control_loop_source.cpp).
  void on_source(SourceOutcome outcome, Millis duration);
  void take_over(const SourceOutcome& outcome);
  void update_lanes(const DesiredState& state);
  void watch_events(const DesiredState& state);
  void arm_poll();

  // Passes (control_loop_passes.cpp).
  void enqueue(const TargetId& id, Instant due, const std::string& cause);
  void enqueue_instance(const std::string& instance, const std::string& cause);
  void on_event(const ports::EngineEvent& event);
  void dispatch_soon();
  void dispatch();
  void arm_queue();
  void observe(const Lane& lane);
  void on_observed(const Lane& lane, const std::set<TargetId>& batch, bool full, Result<ObservedInstance> result);
  void on_unobserved(const Lane& lane, const std::set<TargetId>& batch, const Error& error);
  void run(const Lane& lane, const TargetId& id, const ObservedInstance& observed);
  void on_pass(const Lane& lane, const TargetId& id, const reconcile::PassOutcome& outcome, Millis duration);

  // Removal (control_loop_removal.cpp).
  void adopt_orphans(const InstanceLane& lane, const ObservedInstance& observed);
  void decide_removals();

  // Images that nothing needs any more (control_loop_images.cpp).
  void record_images(const Lane& lane, const TargetId& id, TargetEntry& entry, const reconcile::PassOutcome& outcome);
  void clean_images(const Lane& lane);
  [[nodiscard]] reconcile::ImageNeeds image_needs(const std::string& engine,
                                                  const std::vector<ports::ImageRecord>& records) const;
  void remove_unused(const Lane& lane, Result<std::vector<ports::ImageRecord>> records);
  bool waits_for_cleanup(const Lane& lane, const TargetId& id, TargetEntry& entry);
  void end_cleanup(const Lane& lane, const std::vector<ports::ImageRecord>& gone);

  // Records and endings (control_loop_records.cpp).
  bool update_history(const TargetId& id, TargetEntry& entry, const reconcile::PassOutcome& outcome, Millis duration);
  void write_history(const TargetEntry& entry);
  void write_retries(const TargetId& id);
  void after_change();

  // Operators' decisions (control_loop_decisions.cpp).
  Result<void> decide(Decisions next, const std::string& what);
  void end_pins(const std::vector<Pin>& ended);
  [[nodiscard]] Result<Pin> find_rollback(const RollbackRequest& request, const DesiredState& branch,
                                          const std::string& in_force);

  // Events and logs (control_loop_events.cpp).
  void note_change(TargetEntry& entry, const TargetStatus& status);
  void note_steps(const TargetId& target, const reconcile::PassOutcome& outcome);
  void fetch_logs(std::vector<ContainerLog> wanted, int lines, std::function<void(std::vector<ContainerLog>)> done);

  // Questions (control_loop_queries.cpp).
  [[nodiscard]] DiffView make_diff(const DesiredState& desired, const TargetFilter& filter, const Lanes& lanes);
  void add_removals(const DesiredState& desired, const TargetFilter& filter, const Lanes& lanes,
                    const std::map<std::string, Result<ObservedInstance>>& observed, DiffView& view) const;

  /// Runs `callback` on the loop thread; never after `stop`. Any thread.
  void post_to_loop(std::function<void()> callback);

  EventLoop& loop_;
  LoopPorts ports_;
  LoopSettings settings_;
  EventLoop::Timer queue_timer_;
  EventLoop::Timer poll_timer_;

  std::shared_ptr<const DesiredState> desired_;
  std::shared_ptr<const DesiredState> branch_;  ///< before operators' decisions
  Decisions decisions_;
  std::string author_, subject_;
  std::string source_error_;
  std::optional<Instant> source_checked_;
  bool refreshing_ = false, refresh_again_ = false;
  bool allow_removal_ = false;
  std::string removal_allowed_;       ///< the commit whose removals `sync --allow-removal` let through
  std::string removal_held_;          ///< why nothing is removed now; empty when nothing is held
  std::set<TargetId> vanished_;       ///< targets that earlier revisions named, for the guard
  std::map<TargetId, bool> orphans_;  ///< found on an instance, named by no manifest; true: with containers
  std::set<TargetId>
      removable_;  ///< orphans that the guard lets go; no other target without a desired state gets a pass

  TargetTable targets_;
  Operations operations_;
  EventLog event_log_;
  reconcile::WorkQueue queue_;
  reconcile::RetryTable retries_;
  Lanes lanes_;
  std::list<Lane> retired_;  ///< of instances that changed or went; their work is being cancelled
  std::unique_ptr<ports::EngineEvents> events_;
  std::vector<InstanceSpec> watched_;

  bool dispatching_ = false;
  bool stopping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::stop_source stop_;
  ElasticPool source_pool_{1};
  ElasticPool records_pool_{1};
  ElasticPool query_pool_{4};
  std::mutex queries_mutex_;  ///< guards `ports_.queries`
};

}  // namespace plimsoll::controller
