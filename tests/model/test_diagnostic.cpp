#include <catch2/catch.hpp>

#include "model/diagnostic.hpp"

using namespace plimsoll;

TEST_CASE("a diagnostic is one line of where, how bad, what and how to mend it, without unknown parts") {
  const auto [diagnostic, text] = GENERATE(table<Diagnostic, std::string>({
      {{Severity::error, {"a.yaml", 3, 7}, "services.api", "no image", "add one"},
       "a.yaml:3:7: error: services.api: no image; add one"},
      {{Severity::warning, {"a.yaml", 3, 0}, "", "odd", ""}, "a.yaml:3: warning: odd"},
      {{Severity::notice, {"a.yaml", 0, 9}, "", "build is ignored", ""}, "a.yaml: notice: build is ignored"},
      {{Severity::error, {}, "x", "wrong", "mend it"}, "error: x: wrong; mend it"},
  }));
  CHECK(to_string(diagnostic) == text);
}

TEST_CASE("only errors keep an app from being deployed") {
  const Diagnostic warning{Severity::warning, {}, "", "", ""};
  const Diagnostic notice{Severity::notice, {}, "", "", ""};
  const Diagnostic error{Severity::error, {}, "", "", ""};
  CHECK_FALSE(has_errors({}));
  CHECK_FALSE(has_errors({warning, notice}));
  CHECK(has_errors({warning, error, notice}));
}

TEST_CASE("a collector keeps the first errors and the first warnings, and says once that there are more") {
  DiagnosticCollector collector(2);
  for (int line = 1; line <= 5; ++line) {
    collector.add({Severity::warning, {"f", line, 1}, "", "odd", ""});
    CHECK_FALSE(collector.has_errors());
  }
  CHECK_FALSE(collector.is_full());
  for (int line = 1; line <= 5; ++line) collector.add({Severity::error, {"f", line, 1}, "", "wrong", "mend it"});
  CHECK(collector.has_errors());
  CHECK(collector.is_full());
  std::vector<std::string> texts;
  for (const Diagnostic& one : collector.all()) texts.push_back(to_string(one));
  CHECK(texts == std::vector<std::string>{"f:1:1: warning: odd", "f:2:1: warning: odd",
                                          "f:3:1: notice: there are more warnings, which are not shown",
                                          "f:1:1: error: wrong; mend it", "f:2:1: error: wrong; mend it",
                                          "f:3:1: error: there are more errors, which are not shown; "
                                          "mend those that are shown first"});
  // What one has kept fits into another.
  DiagnosticCollector other(2);
  for (const Diagnostic& one : collector.all()) other.add(one);
  CHECK(other.all() == collector.all());
  CHECK(collector.take().size() == 6);
  CHECK(collector.all().empty());
  CHECK_FALSE(collector.has_errors());
}

TEST_CASE("a long message is cut between two characters") {
  DiagnosticCollector collector;
  std::string text = "x";
  while (text.size() < 2 * kMaxDiagnosticBytes) text += "\u00e4";
  collector.add({Severity::error, {"f"}, "", text, ""});
  const std::string& kept = collector.all().at(0).message;
  CHECK(kept == text.substr(0, kMaxDiagnosticBytes - 1) + "...");
}
