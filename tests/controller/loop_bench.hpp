#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <new>
#include <stdexcept>
#include <tuple>

#include "controller/control_loop.hpp"
#include "ports/decision_store.hpp"
#include "support/memory_engine.hpp"
#include "support/memory_git.hpp"

namespace plimsoll::controller {

inline constexpr const char* kInstances =
    "instances:\n  one: { engine: unix:///one.sock }\n  two: { engine: unix:///two.sock }\n";

inline std::string compose_of(const std::string& tag) {
  return "services:\n  web:\n    image: registry.test/web:" + tag + "\n    x-plimsoll: { min_ready: 1ms }\n";
}

/// What calls to an engine wait for while it is shut. Any thread.
class Gate {
 public:
  void shut() { set(false); }
  void open() { set(true); }
  /// Lets one through, and stays shut.
  void let_one() {
    const std::lock_guard lock(mutex_);
    ++let_;
    wake_.notify_all();
  }
  [[nodiscard]] bool holds_somebody() const { return waiting_ > 0; }
  [[nodiscard]] int came() const { return came_; }  ///< how many calls by now
  Result<void> pass(const ports::Call& call) {
    std::unique_lock lock(mutex_);
    ++came_;
    ++waiting_;
    const bool passed = wake_.wait_until(lock, call.stop, call.deadline, [this] { return open_ || let_ > 0; });
    --waiting_;
    if (passed && !open_) --let_;
    if (passed) return {};
    return Error{ErrorKind::cancelled, "cancelled"};
  }

 private:
  void set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    wake_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool open_ = true;
  int let_ = 0;
  std::atomic<int> waiting_{0}, came_{0};
};

/// Calls go to an engine that outlives the lanes; removals of images and steps through a gate first, what a look found
/// through one afterwards.
class BorrowedEngine final : public ports::ContainerEngine {
 public:
  BorrowedEngine(ports::ContainerEngine& engine, Gate& removals, Gate& steps, Gate& looks, std::atomic<int>& alive)
      : engine_(engine), removals_(removals), steps_(steps), looks_(looks), alive_(alive) {
    ++alive_;
  }
  ~BorrowedEngine() override { --alive_; }
  BorrowedEngine(const BorrowedEngine&) = delete;
  BorrowedEngine& operator=(const BorrowedEngine&) = delete;
  Result<ObservedInstance> observe(const ports::ObserveScope& scope, const ports::Call& call) override {
    auto found = engine_.observe(scope, call);
    if (auto passed = looks_.pass(call); !passed) return passed.error();
    return found;
  }
  Result<ports::Applied> apply(const Action& action, const ports::ApplyContext& context,
                               const ports::Call& call) override {
    if (auto passed = steps_.pass(call); !passed) return passed.error();
    return engine_.apply(action, context, call);
  }
  Result<std::string> resolve_digest(const std::string& reference, const ports::Call& call) override {
    return engine_.resolve_digest(reference, call);
  }
  Result<ports::ImageRemoval> remove_image(const std::string& image, const std::vector<std::string>& names,
                                           const ports::Call& call) override {
    if (auto passed = removals_.pass(call); !passed) return passed.error();
    return engine_.remove_image(image, names, call);
  }
  Result<std::string> logs(const std::string& container, int lines, const ports::Call& call) override {
    return engine_.logs(container, lines, call);
  }

 private:
  ports::ContainerEngine& engine_;
  Gate& removals_;
  Gate& steps_;
  Gate& looks_;
  std::atomic<int>& alive_;
};

/// Accepts a call and says nothing until it is told to stop, like a host whose engine hangs.
class SilentEngine final : public ports::ContainerEngine {
 public:
  template <class T>
  static Result<T> hang(const ports::Call& call) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_until(lock, call.stop, call.deadline, [] { return false; });
    return Error{call.stop.stop_requested() ? ErrorKind::cancelled : ErrorKind::deadline, "the engine says nothing"};
  }
  Result<ObservedInstance> observe(const ports::ObserveScope&, const ports::Call& call) override {
    return hang<ObservedInstance>(call);
  }
  Result<ports::Applied> apply(const Action&, const ports::ApplyContext&, const ports::Call& call) override {
    return hang<ports::Applied>(call);
  }
  Result<std::string> resolve_digest(const std::string&, const ports::Call& call) override {
    return hang<std::string>(call);
  }
  Result<ports::ImageRemoval> remove_image(const std::string&, const std::vector<std::string>&,
                                           const ports::Call& call) override {
    return hang<ports::ImageRemoval>(call);
  }
  Result<std::string> logs(const std::string&, int, const ports::Call& call) override {
    return hang<std::string>(call);
  }
};

