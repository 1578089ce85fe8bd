#include <catch2/catch.hpp>

#include "reconcile/backoff.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using reconcile::backoff;
using reconcile::next_failure;
using reconcile::RetryPolicy;

namespace {
const Instant kNow{1'000'000ms};
}

TEST_CASE("back-off doubles from 5 s to 3 min, spread by a fifth either way") {
  struct Row {
    int attempts;
    double jitter;
    Millis wait;
  };
  const auto row = GENERATE(values<Row>({{-1, 0.5, 5s},
                                         {1, 0.5, 5s},
                                         {2, 0.5, 10s},
                                         {3, 0.5, 20s},
                                         {6, 0.5, 160s},
                                         {7, 0.5, 180s},
                                         {1'000'000'000, 0.5, 180s},
                                         {1, 0.0, 4s},
                                         {1, 1.0, 6s},
                                         {2, 0.25, 9s},
                                         {7, 1.0, 216s},
                                         {1, 7.0, 6s},
                                         {1, -7.0, 4s}}));
  CAPTURE(row.attempts, row.jitter);
  CHECK(backoff(row.attempts, 5s, 180s, row.jitter) == row.wait);
}

TEST_CASE("every kind of error is retried as its reaction says") {
  struct Row {
    ErrorKind kind;
    int earlier;  // failures before this one
    std::optional<Millis> wait;
  };
  const auto row = GENERATE(values<Row>({{ErrorKind::transient, 0, 5s},
                                         {ErrorKind::transient, 3, 40s},
                                         {ErrorKind::transient, 50, 180s},
                                         {ErrorKind::deadline, 1, 10s},
                                         {ErrorKind::internal, 1, 10s},
                                         {ErrorKind::missing, 0, 5s},
                                         {ErrorKind::missing, 2, 20s},
                                         {ErrorKind::missing, 20, 60s},
                                         {ErrorKind::unauthorized, 0, 180s},
                                         {ErrorKind::unauthorized, 9, 180s},
                                         {ErrorKind::rejected, 0, std::nullopt},
                                         {ErrorKind::conflict, 0, std::nullopt}}));
  CAPTURE(to_string(row.kind), row.earlier);
  const StepFailure previous{"v1:aa", row.kind, row.earlier, kNow, ""};
  const auto failure =
      next_failure(row.earlier == 0 ? nullptr : &previous, "v1:aa", {row.kind, "why"}, kNow, 0.5, RetryPolicy{});
  REQUIRE(failure);
  CHECK(failure->attempts == row.earlier + 1);
  CHECK(failure->kind == row.kind);
  CHECK(failure->message == "why");
  CHECK(failure->spec_digest == "v1:aa");
  CHECK(failure->retry_at == (row.wait ? kNow + *row.wait : Instant::max()));
}

TEST_CASE("a cancelled step is no failure") {
  CHECK_FALSE(next_failure(nullptr, "v1:aa", {ErrorKind::cancelled, ""}, kNow, 0.5, RetryPolicy{}));
}

TEST_CASE("counting starts afresh with another digest or another reaction") {
  const StepFailure previous{"v1:aa", ErrorKind::missing, 7, kNow, ""};
  const auto next = [&](const std::string& digest, ErrorKind kind) {
    return next_failure(&previous, digest, {kind, ""}, kNow, 0.5, RetryPolicy{})->attempts;
  };
  CHECK(next("v1:aa", ErrorKind::missing) == 8);
  CHECK(next("v1:bb", ErrorKind::missing) == 1);
  CHECK(next("v1:aa", ErrorKind::transient) == 1);
}

TEST_CASE("what the other side asks for is waited, up to an hour, and never makes the wait shorter") {
  const auto wait = [](Millis asked) {
    return next_failure(nullptr, "", {ErrorKind::transient, "", asked}, kNow, 0.5, RetryPolicy{})->retry_at - kNow;
  };
  CHECK(wait(30s) == 30s);
  CHECK(wait(1s) == 5s);
  CHECK(wait(24h) == 1h);
}

TEST_CASE("after as many failures as the policy allows only new input helps") {
  const RetryPolicy policy{.limit = 3};
  const StepFailure second{"v1:aa", ErrorKind::transient, 2, kNow, ""};
  const StepFailure first{"v1:aa", ErrorKind::transient, 1, kNow, ""};
  const Error error{ErrorKind::transient, ""};
  CHECK(next_failure(&first, "v1:aa", error, kNow, 0.5, policy)->retry_at == kNow + 10s);
  CHECK(next_failure(&second, "v1:aa", error, kNow, 0.5, policy)->retry_at == Instant::max());
  CHECK(next_failure(&second, "v1:bb", error, kNow, 0.5, policy)->retry_at == kNow + 5s);
}
