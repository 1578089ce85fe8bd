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
    UNSCOPED_INFO("rollback: " << (answer->ok() ? "done" : answer->error().message));
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

TEST_CASE("a secret that gets another value ends no pin, and the pinned version gets it") {
  const auto with_secret = [](const std::string& tag, const std::string& other) {
    auto files = tree(tag, "  other: {}\n  web: { secrets: [PASSWORD] }\n");
    files["apps/web/compose.yaml"] += "    environment: { PASSWORD: \"${PASSWORD}\" }\n";
    files["apps/other/compose.yaml"] = compose_of(other);
    return files;
  };
  Bench bench;
  bench.secrets.set("PASSWORD", "first");
  for (const std::string tag : {"1", "2"}) {
    bench.git.commit(with_secret(tag, "1"));
    if (tag == "1") bench.start();
    bench.loop->refresh_source();
    bench.until("version " + tag, [&] { return bench.good("web", "one", "registry.test/web:" + tag); });
  }
  std::optional<Result<RollbackView>> answer;
  bench.loop->rollback({{"dev", "web"}, 0}, [&](Result<RollbackView> view) { answer = std::move(view); });
  bench.until("the rollback's answer", [&] { return answer.has_value(); });
  REQUIRE(*answer);
  const auto pinned = [&] {
    return bench.good("web", "one", "registry.test/web:1") &&
           bench.status("web", "one")->message.find("pinned") != std::string::npos;
  };
  bench.until("version 1 again", pinned);

  const auto container = [&] { return bench.status("web", "one")->services.at(0).containers.at(0).id; };
  const auto before = container();
  bench.secrets.set("PASSWORD", "second");
  bench.loop->refresh_source();
  bench.until("version 1 with the new value", [&] { return pinned() && container() != before; });
  CHECK(bench.decisions.saved.pins.size() == 1);

  // What the pin left is now to be told by its manifests alone, and they cannot be read for a moment.
  bench.git.fail_read(std::string(39, '0') + "2", Error{ErrorKind::transient, "the mirror is damaged"});
  bench.git.commit(with_secret("2", "2"));
  bench.loop->refresh_source();
  bench.until("the other app", [&] { return bench.good("other", "one", "registry.test/web:2"); });
  CHECK(bench.decisions.saved.pins.size() == 1);
  bench.git.fail_read({}, {});

  bench.git.commit(with_secret("2", "1"));
  bench.loop->refresh_source();
  bench.until("the other app again", [&] { return bench.good("other", "one", "registry.test/web:1"); });
  bench.until("still version 1", pinned);
  CHECK(bench.decisions.saved.pins.size() == 1);

  bench.one.images["registry.test/web:3"] = {};
  bench.git.commit(with_secret("3", "2"));
  bench.loop->refresh_source();
  bench.until("version 3", [&] { return bench.good("web", "one", "registry.test/web:3"); });
  CHECK(bench.decisions.saved.pins.empty());
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

TEST_CASE("a rollback answers while more diffs hang than there are threads, and those beyond are refused") {
  Deployed bench;
  bench.faulty.hanging = true;
  std::vector<Error> refused;
  int asked = 0;
  const auto hear = [&refused](const auto& answer) {
    if (!answer && answer.error().retry_after) refused.push_back(answer.error());
  };
  for (; asked < 40; ++asked) bench.loop->diff({.from_anybody = true}, hear);
  CHECK(refused.size() == 38);
  for (; asked < 80; ++asked) bench.loop->diff({}, hear);
  CHECK(refused.size() == 64);
  bench.loop->logs({{"dev", "web"}, "", false, 10}, hear);
  CHECK(refused.size() == 65);
  for (const auto& error : refused) CHECK(error.kind == ErrorKind::transient);

  const auto begin = std::chrono::steady_clock::now();
  const auto back = bench.rollback();
  REQUIRE(back);
  CHECK(back->revision.back() == '1');
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  // Ended by hand here; an observation's deadline does it else. Then there is room again.
  bench.loop->stop();
}

TEST_CASE("a question that is answered makes room for the next") {
  Deployed bench;
  for (int turn = 0; turn < 40; ++turn) {
    std::optional<bool> answered;
    bench.loop->diff({.from_anybody = true}, [&](const Result<DiffView>& view) { answered = view.ok(); });
    bench.until("the diff", [&] { return answered.has_value(); });
    CHECK(*answered);
  }
}

TEST_CASE("a rollback right after a deployment knows of it, however slow the disk is") {
  Deployed bench;
  bench.store.recording.shut();
  bench.one.images["registry.test/web:3"] = {};
  bench.deploy("3");
  std::optional<Result<RollbackView>> answer;
  bench.loop->rollback({{"dev", "web"}, 0}, [&](Result<RollbackView> view) { answer = std::move(view); });
  bench.until("the record", [&] { return bench.store.recording.holds_somebody(); });
  bench.events.run_for(Millis(50));
  CHECK_FALSE(answer);
  bench.store.recording.open();
  bench.until("the answer", [&] { return answer.has_value(); });
  REQUIRE(*answer);
  CHECK((*answer)->revision.back() == '2');
}

TEST_CASE("a rollback goes no further back because it cannot read just now") {
  Deployed bench;
  bench.one.images["registry.test/web:3"] = {};
  bench.deploy("3");
  const std::string second = std::string(39, '0') + "2";
  bench.git.fail_read(second, Error{ErrorKind::transient, "the mirror is damaged"});
  const auto refused = bench.rollback();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("the mirror is damaged") != std::string::npos);
  bench.git.fail_read(second, Error{ErrorKind::missing, "no such commit"});
  const auto back = bench.rollback();
  REQUIRE(back);
  CHECK(back->revision.back() == '1');
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
  bench.until("the difference seen", [&] {
    return bench.message() ==
           "suspended; `plimsoll resume dev` or taking `suspended: true` out of environments/dev.yaml would change it";
  });
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
