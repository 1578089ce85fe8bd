#include <catch2/catch.hpp>

#include "model/limits.hpp"
#include "plan/gate.hpp"

using namespace plimsoll;

TEST_CASE("the deadline of a gate is the sum of the health check's parts, and a year at most") {
  DesiredService service;
  const plan::PlanPolicy policy;
  CHECK(plan::gate_deadline(service, policy) == Millis{3 * 60'000} + policy.gate_margin);
  service.spec.healthcheck = HealthCheck{};
  service.spec.healthcheck->interval = service.spec.healthcheck->timeout = Millis{1'000};
  service.spec.healthcheck->start_period = Millis{500};
  service.spec.healthcheck->retries = 10;
  CHECK(plan::gate_deadline(service, policy) == Millis{20'500} + policy.gate_margin);
  service.spec.healthcheck->interval = service.spec.healthcheck->timeout = kMaxDuration;
  service.spec.healthcheck->retries = 1'000'000;
  CHECK(plan::gate_deadline(service, policy) == kMaxDuration);
}
