#include "controller/control_loop.hpp"

#include <catch2/catch.hpp>

#include "support/memory_engine.hpp"
#include "support/memory_git.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

constexpr const char* kInstances =
    "instances:\n  one: { engine: unix:///one.sock }\n  two: { engine: unix:///two.sock }\n";

std::string compose(const std::string& tag) {
  return "services:\n  web:\n    image: registry.test/web:" + tag + "\n    x-plimsoll: { min_ready: 1ms }\n";
}

/// Calls go to an engine that outlives the lanes.
class BorrowedEngine final : public ports::ContainerEngine {
 public:
  explicit BorrowedEngine(ports::ContainerEngine& engine) : engine_(engine) {}
  Result<ports::EngineInfo> info(const ports::Call& call) override { return engine_.info(call); }
  Result<ObservedInstance> observe(const ports::ObserveScope& scope, const ports::Call& call) override {
    return engine_.observe(scope, call);
  }
  Result<ports::Applied> apply(const Action& action, const ports::ApplyContext& context,
                               const ports::Call& call) override {
    return engine_.apply(action, context, call);
  }
  Result<std::string> resolve_digest(const std::string& reference, const ports::Call& call) override {
    return engine_.resolve_digest(reference, call);
  }
  Result<std::string> logs(const std::string& container, int lines, const ports::Call& call) override {
    return engine_.logs(container, lines, call);
  }

 private:
  ports::ContainerEngine& engine_;
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
  Result<ports::EngineInfo> info(const ports::Call& call) override { return hang<ports::EngineInfo>(call); }
  Result<ObservedInstance> observe(const ports::ObserveScope&, const ports::Call& call) override {
    return hang<ObservedInstance>(call);
  }
  Result<ports::Applied> apply(const Action&, const ports::ApplyContext&, const ports::Call& call) override {
    return hang<ports::Applied>(call);
  }
  Result<std::string> resolve_digest(const std::string&, const ports::Call& call) override {
    return hang<std::string>(call);
  }
  Result<std::string> logs(const std::string&, int, const ports::Call& call) override {
    return hang<std::string>(call);
  }
};

class NoSecrets final : public ports::SecretSource {
 public:
  Result<Secret> read(const std::string&, const std::string& name) override {
    return Error{ErrorKind::rejected, "no secret " + name};
  }
};

