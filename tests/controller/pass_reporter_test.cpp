#include <catch2/catch.hpp>

#include "controller/pass_reporter.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;
using namespace std::chrono_literals;

namespace {

reconcile::ExecutedStep ensured(bool pulled) {
  reconcile::ExecutedStep done{.step = {"api", EnsureImage{"api", "r.io/a:1", "", ""}, "needed next"}, .duration = 2s};
  done.applied.pulled = pulled;
  return done;
}

}  // namespace

TEST_CASE("only an image that was pulled counts as a pull") {
  Metrics metrics("1");
  PassReporter reporter({}, metrics, [](const TargetUpdate&) {});
  const TargetId target{"dev", "web", "one"};
  reporter.step_finished(target, ensured(false));
  auto failed = ensured(false);
  failed.error = Error{ErrorKind::transient, "no registry"};
  reporter.step_finished(target, failed);
  CHECK_THAT(metrics.render({}), Catch::Contains("plimsoll_image_pull_duration_seconds_count 0"));
  reporter.step_finished(target, ensured(true));
  CHECK_THAT(metrics.render({}), Catch::Contains("plimsoll_image_pull_duration_seconds_count 1") &&
                                     Catch::Contains("plimsoll_image_pull_duration_seconds_sum 2"));
}

TEST_CASE("an image that is looked for is no longer shown as being pulled once that ended") {
  Metrics metrics("1");
  TargetProgress shown;
  PassReporter reporter({}, metrics, [&shown](const TargetUpdate& update) { update(shown); });
  const TargetId target{"dev", "web", "one"};
  reporter.step_started(target, ensured(true).step);
  reporter.pull_progress(target, {.reference = "r.io/a:1", .current_bytes = 5, .total_bytes = 5});
  CHECK(shown.pulling == "r.io/a:1");
  CHECK_FALSE(shown.step.empty());
  reporter.step_finished(target, ensured(true));
  CHECK(shown.pulling.empty());
  CHECK(shown.step.empty());
}
