#include "controller/http/metrics.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "controller/fake_control.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {
bool has_line(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }
}  // namespace

TEST_CASE("the metrics have their names, types and labels") {
  Metrics metrics("1.2.3");
  metrics.count_sync(OperationPhase::succeeded);
  metrics.observe_reconcile(Metrics::Seconds(0.3));
  metrics.count_git_request("fetch", Metrics::Seconds(2));
  metrics.count_webhook("accepted");
  metrics.observe_image_pull(Metrics::Seconds(12));
  StatusView view = example_status();
  view.source_checked = Instant(std::chrono::seconds(1'700'000'000));
  const std::string text = metrics.render(view);
  for (
      const char* line : {
          R"(plimsoll_build_info{version="1.2.3"} 1)",
          R"(plimsoll_app_info{app="backend",environment="dev",health_status="Healthy",instance="dev-1",sync_status="Synced"} 1)",
          R"(plimsoll_app_info{app="frontend",environment="dev",health_status="Degraded",instance="dev-1",sync_status="OutOfSync"} 1)",
          "# TYPE plimsoll_app_info gauge",
          R"(plimsoll_sync_total{phase="Succeeded"} 1)",
          R"(plimsoll_sync_total{phase="Failed"} 0)",
          "# TYPE plimsoll_sync_total counter",
          R"(plimsoll_git_request_total{request_type="fetch"} 1)",
          R"(plimsoll_git_request_duration_seconds_count{request_type="fetch"} 1)",
          "plimsoll_reconcile_duration_seconds_count 1",
          "# TYPE plimsoll_reconcile_duration_seconds histogram",
          R"(plimsoll_webhook_requests_total{result="accepted"} 1)",
          "plimsoll_image_pull_duration_seconds_sum 12",
          "plimsoll_source_up 1",
          "plimsoll_source_last_success_timestamp_seconds 1700000000",
      }) {
    INFO(line);
    CHECK(has_line(text, line));
  }
}

TEST_CASE("a target that is gone, or changed, leaves no old line behind") {
  Metrics metrics("1");
  StatusView view = example_status();
  CHECK(metrics.render(view).find("Healthy") != std::string::npos);
  view.targets.erase(view.targets.begin());
  view.source_error = "down";
  const std::string text = metrics.render(view);
  CHECK(text.find("backend") == std::string::npos);
  CHECK(has_line(text, "plimsoll_source_up 0"));
}

TEST_CASE("label values are escaped and valid UTF-8 whatever the names are") {
  Metrics metrics("1");
  metrics.count_webhook("a\"b\\c\nd\xff");
  CHECK(has_line(metrics.render({}), "plimsoll_webhook_requests_total{result=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\"} 1"));
}

TEST_CASE("workers count while the loop renders") {
  Metrics metrics("1");
  std::thread worker([&metrics] {
    for (int count = 0; count < 500; ++count) {
      metrics.count_sync(OperationPhase::succeeded);
      metrics.count_git_request(count % 2 == 0 ? "fetch" : "ls-remote", Metrics::Seconds(1));
    }
  });
  for (int count = 0; count < 20; ++count) CHECK_FALSE(metrics.render({}).empty());
  worker.join();
  CHECK(has_line(metrics.render({}), "plimsoll_sync_total{phase=\"Succeeded\"} 500"));
}
