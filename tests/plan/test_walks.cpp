#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "plan/plan_target.hpp"
#include "plan/random_order.hpp"
#include "plan/safety_properties.hpp"
#include "plan/step_order.hpp"
#include "plan/walk_generator.hpp"

namespace plimsoll::plan_test {
namespace {

constexpr int kDefaultWalks = 400;  // with sanitizers; ctest runs many more without
constexpr int kMovesPerWalk = 30;
constexpr int kPassesAtOnce = 60;  ///< more passes without time going by would be spinning
constexpr int kDriftsInPeace = 3;
constexpr int kPassesToSettle = 3000;

/// One history: changes, drifts, cuts and faults, then peace, in which everything must come to rest.
class Walk {
 public:
  explicit Walk(std::uint64_t seed)
      : dice_(seed), engine_(Instant(std::chrono::hours(500'000))), generator_(dice_, engine_) {
    engine_.add_foreign("somebody-elses", generator_.desired().id, false);
    engine_.add_foreign("dev-other-api-1", {"dev", "other", "one"}, true);
    engine_.add_foreign("prod-shop-api-1", {"prod", "shop", "one"}, true);
  }

  /// Empty, or what went wrong.
  std::string run() {
    for (int i = 0; i < kMovesPerWalk && wrong_.empty(); ++i) move();
    if (wrong_.empty()) finish();
    return wrong_;
  }
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }
  [[nodiscard]] long steps() const { return steps_; }

 private:
  enum class Outcome { done, waiting, cut, wrong };

  void note(const std::string& text) { log_.push_back(text); }
  void fail(const std::string& text) {
    if (!wrong_.empty()) return;
    wrong_ = text;
    for (const auto& container : engine_.containers()) {
      const ObservedContainer& seen = container.seen;
      note("has " + seen.name + " " + seen.image + " " + std::string(to_string(seen.state)) + " " +
           std::string(to_string(seen.health)) + " restarts " + std::to_string(seen.restart_count) + " policy " +
           seen.restart.name + " attempt " + std::to_string(seen.attempt) +
           (container.ever_good ? " has answered" : ""));
    }
  }
  void move();
  void finish();
  void come_to_rest();
  bool settle();
  Outcome pass(bool faults);
  Plan make_plan(const ObservedInstance& observed);
  void check_order_independence(const Plan& plan, const ObservedInstance& observed);
  bool carry_out(const Step& step, bool faults);
  void go_on_after_failure(const std::vector<const Step*>& order, std::size_t at, bool faults);
  void remember_failure(const Step& step);
  void advance(Millis by);

  Dice dice_;
  EngineSimulation engine_;
  WalkGenerator generator_;
  TargetMemory memory_;
  std::vector<std::string> log_;
  std::string wrong_;
  std::optional<Instant> wake_at_;
  TargetStatus status_;
  long steps_ = 0;
};

void Walk::advance(Millis by) {
  engine_.advance(by);
  note("+" + std::to_string(by.count()) + "ms");
}

Plan Walk::make_plan(const ObservedInstance& observed) {
  Plan plan = plan::plan_target(generator_.desired(), observed, memory_, engine_.now());
  if (dice_.chance(10)) check_order_independence(plan, observed);
  wake_at_ = plan.wake_at;
  status_ = plan.status;
  note("plan: " + std::string(to_string(plan.status.sync)) + " " + std::string(to_string(plan.status.health)) + " " +
       plan.status.reason + " " + plan.status.message);
  if (wake_at_ && plan.steps.empty() && *wake_at_ <= engine_.now()) fail("wakes in the past");
  return plan;
}

void Walk::check_order_independence(const Plan& plan, const ObservedInstance& observed) {
  ObservedInstance shuffled = observed;
  DesiredTarget desired = generator_.desired();
  std::shuffle(shuffled.containers.begin(), shuffled.containers.end(), dice_.engine());
  if (shuffled.networks) std::shuffle(shuffled.networks->begin(), shuffled.networks->end(), dice_.engine());
  std::shuffle(desired.services.begin(), desired.services.end(), dice_.engine());
  std::shuffle(desired.networks.begin(), desired.networks.end(), dice_.engine());
  const Plan other = plan::plan_target(desired, shuffled, memory_, engine_.now());
  const bool same = std::equal(plan.steps.begin(), plan.steps.end(), other.steps.begin(), other.steps.end(),
                               [](const Step& left, const Step& right) { return to_string(left) == to_string(right); });
  if (!same || plan.status.message != other.status.message) fail("the plan depends on the order of its inputs");
}

void Walk::remember_failure(const Step& step) {
  StepFailure failure;
  for (const auto& service : generator_.desired().services) {
    if (service.spec.name == step.service) failure.spec_digest = service.digest;
  }
  if (step.service == kNetworks) failure.spec_digest = generator_.desired().digest;
  failure.kind = dice_.chance(50) ? ErrorKind::transient : ErrorKind::conflict;
  failure.retry_at = engine_.now() + Millis(1000 * (1 + dice_.roll(10)));
  failure.attempts = 1 + dice_.roll(3);
  failure.message = "made up";
  const bool told = std::holds_alternative<ReloadFiles>(step.action);
  memory_.failures[(told ? std::string(kReload) : std::string()) + step.service] = failure;
}

/// False when the pass ends here.
bool Walk::carry_out(const Step& step, bool faults) {
  ++steps_;
  note("  " + to_string(step));
  const std::string bad = violation(step, generator_.desired(), engine_);
  if (!bad.empty()) fail(bad);
  const int fault = faults ? dice_.roll(20) : 2;
  if (fault == 0) {
    note("  ^ failed before its effect");
    if (dice_.chance(50)) remember_failure(step);
    return false;
  }
  if (const auto* connect = std::get_if<ConnectNetwork>(&step.action); connect && faults && dice_.chance(5)) {
    note("  ^ cut between leaving the network and joining it again");
    (void)engine_.apply(DisconnectNetwork{connect->container, connect->attachment.network}, generator_.desired().id);
    return false;
  }
  const std::string refused = engine_.apply(step.action, generator_.desired().id);
  if (refused == kNoNamespace || refused == kBadOptions || refused == kGateNotPassed) {
    note("  ^ " + refused);
    const bool failed = refused == kBadOptions || (faults && refused == kNoNamespace);
    if (failed) remember_failure(step);
    return false;
  }
  if (!refused.empty()) fail("the engine refuses: " + refused);
  if (fault == 1) {
    note("  ^ reply lost");
    if (dice_.chance(50)) remember_failure(step);
    return false;
  }
  // As a pass does: what succeeds after its back-off has outgrown the failure.
  const auto failure = memory_.failures.find(step.service);
  if (failure != memory_.failures.end() && failure->second.retry_at <= engine_.now()) memory_.failures.erase(failure);
  if (dice_.chance(10)) advance(Millis(dice_.roll(300)));
  return wrong_.empty();
}

/// What the executor still does of the service whose step `at` failed; the other services are left out, as by a cut.
void Walk::go_on_after_failure(const std::vector<const Step*>& order, std::size_t at, bool faults) {
  std::set<int> ended{order[at]->replica};
  for (std::size_t i = at + 1; i < order.size() && wrong_.empty(); ++i) {
    const Step& step = *order[i];
    if (step.service != order[at]->service) continue;
    if (!plan::goes_on_after(ended, step) || !carry_out(step, faults)) ended.insert(step.replica);
  }
}

Walk::Outcome Walk::pass(bool faults) {
  const ObservedInstance observed = engine_.observe(generator_.desired().id, !faults || dice_.chance(80));
  const Plan plan = make_plan(observed);
  const std::size_t cut = faults && dice_.chance(40) ? static_cast<std::size_t>(dice_.roll(6)) : plan.steps.size();
  const auto order = random_order(plan, generator_.desired(), observed, dice_);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i >= cut) {
      note("  (cut)");
      return Outcome::cut;
    }
    if (carry_out(*order[i], faults)) continue;
    if (wrong_.empty() && dice_.chance(50)) go_on_after_failure(order, i, faults);
    return wrong_.empty() ? Outcome::cut : Outcome::wrong;
  }
  if (!wrong_.empty()) return Outcome::wrong;
  return plan.steps.empty() ? Outcome::waiting : Outcome::done;
}

void Walk::move() {
  if (dice_.chance(25)) {
    generator_.change();
    note("changed");
  }
  if (dice_.chance(15)) {
    generator_.drift();
    note("drifted");
  }
  pass(true);
  if (dice_.chance(60)) advance(Millis(dice_.roll(8000)));
  if (dice_.chance(5)) advance(Millis(200'000));
}

/// Passes until there is nothing to do and nothing to wait for.
bool Walk::settle() {
  int at_once = 0;
  for (int i = 0; i < kPassesToSettle; ++i) {
    const Outcome outcome = pass(false);
    if (outcome == Outcome::wrong) return false;
    if (outcome == Outcome::done) {
      if (++at_once > kPassesAtOnce) return fail("spins: passes without end"), false;
      continue;
    }
    at_once = 0;
    if (!wake_at_ && status_.health != Health::progressing) return true;
    advance(wake_at_ ? std::max(Millis(*wake_at_ - engine_.now()), Millis(1)) : Millis(1000));
  }
  fail("does not settle");
  return false;
}

/// First what is new does well, then what a person does is repaired.
void Walk::finish() {
  note("peace");
  generator_.mend();
  come_to_rest();
  for (int i = 0; i < kDriftsInPeace && wrong_.empty(); ++i) {
    note("drifted in peace");
    generator_.drift();
    come_to_rest();
  }
}

void Walk::come_to_rest() {
  for (int round = 0; round < 2 && settle(); ++round) {
    if (const std::string left = leftovers(generator_.desired(), engine_); !left.empty()) return fail(left);
    if (status_.sync == SyncStatus::synced && status_.health == Health::healthy) break;
    note("retry asked for");
    memory_.retry_requested = true;
    pass(false);
    memory_.retry_requested = false;
  }
  if (!wrong_.empty()) return;
  if (status_.sync != SyncStatus::synced || status_.health != Health::healthy) return fail("rests without being well");
  if (const std::string lacks = shortfall(generator_.desired(), engine_); !lacks.empty()) fail(lacks);
}

long number_from_environment(const char* name, long fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtol(text, nullptr, 10);
}

}  // namespace

TEST_CASE("no history of changes, drifts, cuts and faults breaks a safety property or fails to converge") {
  const long walks = number_from_environment("PLIMSOLL_WALKS", kDefaultWalks);
  const long first = number_from_environment("PLIMSOLL_SEED", 1);
  long steps = 0;
  for (long seed = first; seed < first + walks; ++seed) {
    Walk walk(static_cast<std::uint64_t>(seed));
    const std::string wrong = walk.run();
    steps += walk.steps();
    if (wrong.empty()) continue;
    const auto& log = walk.log();
    const std::size_t from = log.size() > 60 ? log.size() - 60 : 0;
    for (std::size_t i = from; i < log.size(); ++i) std::cerr << log[i] << "\n";
    FAIL("PLIMSOLL_SEED=" << seed << " PLIMSOLL_WALKS=1: " << wrong);
  }
  std::cout << walks << " walks from seed " << first << ", " << steps << " steps, each checked\n";
  REQUIRE(steps > 0);
}

}  // namespace plimsoll::plan_test