/// Throws at what it is told to, like an adapter with a bug or without memory, or says nothing while it is to hang.
class FaultyEngine final : public ports::ContainerEngine {
 public:
  explicit FaultyEngine(ports::ContainerEngine& engine) : engine_(engine) {}
  std::atomic<bool> observing = false, applying = false, logging = false, hanging = false;

  Result<ObservedInstance> observe(const ports::ObserveScope& scope, const ports::Call& call) override {
    if (observing) throw std::bad_alloc();
    if (hanging) return SilentEngine::hang<ObservedInstance>(call);
    return engine_.observe(scope, call);
  }
  Result<ports::Applied> apply(const Action& action, const ports::ApplyContext& context,
                               const ports::Call& call) override {
    if (applying) throw std::out_of_range("map::at");
    return engine_.apply(action, context, call);
  }
  Result<std::string> resolve_digest(const std::string& reference, const ports::Call& call) override {
    return engine_.resolve_digest(reference, call);
  }
  Result<ports::ImageRemoval> remove_image(const std::string& image, const std::vector<std::string>& names,
                                           const ports::Call& call) override {
    return engine_.remove_image(image, names, call);
  }
  Result<std::string> logs(const std::string& container, int lines, const ports::Call& call) override {
    if (logging) throw 7;
    if (hanging) return SilentEngine::hang<std::string>(call);
    return engine_.logs(container, lines, call);
  }

 private:
  ports::ContainerEngine& engine_;
};

