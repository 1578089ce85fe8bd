#include "manifest/apply_decisions.hpp"

#include <catch2/catch.hpp>

using namespace plimsoll;

namespace {

DesiredTarget target_of(const std::string& digest) {
  DesiredTarget target;
  target.id = {"dev", "web", "one"};
  target.digest = digest;
  return target;
}

/// `web` of `dev` with this digest; an empty one: not named. "broken": named, and does not load.
DesiredState state_of(const std::string& commit, const std::string& digest) {
  DesiredState state;
  state.revision = {"main", commit};
  state.instances.push_back({.name = "one"});
  state.environments["dev"] = {.prune = false, .self_heal = false, .suspended = true};
  if (digest == "broken") {
    state.broken.push_back({"dev", "web", {"one"}, {}});
  } else if (!digest.empty()) {
    state.targets.push_back(target_of(digest));
  }
  return state;
}

}  // namespace

TEST_CASE("a pin ends when a later commit has something else of the app, and not when a secret has") {
  struct Case {
    std::string name, commit, now, left_now;  // left_now empty: the commit that the pin left cannot be read
    bool outlived;
  };
  // The pin left commit "2", whose app had the digest "x" with the secrets of that time.
  const std::vector<Case> cases{
      {"nothing moved", "2", "x", "x", false},
      {"a secret changed", "2", "y", "y", false},
      {"another app moved", "3", "x", "x", false},
      {"another app moved, and a secret changed", "3", "y", "y", false},
      {"the app moved", "3", "z", "x", true},
      {"the app moved, and a secret changed", "3", "z", "y", true},
      {"the app is named no more", "3", "", "x", true},
      {"the app does not load", "3", "broken", "x", false},
      {"what was left is lost, the app is as noted", "3", "x", "", false},
      {"what was left is lost, the app is another", "3", "y", "", true},
  };
  const Pin pin{"dev", "web", "1", "one=x", 7, "2"};
  for (const auto& one : cases) {
    INFO(one.name);
    const auto left = state_of("2", one.left_now);
    CHECK(manifest::is_outlived(pin, state_of(one.commit, one.now), one.left_now.empty() ? nullptr : &left) ==
          one.outlived);
  }
  Pin of_earlier_release = pin;
  of_earlier_release.left_commit.clear();
  CHECK_FALSE(manifest::is_outlived(of_earlier_release, state_of("3", "x"), nullptr));
  CHECK(manifest::is_outlived(of_earlier_release, state_of("3", "y"), nullptr));
}

TEST_CASE("a pinned app follows the policy of its environment, also when the branch has none that loads") {
  const auto pinned = std::make_shared<const DesiredState>(state_of("1", "old"));
  Decisions decisions;
  decisions.pins = {{"dev", "web", "1", "", 7, "2"}};
  const auto put = manifest::with_decisions(state_of("2", "broken"), decisions, {{"1", pinned}});
  REQUIRE(put.targets.size() == 1);
  CHECK(put.targets[0].digest == "old");
  CHECK(put.targets[0].sync == SyncPolicy{.prune = false, .self_heal = false, .suspended = true});
  CHECK(put.broken.empty());
}
