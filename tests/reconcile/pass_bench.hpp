#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reconcile/pass.hpp"
#include "support/memory_engine.hpp"

namespace plimsoll::test {

/// The in-memory engine's clock as the port.
class EngineClock final : public ports::Clock {
 public:
  explicit EngineClock(const MemoryEngine& engine) : engine_(engine) {}
  [[nodiscard]] Instant now() const override { return engine_.now(); }

 private:
  const MemoryEngine& engine_;
};

/// A service with an image, as the loaders would hand it over; its digest follows the image.
inline DesiredService make_service(const std::string& name, const std::string& image) {
  DesiredService service;
  service.spec.name = name;
  service.spec.image = image;
  service.spec.restart.name = "unless-stopped";
  service.spec.networks = {{.network = "dev-backend_default"}};
  service.canonical = {{"image", image}, {"restart", "unless-stopped"}};
  service.digest = "v1:" + image;
  return service;
}

/// Hears nothing.
class SilentProgress final : public reconcile::ProgressSink {
 public:
  void step_started(const TargetId& /*target*/, const Step& /*step*/) override {}
  void step_finished(const TargetId& /*target*/, const reconcile::ExecutedStep& /*done*/) override {}
  void pull_progress(const TargetId& /*target*/, const ports::PullProgress& /*progress*/) override {}
};

/// One target on one in-memory engine, with everything that outlives a pass: what the control loop would keep.
class PassBench {
 public:
  MemoryEngine engine;
  EngineClock clock{engine};
  SilentProgress silent;
  TargetId target{"dev", "backend", "dev-1"};
  std::shared_ptr<DesiredTarget> desired = std::make_shared<DesiredTarget>();
  TargetMemory memory;
  TargetStatus status;
  std::stop_source stop;
  std::function<bool()> superseded;
  reconcile::PassPolicy policy;

  PassBench() { begin_revision('a'); }

  /// A new desired state, without services, of a revision whose commit consists of `digit`.
  void begin_revision(char digit) {
    auto next = std::make_shared<DesiredTarget>();
    next->id = target;
    next->revision = {"main", std::string(40, digit)};
    NetworkSpec network;
    network.name = "dev-backend_default";
    network.digest = "v1:network";
    next->networks = {network};
    desired = next;
  }

  /// Adds a service, known to the registry, that behaves as `health` says.
  DesiredService& add(const std::string& name, const std::string& image,
                      Behaviour health = becomes_healthy_after(Millis{3000})) {
    engine.images[image].health = health;
    desired->services.push_back(make_service(name, image));
    return desired->services.back();
  }

  reconcile::PassOutcome pass(const ObservedInstance* first = nullptr) {
    reconcile::PassInput input{.target = target,
                               .desired = desired,
                               .engine = engine,
                               .clock = clock,
                               .progress = silent,
                               .jitter = [] { return 0.5; },
                               .memory = memory,
                               .previous = status,
                               .stop = stop.get_token(),
                               .superseded = superseded,
                               .policy = policy};
    if (first != nullptr) input.first_observation = *first;
    auto outcome = reconcile::run_pass(input);
    memory = outcome.memory;
    memory.retry_requested = false;
    status = outcome.status;
    return outcome;
  }

  /// Runs passes, each when the one before asked for it, until one asks for none; at most `limit`.
  reconcile::PassOutcome settle(int limit = 50) {
    auto outcome = pass();
    while (outcome.wake_at && --limit > 0) {
      engine.advance(std::max(Millis{0}, *outcome.wake_at - engine.now()));
      outcome = pass();
    }
    return outcome;
  }

  /// Brings the present desired state up completely.
  void deploy() {
    settle();
    engine.calls.clear();
  }

  /// What is on the engine, as `name image state`, sorted.
  [[nodiscard]] std::vector<std::string> world() const {
    std::vector<std::string> lines;
    for (const auto& [id, container] : engine.containers()) {
      const auto& seen = container.seen;
      lines.push_back(seen.name + " " + seen.image + " " + std::string(to_string(seen.state)));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  /// How many containers of a service run with that image.
  [[nodiscard]] int running(const std::string& service, const std::string& image) const {
    int count = 0;
    for (const auto& [id, container] : engine.containers()) {
      const auto& seen = container.seen;
      if (seen.service == service && seen.image == image && seen.state == ContainerState::running) ++count;
    }
    return count;
  }
};

}  // namespace plimsoll::test
