#include <catch2/catch.hpp>

#include "plan/plan_target.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;

namespace {

const Instant kNow{std::chrono::hours(1)};

/// One service whose container says `detail`, of a target with the secret `hunter2-long`.
Plan plan_of(HealthState health, ContainerState state, const std::string& detail, bool suspended) {
  DesiredTarget desired;
  desired.id = {"dev", "web", "one"};
  desired.sync.suspended = suspended;
  DesiredService service;
  service.spec.name = "api";
  service.spec.image = "api:1";
  service.spec.healthcheck = HealthCheck{};
  service.digest = "v1:a";
  desired.services.push_back(service);
  SecretTable secrets;
  secrets.emplace(secret_token("PASSWORD", "1"), Secret("hunter2-long"));
  desired.secrets = std::make_shared<const SecretTable>(std::move(secrets));
  ObservedContainer container;
  container.id = container.name = "dev-web-api-1";
  container.environment = "dev";
  container.app = "web";
  container.service = "api";
  container.spec_digest = "v1:a";
  container.state = state;
  container.health = health;
  container.exit_code = 1;
  container.created_at = container.started_at = container.finished_at = kNow - 30s;
  container.detail = detail;
  ObservedInstance observed;
  observed.containers.push_back(container);
  return plan::plan_target(desired, observed, {}, kNow);
}

std::string all_text(const Plan& plan) {
  std::string text = plan.status.message;
  for (const auto& step : plan.steps) text += "\n" + to_string(step);
  return text;
}

}  // namespace

TEST_CASE("what a container says never shows a secret's value, whatever becomes of the container") {
  const auto health = GENERATE(HealthState::unhealthy, HealthState::starting);
  const auto state = GENERATE(ContainerState::running, ContainerState::exited, ContainerState::dead);
  const bool suspended = GENERATE(true, false);
  for (const char* said : {"cannot reach db\nwith hunter2-long", "wrong password: hunter2-lo"}) {
    const std::string text = all_text(plan_of(health, state, said, suspended));
    CAPTURE(text);
    CHECK_THAT(text, !Catch::Contains("hunter2"));
  }
}

TEST_CASE("what a container says is shown on one line and not without end") {
  const auto plan = plan_of(HealthState::unhealthy, ContainerState::running,
                            "db said hunter2-long\n" + std::string(5000, 'x'), false);
  CHECK_THAT(plan.status.message, Catch::Contains("unhealthy: db said *** xxx"));
  CHECK(plan.status.message.size() < 300);
}
