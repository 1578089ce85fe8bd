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
