#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

constexpr const char* kImage = "registry.test/web:1";
constexpr const char* kAll = "  other: {}\n  third: { instances: [two] }\n  web: {}\n";

struct Deployed : Bench {
  Deployed() {
    git.commit(tree("1", kAll));
    start();
    until("all",
          [&] { return good("web", "one", kImage) && good("other", "one", kImage) && good("third", "two", kImage); });
  }
  Result<DiffView> diff(const TargetFilter& filter, const test::MemoryGit::Tree& files) {
    std::optional<Result<DiffView>> answer;
    DiffRequest request;
    request.filter = filter;
    request.manifests = files;
    loop->diff(request, [&](Result<DiffView> view) { answer = std::move(view); });
    until("the diff", [&] { return answer.has_value(); });
    return *answer;
  }
};

std::string names(const DiffView& view) {
  std::string text;
  for (const auto& one : view.targets)
    text += (text.empty() ? "" : " ") + to_string(one.target) + (one.error.empty() ? "" : " (error)");
  return text;
}

std::string warnings(const DiffView& view) {
  std::string text;
  for (const auto& one : view.diagnostics) text += to_string(one) + "\n";
  return text;
}

}  // namespace

TEST_CASE("diff shows what is removed, by name and on instances that nothing else is on") {
  Deployed bench;
  const auto without_third = tree("1", "  other: {}\n  web: {}\n");
  for (const TargetFilter& filter : {TargetFilter{}, TargetFilter{"dev", ""}, TargetFilter{"dev", "third"}}) {
    INFO(to_string(filter));
    const auto view = bench.diff(filter, without_third);
    REQUIRE(view);
    CHECK(names(*view) == "dev/third@two");
    CHECK_FALSE(view->targets.at(0).steps.empty());
    CHECK(view->diagnostics.empty());
  }
  CHECK(names(*bench.diff({"dev", "web"}, without_third)).empty());
  CHECK(bench.diff({"dve", ""}, without_third).error().message.find("no app matches dve in") == 0);
}

TEST_CASE("diff of an update of several services shows the steps that follow once all is prepared") {
  Deployed bench;
  auto files = tree("1", kAll);
  files["apps/web/compose.yaml"] =
      "services:\n  web:\n    image: registry.test/web:2\n  worker:\n    image: registry.test/web:2\n";
  const auto view = bench.diff({"dev", "web"}, files);
  REQUIRE(view);
  REQUIRE(names(*view) == "dev/web@one");
  const TargetDiff& diff = view->targets.at(0);
  for (const auto& step : diff.steps) CHECK(step.find("StartContainer dev-web-web-1.next") == std::string::npos);
  REQUIRE(diff.held.size() == 1);
  CHECK(diff.held.front() == "web: StartContainer dev-web-web-1.next (start-first)");
}

TEST_CASE("diff shows what would be removed if the guard did not hold it, and says that it would") {
  Deployed bench;
  const auto view = bench.diff({"dev", "web"}, tree("1", "  other: {}\n"));
  REQUIRE(view);
  CHECK(names(*view) == "dev/web@one");
  CHECK(warnings(*view) ==
        "warning: removals would be held: the revision removes 2 of 3 apps; if that is meant, run "
        "`plimsoll sync --allow-removal`\n");
}

TEST_CASE("diff of an app that policy keeps, or of an instance that goes, has no steps") {
  Deployed bench;
  auto kept = tree("1", "  other: {}\n  web: {}\n");
  kept["environments/dev.yaml"] = "environment: dev\nsync: { prune: false }\n" +
                                  kept["environments/dev.yaml"].substr(std::string("environment: dev\n").size());
  CHECK(names(*bench.diff({"dev", "third"}, kept)).empty());

  auto gone = tree("1", "  other: {}\n  web: {}\n");
  gone["instances.yaml"] = "instances:\n  one: { engine: unix:///one.sock }\n";
  const auto view = bench.diff({"dev", "third"}, gone);
  REQUIRE(view);
  CHECK(names(*view).empty());
  CHECK(warnings(*view) == "warning: instance two is named no more: what is there stays\n");
}

TEST_CASE("a removal on an instance that cannot be reached cannot be compared") {
  Deployed bench;
  bench.two.unreachable = true;
  const auto view = bench.diff({}, tree("1", "  other: {}\n  web: {}\n"));
  REQUIRE(view);
  CHECK(names(*view) == "dev/third@two (error)");
}

TEST_CASE("a broken app is an error in the diff of itself, and of no other") {
  Deployed bench;
  auto broken = tree("2", kAll);
  broken["apps/other/compose.yaml"] = "services:\n  web:\n    imagee: x\n";
  const auto view = bench.diff({"dev", "web"}, broken);
  REQUIRE(view);
  CHECK(names(*view) == "dev/web@one");
  CHECK_FALSE(has_errors(view->diagnostics));
  CHECK(has_errors(bench.diff({"dev", "other"}, broken)->diagnostics));
  CHECK(has_errors(bench.diff({}, broken)->diagnostics));

  broken["environments/dev.yaml"] = "environment: dev\nappps: {}\n";
  CHECK(has_errors(bench.diff({"dev", "web"}, broken)->diagnostics));
}
