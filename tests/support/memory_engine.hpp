#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "ports/container_engine.hpp"
#include "support/memory_behaviour.hpp"

namespace plimsoll::test {

/// A container engine in memory that behaves like one: names and host ports conflict, programs start, become healthy,
/// exit and are restarted as their image's `ImageBehaviour` and the restart policy say, all by a clock that only
/// `advance` moves. Same calls, same results. `apply` and `observe` are safe to call from several threads; the public
/// members are for the test's own thread.
class MemoryEngine : public ports::ContainerEngine {
 public:
  /// Images by the reference that a spec names, such as `repo:tag`.
  std::map<std::string, ImageBehaviour> images;
  std::map<std::string, MemoryNetwork> networks;  ///< by name
  std::vector<IdleFiles> idle_files;
  std::set<std::string> volumes;       ///< by name
  std::set<std::string> local_images;  ///< references that are on the instance (besides `ImageBehaviour::local`)
  bool unreachable = false;            ///< every call fails as `transient`
  bool registry_down = false;          ///< the engine is there, its registry is not
  std::vector<std::string> calls;      ///< every apply: `CreateContainer dev-web-api-1`, in order
  /// Every image that was to be removed, `repository@digest`, in order.
  std::vector<std::string> image_removals;
  /// How many there are by now, also while other threads use the engine.
  [[nodiscard]] std::size_t removals_by_now() const {
    const std::lock_guard lock(mutex_);
    return image_removals.size();
  }
  [[nodiscard]] std::size_t containers_by_now() const {
    const std::lock_guard lock(mutex_);
    return containers_.size();
  }
  [[nodiscard]] std::size_t networks_by_now() const {
    const std::lock_guard lock(mutex_);
    return networks.size();
  }
  std::optional<Error> removal_error;  ///< what `remove_image` ends with
  /// Asked before every action; a fault that it returns is injected. For generated histories.
  std::function<std::optional<Fault>(const Action&)> on_apply;
  /// Called after every effect: where properties such as "never fewer healthy than asked" are checked.
  std::function<void(const MemoryEngine&)> after_effect;

  explicit MemoryEngine(Instant start = Instant{std::chrono::hours{24 * 365 * 56}}) : now_(start) {}

  /// The engine's clock.
  [[nodiscard]] Instant now() const { return now_; }
  /// Lets time pass: health checks succeed or fail, programs exit and are restarted, late effects happen.
  void advance(Millis by);
  /// Injects one fault, in the order of the calls to this function.
  void fail_next(Fault fault) { faults_.push_back(std::move(fault)); }
  void fail_next(Fault::Kind kind, std::string action = {}) { faults_.push_back({kind, std::move(action)}); }

  [[nodiscard]] const std::map<std::string, MemoryContainer>& containers() const { return containers_; }  ///< by id
  /// By name; null when there is none.
  [[nodiscard]] MemoryContainer* find(const std::string& name);
  [[nodiscard]] const MemoryContainer* find(const std::string& name) const;
  /// A running container that is not ours, holding a name and host ports such as `:80/tcp`.
  void add_foreign(const std::string& name, std::vector<std::string> host_ports = {});
  /// What a person does with `docker stop`, `docker rm -f`, `docker pause`.
  void stop_by_hand(const std::string& name);
  void remove_by_hand(const std::string& name);
  void pause_by_hand(const std::string& name);
  /// Ends the program of a running container now; the restart policy decides what follows.
  void crash(const std::string& name, int code = 1);
  /// The daemon restarts: `always` starts all but created ones, `unless-stopped` what was not stopped by hand.
  void restart_daemon();
  /// The digest that the registry has for a reference.
  [[nodiscard]] std::string digest_of(const std::string& reference) const;

  Result<ObservedInstance> observe(const ports::ObserveScope& scope, const ports::Call& call) override;
  Result<ports::Applied> apply(const Action& action, const ports::ApplyContext& context,
                               const ports::Call& call) override;
  Result<std::string> resolve_digest(const std::string& reference, const ports::Call& call) override;
  Result<ports::ImageRemoval> remove_image(const std::string& image, const std::vector<std::string>& names,
                                           const ports::Call& call) override;
  Result<std::string> logs(const std::string& container, int lines, const ports::Call& call) override;

 private:
  struct Do;  // one function per action, memory_engine_actions.cpp
  using Late = std::pair<Action, ports::ApplyContext>;

  Result<ports::Applied> effect(const Action& action, const ports::ApplyContext& context);
  std::optional<Fault> take_fault(const Action& action);
  MemoryContainer* by_ref(const ContainerRef& ref);
  bool is_local(const std::string& reference) const;
  [[nodiscard]] std::string local_digest_of(const std::string& reference) const;
  void tick(MemoryContainer& container);
  void update_health(MemoryContainer& container) const;
  void started(MemoryContainer& container) const;
  void ended(MemoryContainer& container, int code, bool by_hand) const;
  std::optional<Instant> next_change(const MemoryContainer& container) const;
  std::string next_id();

  mutable std::recursive_mutex mutex_;
  Instant now_;
  std::map<std::string, MemoryContainer> containers_;
  std::deque<Fault> faults_;
  std::vector<Late> late_;
  unsigned ids_ = 0;
};

}  // namespace plimsoll::test
