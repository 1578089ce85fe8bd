#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

/// A bench with versions 1 and then 2 of `web` deployed.
struct Deployed : Bench {
  Deployed() {
    git.commit(tree("1", "  other: {}\n  web: {}\n"));
    start();
    until("version 1", [&] { return good("web", "one", "registry.test/web:1") && good("other", "one", kOther); });
    deploy("2");
  }
  void deploy(const std::string& tag) {
    git.commit(tree(tag, "  other: {}\n  web: {}\n"));
    loop->refresh_source();
    until("version " + tag, [&] { return good("web", "one", "registry.test/web:" + tag); });
  }
  Result<RollbackView> rollback(std::int64_t id = 0) {
    std::optional<Result<RollbackView>> answer;
    loop->rollback({{"dev", "web"}, id}, [&](Result<RollbackView> view) { answer = std::move(view); });
    until("the rollback's answer", [&] { return answer.has_value(); });
    return *answer;
  }
  [[nodiscard]] std::string message() const {
    const auto* web = status("web", "one");
    return web == nullptr ? "" : web->message;
  }
  static constexpr const char* kOther = "registry.test/web:1";
};

}  // namespace

TEST_CASE("a rollback pins the app, says so, and a restart keeps it") {
  Deployed bench;
  const auto back = bench.rollback();
  REQUIRE(back);
  CHECK(back->revision.back() == '1');
  bench.until("version 1 again", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  CHECK(bench.status("web", "one")->reason == reason::kPinned);
  CHECK(bench.message().find("pinned to 00000000") != std::string::npos);
  REQUIRE(bench.decisions.saved.pins.size() == 1);

  bench.loop->refresh_source();
  bench.events.run_for(Millis(50));
  CHECK(bench.good("web", "one", "registry.test/web:1"));

  bench.loop->stop();
  bench.start();
  bench.until("the status after the restart", [&] { return bench.message().find("pinned") != std::string::npos; });
  CHECK(bench.good("web", "one", "registry.test/web:1"));
}

TEST_CASE("a new revision of the app ends a pin, one of another app does not") {
  Deployed bench;
  REQUIRE(bench.rollback());
  bench.until("version 1 again", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  auto other = tree("2", "  other: {}\n  web: {}\n");
  other["apps/other/compose.yaml"] = compose_of("2");
  bench.git.commit(other);
  bench.loop->refresh_source();
  bench.until("the other app", [&] { return bench.good("other", "one", "registry.test/web:2"); });
  CHECK(bench.good("web", "one", "registry.test/web:1"));
  CHECK(bench.decisions.saved.pins.size() == 1);

  bench.one.images["registry.test/web:3"] = {};
  bench.deploy("3");
  CHECK(bench.decisions.saved.pins.empty());
  bench.until("no pin in the status", [&] { return bench.message().empty(); });
}

TEST_CASE("resume ends a pin at once") {
  Deployed bench;
  const auto entries = *bench.store.history({"dev", "web", ""}, 10);
  REQUIRE(bench.rollback(entries.back().id));
  bench.until("version 1 again", [&] { return bench.good("web", "one", "registry.test/web:1"); });
  const auto ended = bench.loop->resume({"dev", ""});
  REQUIRE(ended);
  CHECK(*ended == std::vector<std::string>{"dev/web"});
  bench.until("what the branch says", [&] { return bench.good("web", "one", "registry.test/web:2"); });
  CHECK(bench.decisions.saved == Decisions{});
  CHECK(bench.loop->resume({"dev", "web"})->empty());
  CHECK_FALSE(bench.loop->resume({"nowhere", ""}));
}

TEST_CASE("a rollback that cannot be done says why and changes nothing") {
  Deployed bench;
  auto refused = bench.rollback(99);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::missing);
  CHECK(refused.error().message.find("no deployment 99") != std::string::npos);
  const auto entries = *bench.store.history({"dev", "web", ""}, 10);
  refused = bench.rollback(entries.front().id);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("in force already") != std::string::npos);
  bench.decisions.broken = true;
  refused = bench.rollback();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("no space left") != std::string::npos);
  CHECK(bench.good("web", "one", "registry.test/web:2"));
  CHECK(bench.message().empty());
}

TEST_CASE("a suspended app is observed only, and resumed follows the branch again") {
  Deployed bench;
  REQUIRE(bench.loop->suspend({"dev", "web"}));
  bench.until("suspended", [&] { return bench.status("web", "one")->health == Health::suspended; });
  bench.git.commit(tree("1", "  other: {}\n  web: {}\n"));
  bench.loop->refresh_source();
  bench.until("the difference seen", [&] { return bench.message() == "suspended; a sync would change it"; });
  CHECK(bench.one.containers_by_now() == 2);
  REQUIRE(bench.loop->resume({"dev", "web"}));
  bench.until("version 1", [&] { return bench.good("web", "one", "registry.test/web:1"); });
}

TEST_CASE("an environment that is suspended as a whole is resumed as a whole") {
  Deployed bench;
  REQUIRE(bench.loop->suspend({"dev", ""}));
  bench.until("all suspended", [&] {
    return bench.status("web", "one")->health == Health::suspended &&
           bench.status("other", "one")->health == Health::suspended;
  });
  const auto alone = bench.loop->resume({"dev", "web"});
  REQUIRE_FALSE(alone);
  CHECK(alone.error().message.find("`plimsoll resume dev`") != std::string::npos);
  CHECK_FALSE(bench.loop->suspend({"dev", "nothing"}));
  REQUIRE(bench.loop->resume({"dev", ""}));
  bench.until("resumed", [&] { return bench.good("web", "one", "registry.test/web:2"); });
}
