#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/desired_state.hpp"
#include "plan/engine_simulation.hpp"

namespace plimsoll::plan_test {

/// Services that get another name now and then, each with the other one: what bears the one takes the place of what
/// bears the other.
inline constexpr std::pair<std::string_view, std::string_view> kRenamed[] = {{"web", "front"}, {"db", "store"}};

/// A seeded source of small random decisions.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// 0 .. `sides`-1.
  int roll(int sides) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(sides)); }
  bool chance(int percent) { return roll(100) < percent; }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

/// Makes up apps and their histories: services whose nature (swap order, health check, replicas) stays, and whose
/// versions, limits, policies, networks, their options and number change.
class WalkGenerator {
 public:
  WalkGenerator(Dice& dice, EngineSimulation& engine);

  [[nodiscard]] const DesiredTarget& desired() const { return desired_; }
  /// One random change of the desired state, or of nothing but its revision.
  void change();
  /// Gives every service a version that does well.
  void mend();
  /// Something that a person does to one of the target's containers.
  void drift();

 private:
  void add_service(const std::string& name);
  void set_version(DesiredService& service, int version);
  void change_service(DesiredService& service);
  void change_network(bool good);
  void rename_service();
  void connect_dependencies();
  void share_namespace(DesiredService& service);
  Behaviour make_behaviour(const std::string& service, bool good);
  void refresh();

  Dice& dice_;
  EngineSimulation& engine_;
  DesiredTarget desired_;
  std::map<std::string, int> versions_;
  int revision_ = 0;
  int networks_made_ = 0;
};

}  // namespace plimsoll::plan_test
