// Steps that run side by side: `execute` with `at_once` above 1.
#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>

#include "reconcile/executor.hpp"
#include "reconcile/recording_engine.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using namespace plimsoll::reconcile;
using test::RecordingEngine;

namespace {

/// Says when so many are in it at once; who comes waits for the others, but not for ever.
class Meeting {
 public:
  explicit Meeting(int size) : missing_(size) {}
  bool meet() {
    std::unique_lock lock(mutex_);
    --missing_;
    changed_.notify_all();
    return changed_.wait_for(lock, 20s, [this] { return missing_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int missing_;
};

/// Not thread-safe on purpose: the executor promises one call at a time, and TSan looks.
struct Counting final : ProgressSink {
  std::vector<std::string> begun, ended;
  bool throw_at_end = false;
  void step_started(const TargetId& /*target*/, const Step& step) override { begun.push_back(to_string(step)); }
  void step_finished(const TargetId& /*target*/, const ExecutedStep& done) override {
    if (throw_at_end) throw std::bad_alloc();
    ended.push_back(to_string(done.step));
  }
  void pull_progress(const TargetId& /*target*/, const ports::PullProgress& progress) override {
    begun.push_back(progress.reference);
  }
};

struct Bench {
  RecordingEngine engine;
  Counting heard;
  DesiredTarget desired;
  Plan plan;
  std::stop_source stop;

  void service(const std::string& name, const std::string& depends_on = {}) {
    DesiredService made;
    made.spec.name = name;
    if (!depends_on.empty()) made.depends_on.push_back({.service = depends_on});
    desired.services.push_back(made);
  }
  void start(const std::string& name) { plan.steps.push_back({name, StartContainer{{"", name}}, ""}); }
  void stop_old(const std::string& name) { plan.steps.push_back({name, StopContainer{{"", name}, {}}, ""}); }
  Execution run(std::size_t at_once) {
    plan.target = desired.id = {"dev", "shop", "one"};
    return execute({.plan = plan,
                    .desired = &desired,
                    .engine = engine,
                    .progress = heard,
                    .stop = stop.get_token(),
                    .at_once = at_once});
  }
};

}  // namespace

TEST_CASE("steps of services that have nothing to do with each other run side by side") {
  Bench bench;
  for (const auto* name : {"a", "b", "c"}) {
    bench.service(name);
    bench.start(name);
  }
  Meeting all(3);
  std::atomic<int> met = 0;
  bench.engine.on_apply = [&](const Action&) { met += all.meet() ? 1 : 0; };
  CHECK(bench.run(3).steps.size() == 3);
  CHECK(met == 3);
}

TEST_CASE("no more steps run side by side than allowed, each once, those of one service in order") {
  Bench bench;
  for (int i = 0; i < 20; ++i) bench.service("s" + std::to_string(i));
  for (const auto& service : bench.desired.services) bench.stop_old(service.spec.name);
  for (const auto& service : bench.desired.services) bench.start(service.spec.name);
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  bench.engine.on_apply = [&](const Action&) {
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::yield();
    --inside;
  };
  CHECK(bench.run(4).steps.size() == 40);
  CHECK(most <= 4);
  const auto lines = bench.engine.lines();
  REQUIRE(lines.size() == 40);
  for (const auto& service : bench.desired.services) {
    const auto& name = service.spec.name;
    const auto stopped = std::find(lines.begin(), lines.end(), "StopContainer " + name);
    const auto started = std::find(lines.begin(), lines.end(), "StartContainer " + name);
    REQUIRE(started != lines.end());
    CHECK(stopped < started);
  }
  CHECK(bench.heard.begun.size() == 40);
  CHECK(bench.heard.ended.size() == 40);
}

TEST_CASE("a failed step holds back what depends on it, whatever else runs beside it") {
  Bench bench;
  bench.service("db");
  bench.service("api", "db");
  bench.service("mail");
  for (const auto* name : {"db", "api", "mail"}) bench.start(name);
  bench.engine.failures["StartContainer db"] = {ErrorKind::rejected, "no such device"};
  const auto done = bench.run(3);
  CHECK(done.steps.size() == 2);
  CHECK(done.errors.size() == 1);
  CHECK(done.errors.at("db").message == "no such device");
}

TEST_CASE("when it is told to stop, what runs is waited for and nothing else begins") {
  Bench bench;
  for (int i = 0; i < 6; ++i) {
    bench.service("s" + std::to_string(i));
    bench.start("s" + std::to_string(i));
  }
  Meeting both(2);
  bench.engine.on_apply = [&](const Action&) {
    both.meet();
    bench.stop.request_stop();
  };
  const auto done = bench.run(2);
  CHECK(done.stopped);
  CHECK(done.steps.size() == 2);
  CHECK(bench.engine.asked.size() == 2);
}

TEST_CASE("the progress of two pulls is heard one call at a time") {
  Bench bench;
  for (const auto* name : {"a", "b"}) {
    bench.service(name);
    bench.plan.steps.push_back({name, EnsureImage{name, std::string("acme/") + name, "", ""}, ""});
  }
  Meeting both(2);
  bench.engine.on_apply = [&](const Action&) { both.meet(); };
  CHECK(bench.run(2).steps.size() == 2);
  CHECK(bench.heard.begun.size() == 4);  // two steps and the bytes of two pulls
}

TEST_CASE("what is thrown beside a step ends the plan with an error, on whatever thread") {
  Bench bench;
  for (int i = 0; i < 6; ++i) {
    bench.service("s" + std::to_string(i));
    bench.start("s" + std::to_string(i));
  }
  Meeting both(2);
  bench.engine.on_apply = [&](const Action&) { both.meet(); };
  bench.heard.throw_at_end = true;
  const auto done = bench.run(2);
  REQUIRE(done.errors.size() == 1);
  CHECK(done.errors.at("").message == "out of memory");
  CHECK(bench.engine.asked.size() == 2);
}
