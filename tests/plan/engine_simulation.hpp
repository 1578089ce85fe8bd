#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/plan.hpp"

namespace plimsoll::plan_test {

/// What the containers of one image do.
struct Behaviour {
  std::optional<Millis> exit_after;  ///< ends by itself so long after a start ...
  int exit_code = 1;                 ///< ... with this code
  Millis healthy_after{2000};        ///< with a health check: healthy so long after a start
  bool unhealthy = false;            ///< ... or unhealthy instead
  bool undecided = false;            ///< ... or starting for ever
  bool dies_of_reload = false;       ///< the signal ends it, with `exit_code`
};

/// A container of the simulated engine. The marks are what an observer knows of it.
struct SimContainer {
  ObservedContainer seen;
  Behaviour behaviour;
  bool checked = false;
  bool ours = true;                 ///< false: somebody else's, never observed
  bool good_when_observed = false;  ///< it ran and answered when it was last observed
  bool ever_good = false;           ///< ... or some time before
  Millis min_ready{5000};
  std::set<std::string> host_ports;
  std::optional<Instant> revive_at;
  std::map<std::string, int> endpoints;  ///< number of the network that it is in, by name
};

/// A network of the simulated engine. One that is made anew has another number.
struct SimNetwork {
  int number = 0;
  std::string digest;
  Instant created_at{};
};

/// What an engine says to options that it cannot make a network with.
inline constexpr const char* kBadOptions = "the engine has no such network";

/// What an engine says that is to start a container in the namespace of one that does not run: that one may have ended
/// since it was observed, so that it is no violation.
inline constexpr const char* kNoNamespace = "cannot join the namespace of a container that does not run";

/// What an engine says of a gate that is not passed: no violation, and what follows is left to the next plan.
inline constexpr const char* kGateNotPassed = "the gate is not passed";

/// A container engine in memory with a manual clock: what planning knows of an engine and no more.
class EngineSimulation {
 public:
  explicit EngineSimulation(Instant start) : now_(start) {}

  [[nodiscard]] Instant now() const { return now_; }
  void advance(Millis by);
  void set_behaviour(const std::string& image, Behaviour behaviour) { behaviours_[image] = behaviour; }

  /// Carries an action out for `target`; the text says what an engine would refuse. Empty: done.
  std::string apply(const Action& action, const TargetId& target);

  /// What an observer sees, with or without networks; marks what it saw.
  [[nodiscard]] ObservedInstance observe(const TargetId& owner, bool networks);
  [[nodiscard]] const std::map<std::string, SimNetwork>& networks() const { return networks_; }
  [[nodiscard]] std::vector<SimContainer>& containers() { return containers_; }
  [[nodiscard]] const std::vector<SimContainer>& containers() const { return containers_; }
  [[nodiscard]] SimContainer* find(const ContainerRef& ref);
  /// Runs and answers now: healthy, or without health check up for its `min_ready`.
  [[nodiscard]] bool is_good(const SimContainer& container) const;

  void add_foreign(const std::string& name, const TargetId& labels, bool ours);
  void stop(SimContainer& container, int exit_code);
  std::string start(SimContainer& container);
  void remove(const std::string& id);

 private:
  [[nodiscard]] const SimContainer* parent_of(const ServiceSpec& spec, const TargetId& target) const;
  std::string create(const CreateContainer& action, const TargetId& target);
  std::string check_gate(const CheckGate& action);
  std::string rename(const RenameContainer& action);
  std::string connect(const ConnectNetwork& action);
  std::string make_network(const NetworkSpec& network);
  std::string remove_network(const std::string& name);
  std::string update(const UpdateContainer& action);
  std::string reload(const ReloadFiles& action);
  void progress(SimContainer& container);
  void end_run(SimContainer& container, Instant at);
  [[nodiscard]] bool name_taken(const std::string& name) const;

  Instant now_;
  int next_id_ = 1;
  std::vector<SimContainer> containers_;
  std::set<std::string> images_, volumes_;
  std::map<std::string, SimNetwork> networks_;  // by name
  std::map<std::string, Behaviour> behaviours_;
};

}  // namespace plimsoll::plan_test
