#include <catch2/catch.hpp>

#include "adapters/docker/engine_clock.hpp"
#include "adapters/docker/engine_error.hpp"

using namespace plimsoll;
using namespace plimsoll::adapters;
using namespace std::chrono_literals;

namespace {

const Instant kThen = Instant(std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}) + 10h + 46min + 1s;

HttpResponse dated(const std::string& date) {
  HttpResponse response;
  response.headers["date"] = date;
  return response;
}

}  // namespace

TEST_CASE("the date of a reply is read, and what is none is left alone") {
  CHECK(parse_http_date("Mon, 23 Nov 2026 10:46:01 GMT") == kThen);
  for (const auto* text :
       {"", "Mon, 23 Nov 2026 10:46:01 CET", "Monday, 23-Nov-26 10:46:01 GMT", "Mon, 99 Nov 2026 10:46:01 GMT",
        "Mon, 23 Xxx 2026 10:46:01 GMT", "Mon, 23 Nov 2026 xx:46:01 GMT"}) {
    INFO(text);
    CHECK_FALSE(parse_http_date(text).has_value());
  }
}

TEST_CASE("an engine's clock counts as ours up to two seconds, and beyond that its times are put into ours") {
  const auto reply = dated("Mon, 23 Nov 2026 10:46:01 GMT");
  CHECK(clock_lead(reply, kThen) == 0ms);
  CHECK(clock_lead(reply, kThen + 2s) == 0ms);
  CHECK(clock_lead(reply, kThen - 1h) == 1h);
  CHECK(clock_lead(reply, kThen + 1h) == -1h);
  CHECK(clock_lead(HttpResponse{}, kThen) == 0ms);
  ObservedContainer container;
  container.created_at = container.started_at = kThen;
  to_our_clock(container, 1h);
  CHECK(container.created_at == kThen - 1h);
  CHECK(container.started_at == kThen - 1h);
  CHECK_FALSE(container.finished_at.has_value());
}

TEST_CASE("a number in an address is no rate limit") {
  const auto error = registry_error("127.0.0.1:42939/web:1", "dial tcp 127.0.0.1:42939: connect: connection refused");
  CHECK_FALSE(error.retry_after.has_value());
  CHECK(error.message.find("does not answer") != std::string::npos);
}
