// What is thrown on any thread of the loop ends as an outcome, never the program, and nobody waits for ever.
#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

struct Deployed : Bench {
  Deployed() {
    git.commit(tree("1", "  web: {}\n"));
    start();
    until("the deployment", [&] { return good("web", "one", "registry.test/web:1"); });
  }
  void commit(const std::string& tag) {
    git.commit(tree(tag, "  web: {}\n"));
    loop->refresh_source();
  }
};

}  // namespace

TEST_CASE("a load that throws is an error of the source, and the next one that does not is taken") {
  Deployed bench;
  bench.git.let_read_throw(true);
  bench.commit("2");
  bench.until("the error", [&] { return bench.loop->status().source_error == "out of memory"; });
  CHECK(bench.good("web", "one", "registry.test/web:1"));
  CHECK(bench.loop->not_ready_reason().empty());
  bench.git.let_read_throw(false);
  bench.loop->refresh_source();
  bench.until("the next revision", [&] { return bench.good("web", "one", "registry.test/web:2"); });
  CHECK(bench.loop->status().source_error.empty());
}

TEST_CASE("an engine that throws in a step fails the step") {
  Deployed bench;
  bench.faulty.applying = true;
  bench.commit("2");
  bench.until("the failure", [&] {
    const auto* web = bench.status("web", "one");
    return web != nullptr && web->message.find("internal error: map::at") != std::string::npos;
  });
  bench.faulty.applying = false;
  REQUIRE(bench.loop->sync({{"dev", "web"}, true, false}));
  bench.until("the next revision", [&] { return bench.good("web", "one", "registry.test/web:2"); });
}

TEST_CASE("an engine that throws while it is observed is asked again") {
  Deployed bench;
  bench.faulty.observing = true;
  bench.commit("2");
  bench.until("the failure", [&] { return bench.status("web", "one")->message == "out of memory"; });
  CHECK(bench.status("web", "one")->sync == SyncStatus::unknown);
  bench.faulty.observing = false;
  bench.until("the next revision", [&] { return bench.good("web", "one", "registry.test/web:2"); });
}

TEST_CASE("questions get an answer when what they need throws") {
  Deployed bench;
  std::vector<ports::HistoryEntry> entries;  // a thread of its own writes them
  bench.until("the deployment in the history", [&] {
    entries = *bench.store.history({"dev", "web", ""}, 10);
    return !entries.empty();
  });
  bench.git.let_read_throw(true);
  bench.faulty.observing = true;
  bench.faulty.logging = true;
  std::vector<Error> errors;
  const auto hear = [&errors](const auto& answer) {
    if (!answer) errors.push_back(answer.error());
  };
  bench.loop->diff({}, hear);
  bench.loop->diff({{}, "main", std::nullopt}, hear);
  bench.loop->logs({{"dev", "web"}, "", false, 10}, hear);
  bench.loop->rollback({{"dev", "web"}, entries.front().id}, hear);
  bench.until("all answers", [&] { return errors.size() == 4; });
  for (const auto& error : errors) CHECK(error.kind == ErrorKind::internal);
}
