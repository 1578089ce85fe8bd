#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "controller/control_api.hpp"
#include "controller/elastic_pool.hpp"
#include "controller/event_inbox.hpp"
#include "controller/event_log.hpp"
#include "controller/event_loop.hpp"
#include "controller/http/metrics.hpp"
#include "controller/instance_lane.hpp"
#include "controller/make_diff.hpp"
#include "controller/operations.hpp"
#include "controller/removals.hpp"
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
  SourceLoader& source;     ///< used by the source thread only
  SourceLoader& queries;    ///< used by the query threads, one at a time, but for `all_secrets`
  SourceLoader& rollbacks;  ///< used by the rollback thread only; fetches nothing
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
/// and the store. Members run on the thread of the event loop, except those that are marked and `post_to_loop`;
/// blocking work happens on pools, whose outcomes are posted back. Poll, webhook, engine events and timers only
/// enqueue.
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

  /// What a pass is given: all of it is its own.
  struct PassOrder {
    TargetId target;
    std::shared_ptr<const DesiredTarget> desired;
    SyncPolicy removal_sync;
    std::set<std::string> removal_keeps;
    TargetMemory memory;
    TargetStatus previous;
    ObservedInstance observed;
    std::shared_ptr<std::atomic<bool>> superseded;
    bool ask_registry = false;
    double jitter = 0;
  };

  // Source (control_loop_source.cpp).
  void on_source(SourceOutcome outcome, Millis duration);
  void take_over(const SourceOutcome& outcome);
  void update_lanes(const DesiredState& state);
  void retire(const Lane& lane);
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
  [[nodiscard]] bool is_retired(const Lane& lane) const;
  void queue_again(const std::set<TargetId>& batch, const std::string& cause);
  void run(const Lane& lane, const TargetId& id, const ObservedInstance& observed);
  void rest(const InstanceLane& lane, const TargetId& id, TargetEntry& entry);
  /// On a thread of the instance.
  reconcile::PassOutcome carry_out(const InstanceLane& lane, PassOrder order);
  void on_pass(const Lane& lane, const TargetId& id, const reconcile::PassOutcome& outcome, Millis duration);
  void queue_after_pass(const TargetId& id, const TargetEntry& entry, const reconcile::PassOutcome& outcome, bool newer,
                        Instant now);

  // What cannot be looked at (control_loop_unobserved.cpp).
  void on_unobserved(const Lane& lane, const std::set<TargetId>& batch, const Error& error);
  void on_unusable(const InstanceLane& lane, const std::set<TargetId>& batch);
  void show_unobserved(TargetEntry& entry, std::string_view reason, const std::string& message);

  // Removal (control_loop_removal.cpp).
  void adopt_orphans(const Lane& lane, const ObservedInstance& observed);
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
  void load_unfinished();
  void take_up(const TargetId& id, TargetEntry& entry);
  void close_abandoned();
  void abandon(ports::HistoryEntry entry, std::shared_ptr<std::int64_t> row, const std::string& why);
  bool update_history(const TargetId& id, TargetEntry& entry, const reconcile::PassOutcome& outcome, Millis duration);
  void write_history(const ports::HistoryEntry& entry, std::shared_ptr<std::int64_t> row);
  void write_retries(const TargetId& id);
  void after_change();

  // Operators' decisions (control_loop_decisions.cpp).
  Result<void> decide(Decisions next, const std::string& what);
  void end_pins(const std::vector<Pin>& ended);
  /// On the rollback thread. `entries` is the history of the app, newest first.
  [[nodiscard]] Result<Pin> find_rollback(const RollbackRequest& request, const DesiredState& branch,
                                          const std::string& in_force, const std::vector<ports::HistoryEntry>& entries);
  Result<RollbackView> put_in_force(const Pin& pin);

  // Events and logs (control_loop_events.cpp).
  void note_change(TargetEntry& entry, const TargetStatus& status);
  void note_steps(const TargetId& target, const reconcile::PassOutcome& outcome);
  void fetch_logs(ElasticPool& pool, std::vector<ContainerLog> wanted, int lines,
                  std::function<void(Result<std::vector<ContainerLog>>)> done);

  // Questions (control_loop_queries.cpp).
  [[nodiscard]] Result<void> admit_question(bool from_anybody);
  [[nodiscard]] DiffBasis diff_basis() const;
  /// On a query thread, as is the next one.
  [[nodiscard]] Result<DiffView> answer_diff(const DiffRequest& request, DiffBasis basis);
  [[nodiscard]] Result<DesiredState> load_other(const DiffRequest& request);

  /// Runs `callback` on the loop thread; never after `stop`. Any thread.
  void post_to_loop(std::function<void()> callback);
  /// Runs `work`, which returns a `Result`, on a thread of `pool`, and `then` with that on the loop thread. What `work`
  /// throws is an error of kind `internal`; that there is no thread for it is an error, too. Whoever waits for an
  /// outcome gets one, but for after `stop`.
  template <class Work, class Then>
  void ask(ElasticPool& pool, Work work, Then then);
  /// Runs `task` on the records thread; nobody waits for it.
  void write(std::function<void()> task);

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

  Removals removals_;  ///< no other target without a desired state than what it lets go gets a pass
  TargetTable targets_;
  /// Operations that an earlier run began, until they are taken up.
  std::map<TargetId, ports::HistoryEntry> unfinished_;
  Operations operations_;
  EventLog event_log_;
  reconcile::WorkQueue queue_;
  reconcile::RetryTable retries_;
  Lanes lanes_;
  std::list<Lane> retired_;  ///< of instances that changed or went, until their threads have ended
  std::unique_ptr<ports::EngineEvents> events_;
  std::shared_ptr<EventInbox> inbox_ = std::make_shared<EventInbox>();  ///< outlives streams that end by and by
  std::vector<InstanceSpec> watched_;

  bool dispatching_ = false;
  bool stopping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::stop_source stop_;
  ElasticPool source_pool_{1};
  ElasticPool records_pool_{1};
  ElasticPool endings_pool_{1};  ///< waits for the threads of retired lanes
  ElasticPool query_pool_{4};
  ElasticPool rollback_pool_{1};  ///< of its own: what takes an app back must not wait for those who look on
  std::size_t questions_ = 0;     ///< that the query threads answer or are to answer
  std::mutex queries_mutex_;      ///< guards `ports_.queries`
};

template <class Work, class Then>
void ControlLoop::ask(ElasticPool& pool, Work work, Then then) {
  struct Job {
    Work work;
    Then then;
    std::optional<std::invoke_result_t<Work&>> outcome;
  };
  const auto job = std::make_shared<Job>(Job{std::move(work), std::move(then), std::nullopt});
  const auto hand_over = [this, job] {
    post_to_loop([job] {
      auto tell = std::move(job->then);  // what it holds goes on the loop thread
      tell(std::move(*job->outcome));
    });
  };
  const auto posted = pool.post([job, hand_over] {
    job->outcome.emplace(attempt(job->work));
    // Only for want of memory can this fail, and an outcome that got lost would be waited for for ever.
    while (!attempt([&] { return hand_over(), Result<void>(); })) std::this_thread::sleep_for(Millis(100));
  });
  if (posted) return;
  job->outcome.emplace(posted.error());
  hand_over();
}

}  // namespace plimsoll::controller
