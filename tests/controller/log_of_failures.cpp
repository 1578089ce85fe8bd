#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <memory>

namespace {

/// Keeps what the controller logs, and shows it only beneath a test that failed: a report of a thousand lines hides the
/// one that says why.
struct LogOfFailures : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    TestEventListenerBase::testCaseStarting(info);
    constexpr std::size_t kKeptLines = 200;
    lines_ = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(kKeptLines);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("", lines_));
  }
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    TestEventListenerBase::testCaseEnded(stats);
    if (stats.totals.assertions.failed == 0) return;
    std::cout << "--- the log of \"" << stats.testInfo.name << "\", its last lines:\n";
    for (const std::string& line : lines_->last_formatted()) std::cout << line;
    std::cout << "---" << std::endl;
  }

 private:
  std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> lines_;
};
CATCH_REGISTER_LISTENER(LogOfFailures)

}  // namespace
