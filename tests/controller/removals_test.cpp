#include "controller/removals.hpp"

#include <catch2/catch.hpp>

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

TargetId id_of(const std::string& text) {
  const auto slash = text.find('/');
  const auto at = text.find('@');
  return {text.substr(0, slash), text.substr(slash + 1, at - slash - 1), text.substr(at + 1)};
}

DesiredState state_of(const std::string& commit, const std::vector<std::string>& targets,
                      const std::vector<std::string>& instances = {"one", "two"}) {
  DesiredState state;
  state.revision = {"main", commit};
  for (const auto& name : instances) state.instances.push_back({.name = name});
  for (const auto& text : targets) {
    DesiredTarget target;
    target.id = id_of(text);
    state.targets.push_back(target);
    state.environments[target.id.environment];
  }
  return state;
}

/// Every target with containers.
std::map<TargetId, bool> with_containers(const std::vector<std::string>& targets) {
  std::map<TargetId, bool> found;
  for (const auto& text : targets) found[id_of(text)] = true;
  return found;
}

/// What may go, as text.
std::string going(const Removals& removals) {
  std::string text;
  for (const auto& id : removals.orphans()) {
    if (removals.may_go(id)) text += (text.empty() ? "" : " ") + to_string(id);
  }
  return text;
}

}  // namespace

TEST_CASE("the guard lets some apps go and holds most of them, until somebody allows it") {
  struct Case {
    std::string name;
    std::vector<std::string> before, after;
    std::vector<TargetFilter> allowed;
    std::string going;
    bool held;
  };
  const std::vector<std::string> four{"dev/a@one", "dev/b@one", "dev/c@one", "prod/d@one"};
  const std::vector<Case> cases{
      {"one of four", four, {"dev/a@one", "dev/b@one", "prod/d@one"}, {}, "dev/c@one", false},
      {"three of four", four, {"prod/d@one"}, {}, "", true},
      {"a whole environment", four, {"dev/a@one", "dev/b@one", "dev/c@one"}, {}, "", true},
      {"three of four, allowed", four, {"prod/d@one"}, {{}}, "dev/a@one dev/b@one dev/c@one", false},
      {"a whole environment, allowed by name",
       four,
       {"dev/a@one", "dev/b@one", "dev/c@one"},
       {{"prod", "d"}},
       "prod/d@one",
       false},
      {"three of four, one allowed", four, {"prod/d@one"}, {{"dev", "a"}}, "dev/a@one", true},
      {"three of four, another allowed", four, {"prod/d@one"}, {{"prod", ""}}, "", true},
      {"three of four, two allowed one by one",
       four,
       {"dev/c@one", "prod/d@one"},
       {{"dev", "a"}, {"dev", "b"}},
       "dev/a@one dev/b@one",
       false},
  };
  for (const auto& one : cases) {
    INFO(one.name);
    const auto before = state_of("1", one.before);
    const auto after = state_of("2", one.after);
    Removals removals;
    removals.revise(nullptr, before);
    removals.revise(&before, after);
    std::vector<std::string> orphans;
    for (const auto& text : one.before) {
      if (std::find(one.after.begin(), one.after.end(), text) == one.after.end()) orphans.push_back(text);
    }
    removals.found("one", with_containers(orphans));
    CHECK(going(removals).empty());  // nobody has decided
    for (const auto& filter : one.allowed) removals.allow(filter, "2");
    removals.decide(after);
    CHECK(going(removals) == one.going);
    CHECK(removals.held().empty() == !one.held);
    removals.defer();
    CHECK(going(removals).empty());
  }
}

TEST_CASE("what was allowed holds for its commit only") {
  const auto before = state_of("1", {"dev/a@one", "dev/b@one"});
  const auto empty = state_of("2", {});
  Removals removals;
  removals.revise(&before, empty);
  removals.found("one", with_containers({"dev/a@one", "dev/b@one"}));
  removals.allow({}, "2");
  removals.decide(empty);
  CHECK(going(removals) == "dev/a@one dev/b@one");
  removals.gone(id_of("dev/a@one"));
  const auto next = state_of("3", {});
  removals.revise(&empty, next);
  removals.decide(next);
  CHECK(going(removals).empty());
  CHECK_FALSE(removals.held().empty());
}

TEST_CASE("what was on an instance that is named no more holds nothing up") {
  const auto before = state_of("1", {"dev/a@one", "dev/b@one", "dev/c@two", "dev/d@two", "dev/e@two"});
  const auto after = state_of("2", {"dev/a@one"}, {"one"});
  Removals removals;
  removals.revise(nullptr, before);
  removals.found("two", with_containers({"dev/old@two"}));
  removals.revise(&before, after);
  CHECK_FALSE(removals.is_orphan(id_of("dev/old@two")));
  removals.found("one", with_containers({"dev/b@one"}));
  removals.decide(after);
  CHECK(removals.held().empty());
  CHECK(going(removals) == "dev/b@one");
}

TEST_CASE("a target that no manifest names is treated by the policy of its environment and by what was decided") {
  auto state = state_of("1", {"dev/a@one", "prod/b@one"});
  state.environments["prod"].prune = false;
  state.environments["stage"].suspended = true;
  // That of a neighbour is its own.
  state.targets[0].sync.suspended = true;
  Removals removals;
  removals.revise(nullptr, state);
  CHECK(removals.policy(id_of("dev/x@one"), {}) == SyncPolicy{});
  CHECK_FALSE(removals.policy(id_of("prod/x@one"), {}).prune);
  CHECK(removals.policy(id_of("stage/x@one"), {}).suspended);
  Decisions decisions;
  decisions.suspended = {{"dev", "x"}};
  CHECK(removals.policy(id_of("dev/x@one"), decisions).suspended);
  CHECK_FALSE(removals.policy(id_of("dev/y@one"), decisions).suspended);
  // The file of an environment that goes takes its policy along, but not from what is still there.
  removals.revise(&state, state_of("2", {"dev/a@one"}));
  CHECK_FALSE(removals.policy(id_of("prod/x@one"), {}).prune);
}