/// Secrets by name, none at first. Any thread.
class MemorySecrets final : public ports::SecretSource {
 public:
  void set(const std::string& name, const std::string& value) {
    const std::lock_guard lock(mutex_);
    values_[name] = value;
  }
  Result<Secret> read(const std::string&, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(name);
    if (found == values_.end()) return Error{ErrorKind::rejected, "no secret " + name};
    return Secret(std::string(found->second));
  }
  std::vector<Secret> all(const std::string&) override {
    const std::lock_guard lock(mutex_);
    std::vector<Secret> found;
    for (const auto& [name, value] : values_) found.emplace_back(std::string(value));
    return found;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> values_;
};

/// History and image records in memory; retry times are taken and forgotten.
class MemoryStore final : public ports::StateStore {
 public:
  Gate recording;  ///< what is to be recorded waits here
  Result<std::int64_t> record(const ports::HistoryEntry& entry) override {
    if (const auto passed = recording.pass(ports::within(Millis(20'000))); !passed) return passed.error();
    const std::lock_guard lock(mutex_);
    auto copy = entry;
    if (copy.id == 0) {
      copy.id = static_cast<std::int64_t>(entries_.size()) + 1;
      entries_.push_back(copy);
    } else {
      entries_[static_cast<std::size_t>(copy.id - 1)] = copy;
    }
    return copy.id;
  }
  Result<std::vector<ports::HistoryEntry>> history(const TargetId& filter, int) override {
    const std::lock_guard lock(mutex_);
    std::vector<ports::HistoryEntry> found;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (filter.app.empty() || filter.app == entry->target.app) found.push_back(*entry);
    }
    return found;
  }
  Result<std::vector<ports::HistoryEntry>> unfinished() override {
    const std::lock_guard lock(mutex_);
    std::vector<ports::HistoryEntry> found;
    for (const auto& entry : entries_) {
      if (!entry.finished_at) found.push_back(entry);
    }
    return found;
  }
  Result<void> save_retry(const ports::RetryEntry&) override { return {}; }
  Result<void> clear_retry(const TargetId&) override { return {}; }
  Result<std::vector<ports::RetryEntry>> retries() override { return std::vector<ports::RetryEntry>{}; }
  Result<void> record_images(const std::vector<ports::ImageRecord>& records) override {
    const std::lock_guard lock(mutex_);
    for (const auto& one : records) {
      auto& known = images_.emplace(key_of(one), one).first->second;
      known.pulled = known.pulled || one.pulled;
      if (one.deployed_at) known.deployed_at = one.deployed_at;
    }
    return {};
  }
  Result<std::vector<ports::ImageRecord>> images(const std::string& engine) override {
    const std::lock_guard lock(mutex_);
    std::vector<ports::ImageRecord> found;
    for (const auto& [key, one] : images_) {
      if (one.engine == engine) found.push_back(one);
    }
    return found;
  }
  Result<void> forget_images(const std::vector<ports::ImageRecord>& records) override {
    const std::lock_guard lock(mutex_);
    for (const auto& one : records) images_.erase(key_of(one));
    return {};
  }

 private:
  using ImageKey = std::tuple<TargetId, std::string, std::string, std::string, std::string>;
  static ImageKey key_of(const ports::ImageRecord& one) {
    return {one.target, one.service, one.engine, one.reference, one.digest};
  }
  std::mutex mutex_;
  std::vector<ports::HistoryEntry> entries_;
  std::map<ImageKey, ports::ImageRecord> images_;
};

class MemoryDecisions final : public ports::DecisionStore {
 public:
  Result<Decisions> load() override { return saved; }
  Result<void> save(const Decisions& decisions) override {
    if (broken) return Error{ErrorKind::transient, "no space left"};
    saved = decisions;
    return {};
  }
  Decisions saved;
  bool broken = false;
};

class NoEvents final : public ports::EngineEvents {
 public:
  void start(Handler) override {}
  void stop() override {}
};

class RealClock final : public ports::Clock {
 public:
  [[nodiscard]] Instant now() const override {
    return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  }
};

/// A loop over two engines in memory, one of which may be silent.
struct Bench : InstanceAdapters {
  EventLoop events;
  test::MemoryGit git;
  MemorySecrets secrets;
  MemoryStore store;
  MemoryDecisions decisions;
  RealClock clock;
  test::MemoryEngine one{clock.now()}, two{clock.now()};
  SilentEngine silent;
  FaultyEngine faulty{one};
  Gate removals, steps, looks;
  std::atomic<int> engines_alive = 0;  ///< that lanes own
  bool two_is_silent = false;
  Metrics metrics{"test"};
  SourceLoader source{git, secrets, {"main", "key", Millis(1000)}};
  SourceLoader queries{git, secrets, {"main", "key", Millis(1000)}};
  SourceLoader rollbacks{git, secrets, {"main", "key", Millis(1000)}};
  std::unique_ptr<ControlLoop> loop;

  Bench() {
    for (auto* engine : {&one, &two}) {
      engine->images["registry.test/web:1"] = {};
      engine->images["registry.test/web:2"] = {};
    }
  }
  void start(std::function<void(bool)> once = {}) {
    LoopSettings settings;
    settings.once = once != nullptr;
    settings.on_settled = std::move(once);
    settings.branch = "main";
    settings.source_url = "https://git.test/manifests";
    loop = std::make_unique<ControlLoop>(
        events, LoopPorts{source, queries, rollbacks, store, decisions, clock, *this, metrics, [] { return 0.5; }},
        settings);
    REQUIRE(loop->start());
  }
  ~Bench() override {
    if (loop) loop->stop();
  }
  Result<std::unique_ptr<ports::ContainerEngine>> make_engine(const InstanceSpec& spec) override {
    if (spec.engine.starts_with("ssh://")) return Error{ErrorKind::rejected, "ssh:// is not yet supported"};
    ports::ContainerEngine& engine = spec.name == "one"
                                         ? static_cast<ports::ContainerEngine&>(faulty)
                                         : (two_is_silent ? static_cast<ports::ContainerEngine&>(silent) : two);
    return std::unique_ptr<ports::ContainerEngine>(new BorrowedEngine(engine, removals, steps, looks, engines_alive));
  }
  std::unique_ptr<ports::EngineEvents> make_events(const std::vector<InstanceSpec>&) override {
    return std::make_unique<NoEvents>();
  }

  /// Runs the loop until `done`, letting the engines' time pass with the real one; fails after 20 s.
  void until(const std::string& what, const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      INFO("waiting for " << what);
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      events.run_for(Millis(5));
      for (auto* engine : {&one, &two}) {
        if (clock.now() > engine->now()) engine->advance(clock.now() - engine->now());
      }
    }
  }
  [[nodiscard]] const TargetStatus* status(const std::string& app, const std::string& instance) const {
    view_ = loop->status();
    for (const auto& target : view_.targets) {
      if (target.id.app == app && target.id.instance == instance) return &target;
    }
    return nullptr;
  }
  [[nodiscard]] bool good(const std::string& app, const std::string& instance, const std::string& image) const {
    const auto* one_status = status(app, instance);
    return one_status != nullptr && one_status->sync == SyncStatus::synced && one_status->health == Health::healthy &&
           one_status->services.size() == 1 && one_status->services[0].image == image &&
           one_status->services[0].containers.size() == 1;
  }
  mutable StatusView view_;
};

inline test::MemoryGit::Tree tree(const std::string& tag, const std::string& apps) {
  return {{"instances.yaml", kInstances},
          {"apps/web/compose.yaml", compose_of(tag)},
          {"apps/other/compose.yaml", compose_of("1")},
          {"apps/third/compose.yaml", compose_of("1")},
          {"environments/dev.yaml", "environment: dev\ninstances: [one]\napps:\n" + apps}};
}

}  // namespace plimsoll::controller
