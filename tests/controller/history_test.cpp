#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

std::vector<ports::HistoryEntry> rows(Bench& bench, const std::string& app) {
  return *bench.store.history({"dev", app, ""}, 10);
}

/// A first deployment whose gate takes a while, until it is written down as running.
void begin(Bench& bench) {
  auto files = tree("1", "  other: {}\n  web: {}\n");
  files["apps/web/compose.yaml"] =
      "services:\n  web:\n    image: registry.test/web:1\n    x-plimsoll: { min_ready: 1s }\n";
  bench.git.commit(files);
  bench.start();
  bench.until("the other app", [&] { return bench.good("other", "one", "registry.test/web:1"); });
  bench.until("the row", [&] { return !rows(bench, "web").empty(); });
  REQUIRE(rows(bench, "web").front().phase == OperationPhase::running);
  bench.loop->stop();
}

}  // namespace

TEST_CASE("a first deployment that ends after a restart succeeded, and can be gone back to") {
  Bench bench;
  begin(bench);
  bench.start();
  bench.until("the end", [&] { return rows(bench, "web").front().phase == OperationPhase::succeeded; });
  CHECK(rows(bench, "web").size() == 1);
  CHECK(rows(bench, "web").front().finished_at.has_value());

  bench.git.commit(tree("2", "  other: {}\n  web: {}\n"));
  bench.loop->refresh_source();
  bench.until("version 2", [&] { return bench.good("web", "one", "registry.test/web:2"); });
  std::optional<Result<RollbackView>> answer;
  bench.loop->rollback({{"dev", "web"}, 0}, [&](Result<RollbackView> view) { answer = std::move(view); });
  bench.until("the rollback", [&] { return answer.has_value(); });
  CHECK(*answer);
}

TEST_CASE("an operation that nothing can continue after a restart has failed") {
  Bench bench;
  begin(bench);
  bench.git.commit(tree("1", "  other: {}\n"));
  bench.start();
  bench.until("the end", [&] { return rows(bench, "web").back().finished_at.has_value(); });
  CHECK(rows(bench, "web").back().phase == OperationPhase::failed);
  CHECK(rows(bench, "web").back().message == "superseded: no manifest names the app any more");
}