/// History in memory; retry times are taken and forgotten.
class MemoryStore final : public ports::StateStore {
 public:
  Result<std::int64_t> record(const ports::HistoryEntry& entry) override {
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
  Result<std::vector<ports::HistoryEntry>> history(const TargetId&, int) override {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  Result<void> save_retry(const ports::RetryEntry&) override { return {}; }
  Result<void> clear_retry(const TargetId&) override { return {}; }
  Result<std::vector<ports::RetryEntry>> retries() override { return std::vector<ports::RetryEntry>{}; }
  Result<std::optional<std::string>> last_commit() override { return std::optional<std::string>{}; }
  Result<void> save_last_commit(const std::string&) override { return {}; }

 private:
  std::mutex mutex_;
  std::vector<ports::HistoryEntry> entries_;
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
struct Bench final : InstanceAdapters {
  EventLoop events;
  test::MemoryGit git;
  NoSecrets secrets;
  MemoryStore store;
  RealClock clock;
  test::MemoryEngine one{clock.now()}, two{clock.now()};
  SilentEngine silent;
  bool two_is_silent = false;
  Metrics metrics{"test"};
  SourceLoader source{git, secrets, {"main", "key", Millis(1000)}};
  SourceLoader queries{git, secrets, {"main", "key", Millis(1000)}};
  std::unique_ptr<ControlLoop> loop;

  Bench() {
    for (auto* engine : {&one, &two}) {
      engine->images["registry.test/web:1"] = {};
      engine->images["registry.test/web:2"] = {};
    }
  }
  void start() {
    LoopSettings settings;
    settings.branch = "main";
    settings.source_url = "https://git.test/manifests";
    loop = std::make_unique<ControlLoop>(
        events, LoopPorts{source, queries, store, clock, *this, metrics, [] { return 0.5; }}, settings);
    loop->start();
  }
  ~Bench() override {
    if (loop) loop->stop();
  }
  Result<std::unique_ptr<ports::ContainerEngine>> make_engine(const InstanceSpec& spec) override {
    ports::ContainerEngine& engine = spec.name == "one"
                                         ? static_cast<ports::ContainerEngine&>(one)
                                         : (two_is_silent ? static_cast<ports::ContainerEngine&>(silent) : two);
    return std::unique_ptr<ports::ContainerEngine>(new BorrowedEngine(engine));
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

test::MemoryGit::Tree tree(const std::string& tag, const std::string& apps) {
  return {{"instances.yaml", kInstances},
          {"apps/web/compose.yaml", compose(tag)},
          {"apps/other/compose.yaml", compose("1")},
          {"apps/third/compose.yaml", compose("1")},
          {"environments/dev.yaml", "environment: dev\ninstances: [one]\napps:\n" + apps}};
}

}  // namespace

TEST_CASE("a commit becomes containers, and the next commit replaces them") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the first deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  CHECK(bench.loop->not_ready_reason().empty());

  bench.git.commit(tree("2", "  web: {}\n"));
  bench.loop->refresh_source();
  bench.until("the second deployment", [&] { return bench.good("web", "one", "registry.test/web:2"); });
  CHECK(bench.one.containers().size() == 1);
}

TEST_CASE("an instance that says nothing delays no other") {
  Bench bench;
  bench.two_is_silent = true;
  bench.git.commit(tree("1", "  other: { instances: [two] }\n  third: { instances: [two] }\n  web: {}\n"));
  const auto begin = std::chrono::steady_clock::now();
  bench.start();
  bench.until("the healthy instance", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("one broken app keeps what it has and stops no other") {
  Bench bench;
  bench.git.commit(tree("1", "  other: {}\n  web: {}\n"));
  bench.start();
  bench.until("both", [&] {
    return bench.good("web", "one", "registry.test/web:1") && bench.good("other", "one", "registry.test/web:1");
  });
  auto broken = tree("2", "  other: {}\n  web: {}\n");
  broken["apps/other/compose.yaml"] = "services:\n  web:\n    imagee: x\n";
  bench.git.commit(broken);
  bench.loop->refresh_source();
  bench.until("the good app", [&] { return bench.good("web", "one", "registry.test/web:2"); });
  const auto* other = bench.status("other", "one");
  REQUIRE(other != nullptr);
  CHECK(other->reason == reason::kInvalidSpec);
  CHECK(other->message.find("apps/other/compose.yaml:3") != std::string::npos);
  CHECK(bench.one.containers().size() == 2);
}

TEST_CASE("an app that leaves the manifests is removed, but not most of them at once") {
  Bench bench;
  bench.git.commit(tree("1", "  other: {}\n  third: {}\n  web: {}\n"));
  bench.start();
  bench.until("all three",
              [&] { return bench.one.containers().size() == 3 && bench.good("web", "one", "registry.test/web:1"); });

  bench.git.commit(tree("1", "  third: {}\n  web: {}\n"));
  bench.loop->refresh_source();
  bench.until("one removed",
              [&] { return bench.one.containers().size() == 2 && bench.status("other", "one") == nullptr; });

  bench.git.commit(tree("1", "  {}\n"));
  bench.loop->refresh_source();
  bench.until("the removal held", [&] {
    const auto* web = bench.status("web", "one");
    return web != nullptr && web->reason == reason::kRemovalBlocked;
  });
  CHECK(bench.one.containers().size() == 2);

  // Another revision on top does not let it through by the back door.
  auto later = tree("1", "  {}\n");
  later["environments/dev.yaml"] += "variables: { A: b }\n";
  bench.git.commit(later);
  bench.loop->refresh_source();
  bench.until("the next revision", [&] { return bench.loop->status().revision.commit.back() == '4'; });
  bench.until("still held", [&] {
    const auto* web = bench.status("web", "one");
    return web != nullptr && web->reason == reason::kRemovalBlocked;
  });
  CHECK(bench.one.containers().size() == 2);

  REQUIRE(bench.loop->sync({{}, false, true}));
  bench.until("the removal", [&] { return bench.one.containers().empty(); });
}

TEST_CASE("a source that fails keeps everything as it is and says why") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  bench.git.fail_with(Error{ErrorKind::transient, "cannot reach https://git.test: no route"});
  bench.loop->refresh_source();
  bench.until("the error", [&] { return !bench.loop->status().source_error.empty(); });
  CHECK(bench.loop->status().source_error.find("no route") != std::string::npos);
  CHECK(bench.good("web", "one", "registry.test/web:1"));
}

TEST_CASE("many asks for a refresh make few") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  const int before = bench.git.asked();
  for (int i = 0; i < 1000; ++i) bench.loop->refresh_source();
  const auto checked = bench.loop->status().source_checked;
  bench.until("the refresh", [&] { return bench.loop->status().source_checked != checked; });
  bench.until("the second", [&] { return bench.git.asked() >= before + 2; });
  CHECK(bench.git.asked() <= before + 2);
}

TEST_CASE("a sync can be followed to its end, and history tells of it") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the source", [&] { return bench.loop->not_ready_reason().empty(); });
  const auto id = bench.loop->sync({{"dev", "web"}, false, false});
  REQUIRE(id);
  bench.until("the operation", [&] {
    const auto view = bench.loop->operation(*id);
    return view && view->phase == "Succeeded";
  });
  CHECK_FALSE(bench.loop->sync({{"dev", "nothing"}, false, false}));
  CHECK_FALSE(bench.loop->operation("sync-99"));

  std::vector<ports::HistoryEntry> entries;
  bool answered = false;
  bench.loop->history({"dev", "web", ""}, 10, [&](Result<std::vector<ports::HistoryEntry>> result) {
    answered = true;
    if (result) entries = *result;
  });
  bench.until("the history", [&] { return answered; });
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].phase == "Succeeded");
  CHECK(entries[0].author == "A <a@example.org>");
}

TEST_CASE("diff tells what a sync would do, and does nothing") {
  Bench bench;
  bench.git.commit(tree("1", "  web: {}\n"));
  bench.start();
  bench.until("the deployment", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  DiffRequest request;
  request.manifests = tree("2", "  web: {}\n");
  std::optional<Result<DiffView>> answer;
  bench.loop->diff(request, [&](Result<DiffView> view) { answer = std::move(view); });
  bench.until("the diff", [&] { return answer.has_value(); });
  REQUIRE(*answer);
  REQUIRE((*answer)->targets.size() == 1);
  const auto& diff = (*answer)->targets[0];
  REQUIRE(diff.changes.size() == 1);
  CHECK(to_string(diff.changes[0].field) == "image: registry.test/web:1 → registry.test/web:2");
  CHECK_FALSE(diff.steps.empty());
  CHECK(bench.good("web", "one", "registry.test/web:1"));

  answer.reset();
  bench.loop->diff({}, [&](Result<DiffView> view) { answer = std::move(view); });
  bench.until("the empty diff", [&] { return answer.has_value(); });
  REQUIRE(*answer);
  CHECK((*answer)->targets.empty());
}
